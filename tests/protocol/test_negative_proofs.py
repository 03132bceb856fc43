"""Rows 4, 6, 7, 10, 11, 24, 57 and 68 of CATALOGUE.md: proofs that do not fit.

The phone is malicious: it holds a device key and signs whatever it sends. WRONG is the only answer it gets, and a
WRONG answer carries nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from protocol import _core
from protocol.codes import Malformed, Op, Outcome, Purpose, Status
from protocol.errors import DeviceProofInvalid, PurposeMismatch
from protocol.reference import decrypt, proof, refresh, sign, sm2
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.envelope import open_request, seal_request
from protocol.reference.header import Header
from protocol.reference.messages import DecryptRequest, ProofRequest, RefreshRequest, SignRequest
from protocol.reference.phone import Phone, Sign
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256, SUITE_SM2
from tests.protocol.malice import Crafted, header_for, moved
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, ReferenceServer, new_reference_phone
from tests.protocol.world import ENTROPY, NOW_MS, KnownKey, encrypted, fields, known_key, native_header

DIGEST = bytes(31) + b"\5"


def scalar() -> int:
    return ENTROPY.scalar(SUITE_SM2)


def base(k: int) -> Point:
    return not_identity(SM2.mul_base(k))


@pytest.fixture(scope="module")
def server() -> NativeServer:
    return NativeServer()


@pytest.fixture(scope="module")
def phone(server: NativeServer) -> Phone:
    return new_reference_phone(server.target)


def outcome(server: NativeServer, phone: Phone, crafted: Crafted, key: KnownKey) -> Outcome:
    """Evaluates; a WRONG answer must be empty."""
    served = server.serve(crafted.envelope, key.server, phone.device_public)
    frame, body = crafted.open(served.answer)
    if served.outcome is not Outcome.RIGHT:
        assert (frame.status, body, served.audit_hash) == (Status.PIN_WRONG, b"", bytes(32))
    return served.outcome


def crafted_sign(phone: Phone, key: KnownKey, request: SignRequest, header: Header | None = None) -> Crafted:
    header = header or header_for(key, Op.SIGN)
    ctx = sign.context(header.encode(), request.digests, key.phone.pk)
    return Crafted(phone, header, request.encode(), ctx)


@pytest.mark.parametrize("place", ["Qa", "Qb"])
@pytest.mark.parametrize("name", ["G", "-G", "P", "P2", "C1"])
def test_rows_6_7_a_nonce_point_of_unknown_logarithm_is_wrong(
    server: NativeServer, phone: Phone, signing_key: KnownKey, name: str, place: str
) -> None:
    """The phone knows its share and one nonce and invents the proof of the other point (static Diffie-Hellman)."""
    c1, _, _ = sm2.encrypt(signing_key.phone.pk, b"secret", scalar())
    minus_g = not_identity(SM2.neg(SM2.g))
    points = {"G": SM2.g, "-G": minus_g, "P": signing_key.phone.pk, "P2": base(signing_key.server.share), "C1": c1}
    header, known = header_for(signing_key, Op.SIGN), scalar()
    pair = (points[name], base(known)) if place == "Qa" else (base(known), points[name])
    ctx = sign.context(header.encode(), [DIGEST], signing_key.phone.pk)
    witness = [(scalar(), pair[0]), (known, pair[1]), (signing_key.phone.share, signing_key.server.point)]
    shown = proof.prove(SUITE_SM2, "SIGN2/pok", ctx, witness, scalar())
    request = SignRequest((DIGEST,), (pair[0],), (pair[1],), shown)
    assert outcome(server, phone, crafted_sign(phone, signing_key, request, header), signing_key) is Outcome.WRONG


def test_row_4_a_proof_whose_commitment_is_the_identity_is_wrong(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    """a = 0: z is the weighted sum of the witnesses, so that A' = O for every challenge."""
    header, wa, wb, c = header_for(signing_key, Op.SIGN), scalar(), scalar(), scalar()
    witness = (wa, wb, signing_key.phone.share)
    z = sum(pow(c, n, SM2.n) * x for n, x in enumerate(witness, start=1)) % SM2.n
    request = SignRequest((DIGEST,), (base(wa),), (base(wb),), Proof(c, z))
    assert outcome(server, phone, crafted_sign(phone, signing_key, request, header), signing_key) is Outcome.WRONG


def test_row_9_c_and_z_swapped_is_wrong(server: NativeServer, phone: Phone, signing_key: KnownKey) -> None:
    header = header_for(signing_key, Op.SIGN)
    good = Sign(phone, header, signing_key.phone, [DIGEST]).steps.request()
    swapped = good._replace(proof=Proof(good.proof.z, good.proof.c))
    assert outcome(server, phone, crafted_sign(phone, signing_key, good, header), signing_key) is Outcome.RIGHT
    assert outcome(server, phone, crafted_sign(phone, signing_key, swapped, header), signing_key) is Outcome.WRONG


