"""What `protocol.envelope` says about the bytes of the end-to-end layer."""

import pytest

from protocol import envelope
from protocol.codes import Op, Status
from protocol.errors import EnvelopeInvalid
from protocol.reference.messages import SignRequest
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer
from tests.protocol.world import KnownKey, fields, reference_header


def test_the_prefix_of_a_native_envelope() -> None:
    server = NativeServer()
    run = NativePhone(server.target).sync()
    prefix = envelope.read_prefix(run.envelope)
    assert (prefix.version, prefix.suite) == (envelope.VERSION, envelope.SUITE_P256)
    assert prefix.core_key_id == server.envelope_key.key_id == envelope.core_key_id(server.envelope_key.public_key)


def test_sizes() -> None:
    server = NativeServer()
    run = NativePhone(server.target).sync()
    header = reference_header(fields(Op.SYNC)).encode()
    assert len(run.envelope) == envelope.ENVELOPE_OVERHEAD + 4 + len(header) + 4 + 64
    answer = server.core.open_request(run.envelope).answer(Status.STALE, server_time_ms=1)
    assert len(answer) == envelope.ANSWER_OVERHEAD + 17


def test_a_request_of_256_digests_fits(signing_key: KnownKey) -> None:
    server = ReferenceServer()
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(signing_key), [bytes(31) + b"\5"] * 256, open_reqs=[bytes(16)] * 72)
    request = server.core.open(run.envelope)
    assert isinstance(request.body, SignRequest)
    assert len(request.unsigned) + 64 == 130 + 98 * 256


@pytest.mark.parametrize("text", [b"", bytes(47), bytes(200), b"\0\1\1" + bytes(100)])
def test_other_bytes_have_no_prefix(text: bytes) -> None:
    with pytest.raises(EnvelopeInvalid):
        envelope.read_prefix(text)


def test_two_envelope_keys_are_readable_until_one_is_removed() -> None:
    """E2E-4: rotation."""
    server = NativeServer()
    old_run = NativePhone(server.target).sync()
    server.envelope_key = new = envelope.EnvelopeKey.generate()
    server.core.add_envelope_key(new)
    new_run = NativePhone(server.target).sync()
    for run in (old_run, new_run):
        assert server.core.open_request(run.envelope).malformed is None
    server.core.remove_envelope_key(envelope.read_prefix(old_run.envelope).core_key_id)
    with pytest.raises(EnvelopeInvalid):
        server.core.open_request(old_run.envelope)
    assert server.core.open_request(new_run.envelope).malformed is None
