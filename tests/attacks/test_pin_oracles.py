"""Attack: which recorded values let the holder of a blob (b_blob, salt) search the PIN offline (section 10.2).

The first part shows that the formulas work: each value in the table, had it been kept, singles out the right PIN. The
second part runs the service and looks at everything it stores and everything Python sees: none of it contains such a
value, and the values it does keep single out nothing.
"""

from collections.abc import Callable

import pytest

from keyshare.device_row import encode_row
from protocol import _core
from protocol.codes import Op, Status
from protocol.errors import BadProof, BadSignature
from protocol.reference import pin, proof, sign, sm2
from protocol.reference.curve import SM2, Point, not_identity, scalar_bytes
from protocol.reference.messages import SignAnswer
from protocol.reference.phone import Sign
from protocol.reference.transcript import SUITE_SM2
from tests.attacks.service import Service
from tests.protocol.malice import header_for
from tests.protocol.phones import NativePhone
from tests.protocol.sides import NativeServer, new_reference_phone
from tests.protocol.world import DEVICE_ID, ENTROPY, KEY_ID, PIN, KnownKey, known_key

N = SM2.n
PINS = ["000000", PIN, "123456"]
RIGHT = [False, True, False]


def fast_k_pin(text: str) -> bytes:
    """Stands in for Argon2id: the attack is about what is tested, not about what a guess costs."""
    return SUITE_SM2.h("attack/k_pin", text.encode())


def blinding(text: str, share_id: bytes) -> int:
    return pin.blinding(fast_k_pin(text), KEY_ID, share_id)


class Recorded:
    """One honest signature with everything both sides saw, and the shares d1 that the PINs give."""

    def __init__(self) -> None:
        self.key = known_key()
        self.e = sm2.digest(self.key.phone.pk, b"document")
        self.phone = sign.PhoneSign(
            b"header", [self.e], self.key.phone.pk, self.key.phone.share, lambda *_: ENTROPY.scalar(SUITE_SM2)
        )
        self.request = self.phone.request()
        answer = sign.answer(self.phone.ctx, self.request, self.key.server.share, lambda *_: ENTROPY.scalar(SUITE_SM2))
        (self.item,) = answer.items
        ((self.r, self.s),) = self.phone.finish(answer)
        rho = sign.binding(self.phone.ctx, 1, self.request.qa[0], self.request.qb[0], self.item.w2)
        self.w1 = (self.phone.wa[0] + rho * self.phone.wb[0]) % N
        share_id = self.key.phone.share_id
        b_blob = pin.blind(self.key.phone.blinded_value, blinding(PIN, share_id))
        self.candidates = [pin.unblind(b_blob, blinding(text, share_id)) for text in PINS]

    @property
    def p_plus_g(self) -> Point:
        return not_identity(SM2.add(self.key.phone.pk, SM2.g))

    def rebuilt_q1(self, d1: int) -> Point | None:
        """(r + s)/d1·G - s1·G, which is w1·G for the right share."""
        return SM2.mul_base(SM2.inv(d1) * (self.r + self.s) - self.item.s1)


def holds(check: Callable[[], None]) -> bool:
    try:
        check()
    except (BadProof, BadSignature):
        return False
    return True


ORACLES: dict[str, Callable[[Recorded, int], bool]] = {
    "P2": lambda v, d1: SM2.mul(d1, v.p_plus_g) == SM2.mul_base(v.key.server.share),
    "a request in the clear": lambda v, d1: holds(
        lambda: proof.verify(
            SUITE_SM2,
            "SIGN2/pok",
            v.phone.ctx,
            [*v.request.statements(), not_identity(SM2.mul_base(SM2.inv(d1)))],
            v.request.proof,
        )
    ),
    "s1 with w1": lambda v, d1: v.rebuilt_q1(d1) == SM2.mul_base(v.w1),
    "W2 with w1 and (r, s)": lambda v, d1: (
        SM2.combine(v.s, [(v.r + v.s, v.key.phone.pk)]) == SM2.add(v.item.w2, SM2.mul(v.w1 * d1, v.p_plus_g))
    ),
    "one answer alone": lambda v, d1: (
        SM2.mul(SM2.inv(v.item.s1), SM2.add(v.item.w2, SM2.mul_base(v.item.r))) == SM2.mul(d1, v.p_plus_g)
    ),
    "an answer given before the PIN check": lambda v, d1: holds(
        lambda: sm2.verify(v.key.phone.pk, int.from_bytes(v.e, "big"), v.r, (d1 * (v.item.s1 + v.w1) - v.r) % N)
    ),
}
"""Values whose possession decides which PIN is right."""


@pytest.mark.parametrize("name", ORACLES)
def test_the_attack_finds_the_pin_with(name: str) -> None:
    recorded = Recorded()
    assert [ORACLES[name](recorded, d1) for d1 in recorded.candidates] == RIGHT


def test_the_attack_joins_two_blobs_when_their_ratio_is_known(signing_key: KnownKey) -> None:
    """Row 63, weakened: rho of a refresh kept beside both blobs joins the two right PINs."""
    d1, rho = signing_key.phone.blinded_value, ENTROPY.scalar(SUITE_SM2)
    old = pin.blind(d1, blinding(PIN, b"s" * 16))
    new = pin.blind(d1 * rho % N, blinding("640219", b"t" * 16))
    joined = [
        (p, q)
        for p in PINS
        for q in ("640219", "999999")
        if old * blinding(p, b"s" * 16) * rho % N == new * blinding(q, b"t" * 16) % N
    ]
    assert joined == [(PIN, "640219")]


