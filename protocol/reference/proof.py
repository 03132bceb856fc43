"""Proof of knowledge of discrete logarithms (section 1.3)."""

from collections.abc import Sequence
from typing import NamedTuple

from protocol.errors import BadProof, MalformedMessage
from protocol.reference.curve import Point, not_identity, scalar_bytes
from protocol.reference.transcript import Suite


class Proof(NamedTuple):
    """Challenge c and response z."""

    c: int
    z: int

    def encode(self) -> bytes:
        """c ‖ z, 64 bytes."""
        return scalar_bytes(self.c) + scalar_bytes(self.z)

    @classmethod
    def decode(cls, suite: Suite, data: bytes) -> "Proof":
        """Strict: both scalars by ENC-2."""
        if len(data) != 64:
            raise MalformedMessage("a proof is 64 bytes")
        return cls(suite.curve.scalar(data[:32]), suite.curve.scalar(data[32:]))


def challenge(suite: Suite, label: str, ctx: bytes, statements: Sequence[Point], commitment: Point) -> int:
    """c = H2S(label, ctx, X1, …, Xm, A)."""
    encode = suite.curve.encode
    return suite.h2s(label, ctx, *map(encode, statements), encode(commitment))


def prove(suite: Suite, label: str, ctx: bytes, witness: Sequence[tuple[int, Point]], a: int) -> Proof:
    """POK-1 with the nonce `a`; the points of `witness` are given so that a cheating prover can be modelled."""
    curve = suite.curve
    c = challenge(suite, label, ctx, [point for _, point in witness], not_identity(curve.mul_base(a)))
    z, power = a, 1
    for x, _ in witness:
        power = power * c % curve.n
        z = (z + power * x) % curve.n
    return Proof(c, z)


def verify(suite: Suite, label: str, ctx: bytes, statements: Sequence[Point], proof: Proof) -> None:
    """POK-2. Raises BadProof."""
    curve = suite.curve
    if not (1 <= proof.c < curve.n and 1 <= proof.z < curve.n):
        raise BadProof("out of range")
    terms, power = [], 1
    for point in statements:
        power = power * proof.c % curve.n
        terms.append((-power, point))
    commitment = curve.combine(proof.z, terms)
    if commitment is None or challenge(suite, label, ctx, statements, commitment) != proof.c:
        raise BadProof("the proof does not verify")
