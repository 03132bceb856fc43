"""The native core against the vector files, as far as its interface reaches.

The core draws its own nonces, so a vector fixes what does not depend on them: hashes, contexts, identities, verdicts
over fixed proofs, decryption answers. The rest is compared in `protocol/core/tests`.
"""

import pytest

from protocol import _core, sm2, transcript
from protocol.codes import Op, Outcome, Purpose, Status
from protocol.reference import sign
from protocol.reference.curve import SM2, not_identity
from protocol.reference.encoding import u16
from protocol.reference.envelope import AnswerKey, seal_request
from protocol.reference.messages import DecryptAnswer, SignAnswer
from protocol.reference.phone import Key
from protocol.reference.pin import KdfParams
from protocol.reference.records import Blob, ShareRecord
from protocol.reference.transcript import SUITE_P256
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer, new_reference_phone
from tests.protocol.vectors import Vector
from tests.protocol.world import ENTROPY, KnownKey, known_key

SERVER_ID = "server-1"


@pytest.fixture(scope="module")
def server() -> NativeServer:
    """A server with the name that the vectors use."""
    made = NativeServer()
    made.core = _core.ServerCore.generate(SERVER_ID)
    made.core.add_envelope_key(made.envelope_key)
    return made


class Sent:
    """A vector's header and body in an envelope to the native server; the device signature is not part of it."""

    def __init__(self, server: NativeServer, header: bytes, unsigned: bytes) -> None:
        to = new_reference_phone(server.target).to._replace(server_id=SERVER_ID)
        body = unsigned + bytes(31) + b"\1" + bytes(31) + b"\1"
        envelope, self._key = seal_request(to, ENTROPY.scalar(SUITE_P256), header, lambda _enc: body)
        self.request = server.core.open_request(envelope)
        assert self.request.malformed is None
        self.custody, self.core = server.custody, server.core

    def evaluate(self, record: ShareRecord) -> tuple[Outcome, bytes]:
        """Outcome and answer body."""
        (result,) = self.core.evaluate([(self.request, self.custody.to_native(record.encode()))])
        status = Status.OK if result.outcome == Outcome.RIGHT else Status.PIN_WRONG
        return Outcome(result.outcome), opened(self._key, self.request.req_id, result.answer(status, server_time_ms=1))


def opened(key: AnswerKey, req_id: bytes, answer: bytes) -> bytes:
    plaintext = key.open(req_id, answer)
    length = int.from_bytes(plaintext[43:47], "big")
    return plaintext[47 : 47 + length]


@pytest.mark.parametrize("suite", ["SM2", "P256"])
def test_encoding(suite: str) -> None:
    vector = Vector(f"encoding_{suite.lower()}")
    label, fields = vector.inputs.text("label"), vector.inputs.raws("fields")
    assert transcript.tlv(vector.inputs.raws("tlv_fields")) == vector.outputs.raw("tlv")
    assert transcript.h(suite, label, fields) == vector.outputs.raw("H")
    assert transcript.h2s(suite, label, fields) == vector.outputs.raw("H2S")


def test_encoding_sm2_header_and_req_id(server: NativeServer) -> None:
    vector = Vector("encoding_sm2")
    unsigned = u16(1) + bytes(31) + b"\5" + 2 * SM2.encode(SM2.g) + 2 * (bytes(31) + b"\1")
    request = Sent(server, vector.outputs.raw("header"), unsigned).request
    inputs = vector.inputs
    assert request.req_id == vector.outputs.raw("req_id")
    assert (request.op, request.purpose, request.suite) == (Op.SIGN, Purpose.SIGN, "SM2")
    assert (request.server_id, request.user_id) == (inputs.text("server_id"), inputs.text("user_id"))
    assert (request.device_id, request.key_id) == (inputs.text("device_id"), inputs.text("key_id"))
    assert (request.ctr, request.restore_epoch) == (inputs.count("ctr"), inputs.count("restore_epoch"))
    assert (request.share_id, request.tau, request.policy) == tuple(
        inputs.raw(name) for name in ("share_id", "tau", "policy")
    )
    assert request.open_reqs == inputs.raws("open_reqs")
    assert request.expires_at_ms - request.issued_at_ms == inputs.count("ttl")


def test_gbt32905_sm3() -> None:
    vector = Vector("gbt32905_sm3")
    assert [transcript.sm3(text) for text in vector.inputs.raws("messages")] == vector.outputs.raws("digests")


@pytest.mark.parametrize("name", ["sm2_keygen", "sm2_keygen_mul"])
def test_keygen_context(server: NativeServer, name: str) -> None:
    vector = Vector(name)
    inputs = vector.inputs
    unsigned = inputs.raw("device_pub") + inputs.raw("nonce_p") + vector.intermediate.raw("com")
    request = Sent(server, inputs.raw("hdr"), unsigned).request
    assert request.phase == 1
    assert request.device_pub == inputs.raw("device_pub")
    assert request.ctx == vector.intermediate.raw("k0")


