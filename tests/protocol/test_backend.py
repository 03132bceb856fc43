"""Choice of the native arithmetic: the whole protocol gives the same results on every back end."""

import pytest

from protocol import backend, sm2
from protocol.errors import MalformedMessage
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer
from tests.protocol.world import KnownKey, encrypted

DIGEST = bytes(31) + b"\5"


def test_the_portable_back_end_is_always_there_and_the_best_one_is_active() -> None:
    assert "portable" in backend.available()
    assert backend.active() == backend.available()[0]


@pytest.mark.parametrize("name", backend.available())
def test_every_back_end_runs_the_protocol(name: str, signing_key: KnownKey, decryption_key: KnownKey) -> None:
    before = backend.active()
    backend.select(name)
    try:
        assert backend.active() == name
        backend.self_test()
        server = NativeServer()
        phone = NativePhone(server.target)
        run = phone.sign(phone.restore(signing_key), [DIGEST] * 9)
        _, signatures = run.finish(server.serve(run.envelope, signing_key.server, phone.device_public).answer)
        assert len(signatures) == 9
        for signature in signatures:
            sm2.verify(signing_key.pk, DIGEST, signature)
        run = phone.decrypt(phone.restore(decryption_key), [encrypted(decryption_key.pk, b"text")] * 9)
        _, texts = run.finish(server.serve(run.envelope, decryption_key.server, phone.device_public).answer)
        assert texts == [b"text"] * 9
    finally:
        backend.select(before)


def test_an_unknown_back_end_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        backend.select("gpu")
