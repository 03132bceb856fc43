"""Two-party ECDSA of the reference: properties, and what either side does with a wrong message."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from protocol.errors import BadAnswer, BadProof, DigestRefused, MalformedMessage, MalformedPoint, MalformedScalar
from protocol.reference import device, ec_sign, ot_extension
from protocol.reference.curve import P256, not_identity, scalar_bytes
from protocol.reference.ec_messages import EcSignAnswer, EcSignRequest
from protocol.reference.ot_extension import OtCheckFailed
from protocol.reference.ot_setup import xor
from protocol.reference.proof import Proof
from tests.protocol.ec_world import DIGEST, DealtKey, base, dealt_key, reproved, scalar
from tests.protocol.world import ENTROPY

N = P256.n
Change = Callable[[EcSignAnswer], EcSignAnswer]


@pytest.fixture(scope="module")
def key() -> DealtKey:
    return dealt_key()


@pytest.fixture(scope="module")
def run(key: DealtKey) -> tuple[ec_sign.PhoneEcSign, EcSignAnswer]:
    """One request and its honest answer."""
    phone = key.phone()
    return phone, key.serve(phone)


def test_p1_p2_the_result_is_an_ecdsa_signature(key: DealtKey) -> None:
    """k = kA·kB, sk = skA·skB; a foreign library verifies."""
    phone = key.phone()
    z = ec_sign.extended(phone.ctx0, phone.request, key.ot)
    server = ec_sign.ServerEcSign(phone.ctx0, phone.request, key.pk, key.sk_a, z)
    r, s = phone.finish(server.answer(key.ot.delta_bytes, ENTROPY.fresh(32), scalar))
    k = server.k * phone.k % N
    assert r == base(k).x % N
    assert s == ec_sign.low(P256.inv(k) * (int.from_bytes(DIGEST, "big") + r * key.sk_a * key.sk_b) % N)
    public = ec.EllipticCurvePublicNumbers(key.pk.x, key.pk.y, ec.SECP256R1()).public_key()
    public.verify(encode_dss_signature(r, s), DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))


def test_p14_every_row_of_the_extension_is_correlated(key: DealtKey) -> None:
    phone = key.phone()
    z = ec_sign.extended(phone.ctx0, phone.request, key.ot)
    choice = ot_extension.number(phone.x)
    for m, (own, theirs) in enumerate(zip(phone.rows, z, strict=True)):
        assert theirs == (xor(own, key.ot.delta_bytes) if choice >> m & 1 else own)


def test_messages_have_the_sizes_of_the_specification(run: tuple[ec_sign.PhoneEcSign, EcSignAnswer]) -> None:
    phone, answer = run
    request, data = phone.request.encode(), answer.encode()
    assert (len(request), len(data)) == (11_473, 98_689)
    assert EcSignRequest.decode(request) == phone.request
    assert EcSignAnswer.decode(data) == answer
    for short, decode in ((request, EcSignRequest.decode), (data, EcSignAnswer.decode)):
        for bad in (short[:-1], short + b"\0", b""):
            with pytest.raises((MalformedMessage, MalformedPoint)):
                decode(bad)


def with_instance(answer: EcSignAnswer, i: int, **changes: Any) -> EcSignAnswer:
    parts = list(answer.multiplications)
    parts[i] = parts[i]._replace(**changes)
    return answer._replace(multiplications=(parts[0], parts[1]))


def wrong_row(i: int, j: int, column: int) -> Change:
    def change(answer: EcSignAnswer) -> EcSignAnswer:
        at = list(answer.multiplications[i].at)
        row = list(at[j])
        row[column] = (row[column] + 1) % N
        at[j] = (row[0], row[1], row[2])
        return with_instance(answer, i, at=tuple(at))

    return change


def plus_one(value: int) -> int:
    return (value + 1) % N


WRONG_ANSWERS: dict[str, Change] = {
    "row_75 piR, c": lambda a: a._replace(proof_r=Proof(a.proof_r.c % (N - 1) + 1, a.proof_r.z)),
    "row_75 piR, z": lambda a: a._replace(proof_r=Proof(a.proof_r.c, a.proof_r.z % (N - 1) + 1)),
    "row_75 another R'": lambda a: a._replace(r1=base(5)),
    "row_76 row 0": wrong_row(0, 0, 0),
    "row_76 row 255": wrong_row(1, 255, 1),
    "row_76 row 256": wrong_row(0, 256, 0),
    "row_76 row 511": wrong_row(1, 511, 2),
    "row_76 eta": lambda a: with_instance(a, 0, eta=a.multiplications[0].eta[::-1]),
    "row_76 mu": lambda a: with_instance(a, 1, mu=bytes(32)),
    "row_76 instances swapped": lambda a: a._replace(multiplications=a.multiplications[::-1]),
    "row_76 nonce_s": lambda a: a._replace(nonce_s=bytes(32)),
    "row_78 etaPhi": lambda a: a._replace(eta_phi=plus_one(a.eta_phi)),
    "row_78 etaSig": lambda a: a._replace(eta_sig=plus_one(a.eta_sig)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_rows_75_76_78_the_phone_stops(run: tuple[ec_sign.PhoneEcSign, EcSignAnswer], name: str) -> None:
    phone, answer = run
    with pytest.raises(BadAnswer):
        phone.finish(WRONG_ANSWERS[name](answer))
    phone.finish(answer)


@pytest.mark.parametrize("forced", ["identity", "r = 0"])
def test_row_75_a_nonce_point_without_use_is_refused(
    key: DealtKey, monkeypatch: pytest.MonkeyPatch, forced: str
) -> None:
    """R = O, or x(R) = 0: possible only if the hash of EC-7 could be steered, so the test steers it."""
    phone, own = key.phone(), scalar()
    useless = None if forced == "identity" else P256.lift_x(0, odd=True)
    monkeypatch.setattr(ec_sign, "outer_nonce", lambda _ctx, _r1: own)
    r1 = not_identity(P256.sub(useless, P256.mul(own, phone.d)))
    with pytest.raises(BadAnswer, match="R has no use"):
        phone.check_nonce(EcSignAnswer(bytes(32), r1, Proof(1, 1), (None, None), 0, 0))  # type: ignore[arg-type]


def test_the_server_draws_again_until_r_has_a_use(key: DealtKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """EC-7 with kA = 0 at the first try."""
    phone, first = key.phone(), scalar()
    monkeypatch.setattr(ec_sign, "outer_nonce", lambda _ctx, _r1: N - first)
    server = ec_sign.ServerEcSign(phone.ctx0, phone.request, key.pk, key.sk_a, ())
    server.choose_nonce(lambda _tag, _i, retry: scalar() if retry else first)
    assert server.k != 0


class Shifted(ec_sign.PhoneEcSign):
    """A phone whose inputs are not 1/kB and skB/kB."""

    shift = (0, 0)

    def inputs(self) -> tuple[int, int]:
        y0, y1 = super().inputs()
        return (y0 + self.shift[0]) % N, (y1 + self.shift[1]) % N


@pytest.mark.parametrize("shift", [(3, 0), (0, 5), (N - 1, 1)])
def test_row_78_a_shifted_input_gives_nothing_usable(key: DealtKey, shift: tuple[int, int]) -> None:
    """The pads of EC-10 differ, and s without its pad is uniform: not even a signature under another key."""
    phone = key.phone(type("OneShifted", (Shifted,), {"shift": shift}))
    with pytest.raises(BadAnswer, match="does not verify"):
        phone.finish(key.serve(phone))


@pytest.mark.parametrize("i", [0, 1])
def test_row_78_a_wrong_delta_gives_nothing_usable(key: DealtKey, i: int) -> None:
    phone = key.phone()
    delta = list(phone.request.delta)
    delta[i] = plus_one(delta[i])
    phone.request = reproved(phone, delta=(delta[0], delta[1]))
    phone.ctx = ec_sign.context(phone.ctx0, phone.request)
    with pytest.raises(BadAnswer):
        phone.finish(key.serve(phone))


def test_ec_14_the_final_verification_is_the_last_line(key: DealtKey) -> None:
    """Mutation: without it a wrong etaSig leaves the phone as a false signature."""

    class Trusting(ec_sign.PhoneEcSign):
        def check_signature(self, r: int, s: int) -> None:
            """No check of EC-14."""

    phone = key.phone(Trusting)
    answer = key.serve(phone)
    r, s = phone.finish(answer._replace(eta_sig=plus_one(answer.eta_sig)))
    with pytest.raises(Exception, match="verify"):
        device.verify(key.pk, DIGEST, scalar_bytes(r) + scalar_bytes(s))


def flipped(data: bytes, bit: int = 0) -> bytes:
    return xor(data, (1 << bit).to_bytes(len(data), "little"))


@pytest.mark.parametrize("tree", [0, 31, 63])
def test_row_79_an_inconsistent_column_is_refused(tree: int) -> None:
    """C_j differs in one choice bit: seen whenever Δ has a bit in that tree."""
    key = dealt_key(delta=(1 << 128) - 1)
    phone = key.phone()
    ot = phone.request.ot
    c = tuple(flipped(c, 700) if j == tree else c for j, c in enumerate(ot.c))
    with pytest.raises(OtCheckFailed):
        key.answer(phone.ctx0, reproved(phone, ot=ot._replace(c=c)))


def test_the_proof_covers_every_field(key: DealtKey) -> None:
    """EC-4: a body changed after the proof is outcome WRONG, before the transfers are looked at."""
    phone = key.phone()
    request = phone.request
    ot = request.ot._replace(x_tilde=flipped(request.ot.x_tilde))
    delta = (1, request.delta[1])
    for changed in (request._replace(d=base(7)), request._replace(ot=ot), request._replace(delta=delta)):
        with pytest.raises(BadProof) as caught:
            key.answer(phone.ctx0, changed)
        assert not isinstance(caught.value, OtCheckFailed)


def test_a_wrong_share_is_a_wrong_proof(key: DealtKey) -> None:
    """P3 for P-256 keys: any other share gives a well-formed request and outcome WRONG."""
    other = DealtKey(key.sk_a, scalar(), key.otsid, key.nodes, key.delta)
    phone = other.phone()
    with pytest.raises(BadProof):
        ec_sign.check_request(phone.ctx, phone.request, base(key.sk_b))


@pytest.mark.parametrize("e", [bytes(32), N.to_bytes(32, "big")])
def test_row_85_a_digest_that_is_0_modulo_n_is_refused(run: tuple[ec_sign.PhoneEcSign, EcSignAnswer], e: bytes) -> None:
    data = run[0].request.encode()
    with pytest.raises(DigestRefused):
        EcSignRequest.decode(e + data[32:])


def test_row_85_a_digest_above_n_is_reduced(key: DealtKey) -> None:
    e = b"\xff" * 32
    phone = key.phone(e=e)
    EcSignRequest.decode(phone.request.encode())
    r, s = phone.finish(key.serve(phone))
    device.verify(key.pk, (int.from_bytes(e, "big") - N).to_bytes(32, "big"), scalar_bytes(r) + scalar_bytes(s))


def test_values_out_of_range_are_refused(run: tuple[ec_sign.PhoneEcSign, EcSignAnswer]) -> None:
    """Zero is allowed where section 6.3 says so, n nowhere."""
    request, answer = run[0].request, run[1]
    EcSignRequest.decode(request._replace(delta=(0, 0)).encode())
    EcSignAnswer.decode(answer._replace(eta_phi=0, eta_sig=0).encode())
    for bad in (
        request._replace(delta=(N, 0)),
        request._replace(proof=Proof(0, 1)),
        request._replace(proof=Proof(1, N)),
    ):
        with pytest.raises(MalformedScalar):
            EcSignRequest.decode(bad.encode())
    at = ((N, 0, 0), *answer.multiplications[0].at[1:])
    for wrong in (answer._replace(eta_sig=N), with_instance(answer, 0, at=at), answer._replace(proof_r=Proof(0, 1))):
        with pytest.raises(MalformedScalar):
            EcSignAnswer.decode(wrong.encode())


def test_row_86_the_result_has_low_s_and_verifiers_take_both(key: DealtKey) -> None:
    phone = key.phone()
    r, s = phone.finish(key.serve(phone))
    assert s <= N // 2
    for value in (s, N - s):
        device.verify(key.pk, DIGEST, scalar_bytes(r) + scalar_bytes(value))
