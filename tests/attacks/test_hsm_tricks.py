"""Attack: a signing step made of standard token mechanisms hands the phone's share to the host (section 8.4)."""

from hsm.ports import Token
from protocol.reference import device, sm2
from protocol.reference.curve import P256, SM2, not_identity
from protocol.reference.transcript import SUITE_P256, SUITE_SM2
from tests.protocol.world import ENTROPY

USES_OF_A_SHARE = ("sign", "derive", "decrypt", "multiply", "agree", "wrap_key")
"""Beginnings of calls that would use a share inside a token; a token seals records and keeps counters, no more."""


def test_the_attack_on_ecdsa_in_a_token_reveals_the_other_share() -> None:
    """The token signs e/x1 with x2; the host turns it into a signature under x1·x2 and learns x1 = s/s'."""
    x1, x2 = ENTROPY.scalar(SUITE_P256), ENTROPY.scalar(SUITE_P256)
    digest = ENTROPY.fresh(32)
    shifted = int.from_bytes(digest, "big") * P256.inv(x1) % P256.n
    by_token = device.sign(x2, shifted.to_bytes(32, "big"))
    r, s_token = by_token[:32], int.from_bytes(by_token[32:], "big")
    s = x1 * s_token % P256.n
    device.verify(not_identity(P256.mul_base(x1 * x2)), digest, r + s.to_bytes(32, "big"))
    assert s * P256.inv(s_token) % P256.n == x1


def test_the_attack_on_sm2_in_a_token_reveals_the_other_share() -> None:
    """The token holds v2 - 1 as an SM2 key; the host learns d1 = (s + r)/(s' + r)."""
    d1, d2 = ENTROPY.scalar(SUITE_SM2), ENTROPY.scalar(SUITE_SM2)
    pk = not_identity(SM2.sub(SM2.mul_base(SM2.inv(d1 * d2)), SM2.g))
    e = int.from_bytes(sm2.digest(pk, b"document"), "big")
    r, s_token = sm2.sign((SM2.inv(d2) - 1) % SM2.n, e, ENTROPY.scalar(SUITE_SM2))
    z = (s_token + r) % SM2.n
    s = (d1 * z - r) % SM2.n
    sm2.verify(pk, e, r, s)
    assert (s + r) * SM2.inv(z) % SM2.n == d1


def test_the_token_port_offers_no_such_call() -> None:
    calls = [name for name in vars(Token) if not name.startswith("_")]
    assert {"seal", "unseal"} <= set(calls)
    assert [name for name in calls if name.startswith(USES_OF_A_SHARE)] == []