@pytest.mark.parametrize("name", ["sm2_sign_n1", "sm2_sign_n3"])
def test_sign(server: NativeServer, name: str) -> None:
    vector = Vector(name)
    inputs, middle = vector.inputs, vector.intermediate
    record = ShareRecord(inputs.number("v2"), SM2.decode(middle.raw("P1")))
    sent = Sent(server, inputs.raw("header"), middle.raw("body_without_sig_dev"))
    request = sent.request
    assert (request.ctx, request.req_id) == (middle.raw("ctx"), middle.raw("req_id"))
    assert (request.body_hash, request.digests) == (middle.raw("body_hash"), middle.raws("e"))
    for message, e in zip(inputs.texts("messages"), middle.raws("e"), strict=True):
        assert sm2.digest(inputs.raw("P"), message.encode()) == e
    outcome, body = sent.evaluate(record)
    assert outcome is Outcome.RIGHT
    nonces = {"a": inputs.numbers("wa"), "b": inputs.numbers("wb"), "pok": [inputs.number("a")]}
    pk, u1 = SM2.decode(inputs.raw("P")), inputs.number("u1")
    phone = sign.PhoneSign(inputs.raw("header"), middle.raws("e"), pk, u1, lambda tag, n: nonces[tag][max(n - 1, 0)])
    for e, (r, s) in zip(middle.raws("e"), phone.finish(SignAnswer.decode(body)), strict=True):
        sm2.verify(inputs.raw("P"), e, r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    for e, known_r, known_s in zip(middle.raws("e"), vector.outputs.raws("r"), vector.outputs.raws("s"), strict=True):
        sm2.verify(inputs.raw("P"), e, known_r + known_s)


@pytest.mark.parametrize("form", ["plain", "blinded"])
def test_sm2_decrypt(server: NativeServer, form: str) -> None:
    """T2 = b·T1 has no randomness: the native answer is the vector's."""
    vector = Vector("sm2_decrypt")
    values = vector.intermediate.group(form)
    record = ShareRecord(vector.inputs.number("b"), SM2.decode(vector.intermediate.raw("A1")))
    unsigned = u16(1) + values.raw("T1") + values.raw("c") + values.raw("z")
    sent = Sent(server, vector.inputs.raw("header"), unsigned)
    assert sent.request.ctx == values.raw("ctx")
    assert sent.request.digests == [transcript.h("SM2", "SM2/c1", [values.raw("T1")])]
    outcome, body = sent.evaluate(record)
    assert outcome is Outcome.RIGHT
    assert DecryptAnswer.decode(body).t2 == (SM2.decode(values.raw("T2")),)


@pytest.mark.parametrize("name", ["refresh_sign", "refresh_mul"])
def test_refresh_and_confirm(server: NativeServer, name: str) -> None:
    vector = Vector(name)
    inputs, middle, outputs = vector.inputs, vector.intermediate, vector.outputs
    old_point = not_identity(SM2.mul_base(inputs.number("phone")))
    old = ShareRecord(inputs.number("server"), old_point)
    new = ShareRecord(outputs.number("b" if name == "refresh_mul" else "v2"), SM2.decode(outputs.raw("point_new")))
    refreshing = Sent(server, inputs.raw("header_refresh"), middle.raw("Ep") + outputs.raw("proof_refresh"))
    assert refreshing.request.ctx == middle.raw("ctx_refresh")
    assert refreshing.evaluate(old)[0] is Outcome.RIGHT
    for record, expected in ((new, Outcome.RIGHT), (old, Outcome.WRONG)):
        confirming = Sent(server, inputs.raw("header_confirm"), outputs.raw("proof_confirm"))
        assert confirming.request.ctx == middle.raw("ctx_confirm")
        assert confirming.evaluate(record)[0] is expected


def test_pin_argon2id() -> None:
    """A native phone opens the vector's blob with the vector's PIN and proves the vector's share."""
    vector = Vector("pin_argon2id")
    inputs = vector.inputs
    d1, v2 = inputs.number("share"), ENTROPY.scalar(SUITE_P256)
    made = known_key(Purpose.SIGN, u1=SM2.inv(d1), v2=v2 % SM2.n or 1, key_id=inputs.text("key_id"))
    key = KnownKey(
        Key(made.phone.pk, inputs.raw("share_id"), made.phone.share, mul=False), made.server, made.purpose, made.key_id
    )
    record = Blob(
        key_id=key.key_id,
        share_id=key.phone.share_id,
        purpose=int(Purpose.SIGN),
        b_blob=vector.outputs.number("b_blob"),
        salt=inputs.raw("salt"),
        cost=KdfParams(inputs.count("m_kib"), inputs.count("t"), inputs.count("p")),
        pk=key.phone.pk,
    )
    server = ReferenceServer()
    phone = NativePhone(server.target)
    blob = _core.Blob.restore(phone.custody.to_native(record.encode()))
    for pin, expected in ((inputs.text("pin"), Outcome.RIGHT), ("271829", Outcome.WRONG)):
        run = phone.adopt(blob, pin)
        assert server.serve(run.envelope, key.server, phone.device_public).outcome is expected