def test_row_10_a_proof_of_another_session_is_wrong(server: NativeServer, phone: Phone, signing_key: KnownKey) -> None:
    old = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST]).steps.request()
    assert outcome(server, phone, crafted_sign(phone, signing_key, old), signing_key) is Outcome.WRONG


MOVES: dict[str, dict[str, Any]] = {
    "key_id": {"key_id": "key-2"},
    "device_id": {"device_id": "device-2"},
    "user_id": {"user_id": "user-2"},
    "purpose": {"purpose": int(Purpose.LOGIN)},
    "share_id": {"share_id": bytes(16)},
    "ctr": {"ctr": 6},
    "tau": {"tau": bytes(16)},
    "open_reqs": {"open_reqs": ()},
    "policy": {"policy": b"p" * 32},
    "restore_epoch": {"restore_epoch": 3},
    "issued_at_ms": {"issued_at_ms": NOW_MS + 1},
    "req_nonce": {"req_nonce": bytes(32)},
    "server_id": {"server_id": "core-2"},
}
"""One header field changed after the proof was made; the device signature is renewed."""


@pytest.mark.parametrize("field", MOVES)
def test_row_11_a_proof_moved_to_another_header_is_refused(
    server: NativeServer, phone: Phone, signing_key: KnownKey, field: str
) -> None:
    header = header_for(signing_key, Op.SIGN)
    good = Sign(phone, header, signing_key.phone, [DIGEST]).steps.request()
    crafted = crafted_sign(phone, signing_key, good, moved(header, **MOVES[field]))
    request = server.core.open_request(crafted.envelope)
    if request.malformed is None:
        assert outcome(server, phone, crafted, signing_key) is Outcome.WRONG


