"""Two-party ECDH on P-256 and its DLEQ proof; the core has no such operation yet, vectors and one attack use it."""

from typing import NamedTuple

from protocol.errors import BadProof
from protocol.reference.curve import P256, Point
from protocol.reference.encoding import u16
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256


class DleqStatement(NamedTuple):
    """log_G(base) = log_T(result): B = b·G and S = b·T."""

    base: Point
    t: Point
    result: Point


def _challenge(ctx: bytes, index: int, statement: DleqStatement, left: Point | None, right: Point | None) -> int:
    points = map(P256.encode, (*statement, left, right))
    return SUITE_P256.h2s("ECDH/dleq", ctx, u16(index), *points)


def prove_dleq(ctx: bytes, index: int, b: int, statement: DleqStatement, kappa: int) -> Proof:
    """The server's proof for item `index` with the nonce `kappa`."""
    c = _challenge(ctx, index, statement, P256.mul_base(kappa), P256.mul(kappa, statement.t))
    return Proof(c, (kappa + c * b) % P256.n)


def verify_dleq(ctx: bytes, index: int, statement: DleqStatement, proof: Proof) -> None:
    """The phone's check. Raises BadProof."""
    left = P256.combine(proof.z, [(-proof.c, statement.base)])
    right = P256.combine(0, [(proof.z, statement.t), (-proof.c, statement.result)])
    if left is None or right is None or _challenge(ctx, index, statement, left, right) != proof.c:
        raise BadProof("the DLEQ proof does not verify")
