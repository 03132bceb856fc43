"""HSM-3 from two sides: the plain-Python phone against the native server with a share in SoftHSM2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hsm.pkcs11 import Pkcs11Token
from hsm.ports import Question, TokenFault
from protocol import _core
from protocol.codes import Op, Outcome, Purpose, Status
from protocol.errors import BadSignature
from protocol.reference import phone as reference_phone
from protocol.reference.keygen_messages import KeygenM2
from protocol.seal import SecretRecord
from tests.hsm.softhsm import NATIVE, SoftHsm
from tests.protocol.ec_phones import EcKey, ReferenceEcPhone
from tests.protocol.ec_sides import EcServed, NativeEcServer, ec_fields
from tests.protocol.world import NEW_PIN, NOW_MS, PIN, WRONG_PIN, reference_header

INFO = b"info"


class ServerInToken(NativeEcServer):
    """The native server with its shares in a token; records stay inside both."""

    def __init__(self, token: Pkcs11Token[SecretRecord]) -> None:
        super().__init__()
        self._shares = token.shares

    def keygen_begin(self, envelope: bytes) -> tuple[bytes, Any]:
        request = self.core.open_request(envelope)
        share, draft = self._shares.create(lambda public_key: self.core.keygen_draft(request, public_key))
        begun = self.core.keygen_begin_in_token(request, draft, share.wrapped)
        return begun.answer(server_time_ms=NOW_MS, restore_epoch=2), begun.pending

    def keygen_done(self, envelope: bytes, pending: Any, device_public: bytes) -> tuple[bytes, Any]:
        request = self.core.open_request(envelope)
        finished = self.core.keygen_finish(request, self._asked(request, pending), device_public)
        return finished.answer(server_time_ms=NOW_MS, restore_epoch=2, tau=b"T" * 16, ctr=1), finished.record

    def opened(self, envelope: bytes, record: SecretRecord, device_public: bytes) -> EcServed:
        """An ECDH."""
        request = self.open(envelope, device_public)
        (result,) = self.core.evaluate([(request, self._asked(request, record))])
        outcome = Outcome(result.outcome)
        status = Status.OK if outcome is Outcome.RIGHT else Status.PIN_WRONG
        answer = result.answer(status, server_time_ms=NOW_MS, attempts_left=8)
        return EcServed(outcome, answer, result.audit_hash, None, None, result.ot)

    def _asked(self, request: _core.Request, record: SecretRecord) -> SecretRecord:
        assert record.wrapped is not None
        (answer,) = self._shares.agree([Question(record.wrapped, record, request)])
        assert not isinstance(answer, TokenFault)
        return answer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerInToken]:
    soft = SoftHsm(tmp_path / "softhsm")
    soft.make_ready()
    token: Pkcs11Token[SecretRecord] = Pkcs11Token.open(soft.uri(), native=NATIVE)
    yield ServerInToken(token)
    token.close()


def begun(phone: ReferenceEcPhone, *, in_token: bool = True) -> reference_phone.Keygen:
    header = reference_header(ec_fields(Op.KEYGEN, Purpose.DECRYPT, {}))
    return reference_phone.Keygen(phone.core, header, in_token=in_token)


def generated(phone: ReferenceEcPhone, server: ServerInToken) -> tuple[EcKey, SecretRecord]:
    run = begun(phone)
    m2, pending = server.keygen_begin(run.first.envelope)
    run.receive(m2, reference_header(ec_fields(Op.KEYGEN, Purpose.DECRYPT, {})))
    assert run.second is not None
    m4, record = server.keygen_done(run.second.envelope, pending, phone.device_public)
    _, key, _ = run.finish(m4)
    assert key is not None
    return EcKey.blind(key, Purpose.DECRYPT, PIN), record


@pytest.mark.parametrize("attempt", range(4))  # A1 has either sign
def test_the_twin_makes_a_key_decrypts_and_refreshes(server: ServerInToken, attempt: int) -> None:
    phone = ReferenceEcPhone(server.target)
    key, record = generated(phone, server)
    public_key = phone.names(key)["pk"]
    texts = [b"one", b"two"]
    sealed = [_core.hpke_encrypt(public_key, text, info=INFO) for text in texts]

    run = phone.open(key, sealed, INFO)
    assert run.finish(server.opened(run.envelope, record, phone.device_public).answer)[1] == texts

    wrong = phone.open(key, sealed, INFO, WRONG_PIN)
    assert server.opened(wrong.envelope, record, phone.device_public).outcome is Outcome.WRONG

    refresh = phone.refresh(key)
    served = server.handle(refresh.envelope, record, phone.device_public)
    assert served.record is not None
    assert served.record.wrapped == record.wrapped
    _, renewed, _ = phone.refreshed(refresh, served.answer, NEW_PIN)
    run = phone.open(renewed, sealed, INFO, NEW_PIN)
    answer = server.opened(run.envelope, served.record, phone.device_public).answer
    assert run.finish(answer)[1] == texts


def test_the_twin_takes_no_answer_to_another_m1(server: ServerInToken) -> None:
    phone = ReferenceEcPhone(server.target)
    first, second = begun(phone), begun(phone)
    m2, _ = server.keygen_begin(first.first.envelope)
    body = first.first.open(m2)[1]
    first.steps.k0 = second.steps.k0
    with pytest.raises(BadSignature):
        first.steps.m3(KeygenM2.decode(body, first._header.suite), 5)