def test_row_11_a_proof_moved_to_another_suite_is_refused(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    header = header_for(signing_key, Op.SIGN)
    good = Sign(phone, header, signing_key.phone, [DIGEST]).steps.request()
    crafted = crafted_sign(phone, signing_key, good, moved(header, suite=SUITE_P256))
    assert server.core.open_request(crafted.envelope).malformed is not None


def test_row_11_a_proof_for_another_joint_key_is_wrong(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    other = known_key(Purpose.SIGN)
    header = header_for(signing_key, Op.SIGN)
    good = Sign(phone, header, replace(signing_key.phone, pk=other.phone.pk), [DIGEST]).steps.request()
    assert outcome(server, phone, crafted_sign(phone, signing_key, good, header), signing_key) is Outcome.WRONG


def test_row_11_a_proof_of_another_operation_is_wrong(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    """REFRESH, CONFIRM and ADOPT prove the same share: no proof may pass for another of them."""
    key = signing_key
    contexts: dict[Op, tuple[str, Callable[[bytes], bytes]]] = {
        Op.REFRESH: ("RF/pok", lambda encoded: refresh.refresh_context(encoded, SM2.g, key.phone.pk)),
        Op.CONFIRM: ("CF/pok", lambda encoded: refresh.confirm_context(encoded, key.phone.pk)),
        Op.ADOPT: ("AD/pok", lambda encoded: refresh.adopt_context(encoded, key.phone.pk)),
    }
    for to, (_, context) in contexts.items():
        header = header_for(key, to)
        ctx = context(header.encode())
        for of, (label, other_context) in contexts.items():
            shown = refresh.prove_share(label, other_context(header.encode()), key.phone.share, scalar())
            body = RefreshRequest(SM2.g, shown) if to is Op.REFRESH else ProofRequest(shown)
            got = outcome(server, phone, Crafted(phone, header, body.encode(), ctx), key)
            assert got is (Outcome.RIGHT if of is to else Outcome.WRONG)


@pytest.mark.parametrize("change", ["one digest", "order of the digests", "order of the pairs", "N", "a then b"])
def test_row_24_lists_changed_after_the_proof_are_wrong(
    server: NativeServer, phone: Phone, signing_key: KnownKey, change: str
) -> None:
    header = header_for(signing_key, Op.SIGN)
    digests = [bytes(31) + bytes([n]) for n in (1, 2, 3)]
    good = Sign(phone, header, signing_key.phone, digests).steps.request()
    changed = {
        "one digest": good._replace(digests=(digests[0], digests[1], DIGEST)),
        "order of the digests": good._replace(digests=tuple(reversed(good.digests))),
        "order of the pairs": good._replace(qa=good.qa[::-1], qb=good.qb[::-1]),
        "N": good._replace(digests=good.digests[:2], qa=good.qa[:2], qb=good.qb[:2]),
        "a then b": good._replace(qa=good.qb, qb=good.qa),
    }[change]
    assert outcome(server, phone, crafted_sign(phone, signing_key, changed, header), signing_key) is Outcome.WRONG


def test_row_24_decrypt_points_changed_after_the_proof_are_wrong(
    server: NativeServer, phone: Phone, decryption_key: KnownKey
) -> None:
    key, header = decryption_key, header_for(decryption_key, Op.DECRYPT)
    points = (base(3), base(4))
    ctx = decrypt.context(header.encode(), points, key.phone.pk)
    shown = refresh.prove_share("DEC/pok", ctx, key.phone.share, scalar())
    for sent, expected in ((points, Outcome.RIGHT), (points[::-1], Outcome.WRONG), (points[:1], Outcome.WRONG)):
        sent_ctx = decrypt.context(header.encode(), sent, key.phone.pk)
        crafted = Crafted(phone, header, DecryptRequest(sent, shown).encode(), sent_ctx)
        assert outcome(server, phone, crafted, key) is expected


def test_row_57_a_request_in_a_new_envelope_fails_its_device_signature(signing_key: KnownKey) -> None:
    """Whoever can open an envelope cannot wrap its content again: sig_dev covers enc."""
    server = ReferenceServer()
    core = NativeServer()
    core.core.add_envelope_key(core.envelope_key)
    phone = NativePhone(server.target)
    run = phone.sign(phone.restore(signing_key), [DIGEST])
    opened = open_request(server.core.recipient, server.core.envelope_secret, run.envelope)
    to = new_reference_phone(core.target).to
    envelope, _ = seal_request(to, ENTROPY.scalar(SUITE_P256), opened.header, lambda _enc: opened.body)
    request = core.core.open_request(envelope)
    assert request.malformed is None
    with pytest.raises(DeviceProofInvalid):
        request.verify_device(phone.device_public)


def test_row_52_a_stranger_without_the_device_key_is_refused(server: NativeServer, signing_key: KnownKey) -> None:
    stranger = new_reference_phone(server.target)
    owner = new_reference_phone(server.target)
    run = Sign(stranger, header_for(signing_key, Op.SIGN), signing_key.phone, [DIGEST])
    request = server.core.open_request(run.envelope)
    with pytest.raises(DeviceProofInvalid):
        request.verify_device(owner.device_public)


def test_hdr_2_a_changed_body_fails_the_device_signature(
    server: NativeServer, phone: Phone, signing_key: KnownKey
) -> None:
    header = header_for(signing_key, Op.SIGN)
    run = Sign(phone, header, signing_key.phone, [DIGEST])
    body = run.steps.request()._replace(digests=(bytes(31) + b"\6",))
    crafted = Crafted(phone, header, body.encode(), run.steps.ctx)
    request = server.core.open_request(crafted.envelope)
    with pytest.raises(DeviceProofInvalid):
        request.verify_device(phone.device_public)


@pytest.mark.parametrize(
    ("op", "purpose"),
    [(Op.SIGN, Purpose.DECRYPT), (Op.DECRYPT, Purpose.SIGN), (Op.DECRYPT, Purpose.LOGIN)],
)
def test_row_68_an_operation_on_a_key_of_another_purpose(
    server: NativeServer, phone: Phone, signing_key: KnownKey, op: Op, purpose: Purpose
) -> None:
    header = header_for(signing_key, Op.CONFIRM)
    crafted = Crafted(phone, moved(header, op=int(op), purpose=int(purpose)), bytes(200))
    assert server.core.open_request(crafted.envelope).malformed == Malformed.PURPOSE


def test_row_68_the_native_phone_refuses_a_blob_of_another_purpose(
    server: NativeServer, signing_key: KnownKey, decryption_key: KnownKey
) -> None:
    phone = NativePhone(server.target)
    for key, op in ((signing_key, Op.DECRYPT), (decryption_key, Op.SIGN)):
        share = phone.restore(key).unlock("802417")
        purpose = Purpose.DECRYPT if op is Op.DECRYPT else Purpose.SIGN
        header = native_header(fields(op, purpose) | key.names)
        begin: Callable[..., object] = _core.PhoneSign.begin if op is Op.SIGN else _core.PhoneDecrypt.begin
        item = DIGEST if op is Op.SIGN else encrypted(key.pk, b"text")
        with pytest.raises(PurposeMismatch):
            begin(phone.target, phone.device, header, share, [item], phone.seq())