def test_row_63_without_the_ratio_no_pair_of_pins_stands_out(signing_key: KnownKey) -> None:
    """Every pair of PINs is explained by some ratio, and the ratios of all pairs look alike."""
    d1, rho = signing_key.phone.blinded_value, ENTROPY.scalar(SUITE_SM2)
    old = pin.blind(d1, blinding(PIN, b"s" * 16))
    new = pin.blind(d1 * rho % N, blinding("640219", b"t" * 16))
    ratios = set()
    for p in PINS:
        for q in ("640219", "999999"):
            share = pin.unblind(old, blinding(p, b"s" * 16))
            ratio = pin.unblind(new, blinding(q, b"t" * 16)) * SM2.inv(share) % N
            assert pin.blind(share * ratio % N, blinding(q, b"t" * 16)) == new
            ratios.add(ratio)
    assert len(ratios) == 6


def tell_tale(key: KnownKey, run: Sign, answer: SignAnswer) -> dict[str, bytes]:
    """Byte strings of section 10.2 that must appear nowhere."""
    request, share, u1 = run.steps.request(), key.server.share, key.phone.share
    values: dict[str, bytes] = {
        "u1": scalar_bytes(u1),
        "d1": scalar_bytes(SM2.inv(u1)),
        "v2": scalar_bytes(share),
        "d2": scalar_bytes(SM2.inv(share)),
        "P1": SM2.encode(key.server.point)[1:],
        "P2": scalar_bytes(not_identity(SM2.mul_base(share)).x),
        "c": scalar_bytes(request.proof.c),
        "z": scalar_bytes(request.proof.z),
    }
    for index, item in enumerate(answer.items):
        values[f"Qa_{index}"] = scalar_bytes(request.qa[index].x)
        values[f"Qb_{index}"] = scalar_bytes(request.qb[index].x)
        values[f"W2_{index}"] = scalar_bytes(item.w2.x)
        values[f"s1_{index}"] = scalar_bytes(item.s1)
        values[f"r_{index}"] = scalar_bytes(item.r)
    return values


def visible(handle: object) -> bytes:
    """Every public attribute of a handle, in one byte string."""
    parts = []
    for name in dir(handle):
        value = getattr(handle, name)
        if name.startswith("_") or callable(value):
            continue
        values = value if isinstance(value, list) else [value]
        parts += [item if isinstance(item, bytes) else str(item).encode() for item in values]
    return b"\0".join(parts)


def test_python_sees_nothing_that_singles_out_a_pin(signing_key: KnownKey) -> None:
    server = NativeServer()
    phone = new_reference_phone(server.target)
    run = Sign(phone, header_for(signing_key, Op.SIGN), signing_key.phone, [bytes(31) + b"\5"] * 3)
    request = server.open(run.envelope, phone.device_public)
    (result,) = server.core.evaluate([(request, server.custody.to_native(signing_key.server.encode()))])
    seen = visible(request) + visible(result)
    answer = result.answer(Status.OK, server_time_ms=1)
    given = SignAnswer.decode(run.open(answer)[1])
    assert result.audit_hash == sign.audit_hash(run.steps.ctx, given.items)
    for name, value in tell_tale(signing_key, run, given).items():
        assert value not in seen, name
        assert value not in run.envelope + answer, name


def test_the_store_keeps_nothing_that_singles_out_a_pin(service: Service, signing_key: KnownKey) -> None:
    phone = new_reference_phone(service.server.target)
    service.enrol(DEVICE_ID, phone.device_public)
    service.add_key(signing_key, DEVICE_ID)
    header = header_for(signing_key, Op.SIGN, tau=service.tau, open_reqs=[], ctr=0, restore_epoch=0)
    run = Sign(phone, header, signing_key.phone, [bytes(31) + b"\5"] * 3)
    released = service.submit(run.envelope)
    given = SignAnswer.decode(run.open(released.answer)[1])
    tables = service.store.tables
    stored = b"".join(
        [
            encode_row(service.row(DEVICE_ID)),
            *(row.sealed + row.pk + row.share_id for row in tables.shares.values()),
            *(req_id for _, req_id in tables.seen),
            *(repr(row).encode() + row.audit_hash + visible(row.request) for row in tables.audit),
        ]
    )
    assert tables.audit
    for name, value in tell_tale(signing_key, run, given).items():
        assert value not in stored, name
        assert value.hex().encode() not in stored, name


def test_the_native_blob_is_consistent_with_every_pin(signing_key: KnownKey) -> None:
    """Each PIN opens it, and the request each makes has the same size: nothing local tells them apart."""
    server = NativeServer()
    phone = NativePhone(server.target)
    blob: _core.Blob = phone.restore(signing_key)
    sizes = {len(phone.sign(blob, [bytes(31) + b"\5"], text).envelope) for text in (*PINS, "x", "a pass phrase")}
    assert len(sizes) == 1
