"""Two-party ECDH on P-256, both roles, with its DLEQ proof (section 6.6).

Z = a·(b·T). In mode AEAD the phone opens a ciphertext with Z and its tag decides; in mode RAW it gives Z away and every
item carries a proof that the server used its b on the point that was asked for.
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol.errors import BadAnswer, BadProof, MalformedMessage, MalformedPoint
from protocol.reference import proof
from protocol.reference.curve import P256, Point, not_identity, point_bytes, scalar_bytes
from protocol.reference.encoding import Reader, u8, u16
from protocol.reference.hedge import PhoneSource, ServerSource
from protocol.reference.messages import MAX_ITEMS
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256

AEAD, RAW = 0, 1


def context(header: bytes, mode: int, points: Sequence[Point], pk: Point) -> bytes:
    """ECDH-1."""
    count = u16(len(points))
    return SUITE_P256.h("ECDH/ctx", header, u8(mode), count, *map(point_bytes, points), point_bytes(pk))


class EcdhRequest(NamedTuple):
    """Mode, N peer points and the proof of the share."""

    mode: int
    points: tuple[Point, ...]
    proof: Proof

    def encode(self) -> bytes:
        points = b"".join(map(point_bytes, self.points))
        return u8(self.mode) + u16(len(self.points)) + points + self.proof.encode()

    @classmethod
    def decode(cls, data: bytes) -> "EcdhRequest":
        reader = Reader(data)
        mode, count = reader.number(1), reader.number(2)
        if mode not in (AEAD, RAW) or not 1 <= count <= MAX_ITEMS:
            raise MalformedMessage("mode or N out of range")
        points = tuple(P256.decode(reader.take(33)) for _ in range(count))
        message = cls(mode, points, Proof.decode(SUITE_P256, reader.take(64)))
        reader.end()
        return message


class EcdhAnswer(NamedTuple):
    """One point per item; in mode RAW one proof per item as well."""

    points: tuple[Point, ...]
    proofs: tuple[Proof, ...] = ()

    def encode(self) -> bytes:
        if not self.proofs:
            return u16(len(self.points)) + b"".join(map(point_bytes, self.points))
        items = zip(self.points, self.proofs, strict=True)
        return u16(len(self.points)) + b"".join(point_bytes(s) + shown.encode() for s, shown in items)

    @classmethod
    def decode(cls, data: bytes, mode: int) -> "EcdhAnswer":
        """In mode AEAD x-coordinates alone are allowed; either y gives the same Z."""
        reader = Reader(data)
        count = reader.number(2)
        if mode == AEAD and len(data) == 2 + 32 * count:
            return cls(tuple(_lifted(reader.take(32)) for _ in range(count)))
        points, proofs = [], []
        for _ in range(count):
            points.append(P256.decode(reader.take(33)))
            if mode == RAW:
                proofs.append(Proof.decode(SUITE_P256, reader.take(64)))
        reader.end()
        return cls(tuple(points), tuple(proofs))


def _lifted(data: bytes) -> Point:
    point = P256.lift_x(int.from_bytes(data, "big"), odd=False)
    if int.from_bytes(data, "big") >= P256.p or point is None:
        raise MalformedPoint("not an x-coordinate")
    return point


class DleqStatement(NamedTuple):
    """log_G(base) = log_T(result): B = b·G and S = b·T."""

    base: Point
    t: Point
    result: Point


def _challenge(ctx: bytes, index: int, statement: DleqStatement, left: Point | None, right: Point | None) -> int:
    points = map(P256.encode, (*statement, left, right))
    return SUITE_P256.h2s("ECDH/dleq", ctx, u16(index), *points)


def prove_dleq(ctx: bytes, index: int, b: int, statement: DleqStatement, kappa: int) -> Proof:
    """ECDH-3: the server's proof for item `index`, from 1, with the nonce `kappa`."""
    c = _challenge(ctx, index, statement, P256.mul_base(kappa), P256.mul(kappa, statement.t))
    return Proof(c, (kappa + c * b) % P256.n)


def verify_dleq(ctx: bytes, index: int, statement: DleqStatement, shown: Proof) -> None:
    """ECDH-3: the phone's check. Raises BadProof."""
    left = P256.combine(shown.z, [(-shown.c, statement.base)])
    right = P256.combine(0, [(shown.z, statement.t), (-shown.c, statement.result)])
    if left is None or right is None or _challenge(ctx, index, statement, left, right) != shown.c:
        raise BadProof("the DLEQ proof does not verify")


class PhoneEcdh:
    """ECDH-1 to ECDH-3, one request."""

    def __init__(
        self, header: bytes, mode: int, points: Sequence[Point], pk: Point, a: int, source: PhoneSource
    ) -> None:
        """Tag of `source`: pok."""
        self.mode, self.points, self.pk, self.a = mode, tuple(points), pk, a
        self.ctx = context(header, mode, points, pk)
        witness = [(a, not_identity(P256.mul_base(a)))]
        shown = proof.prove(SUITE_P256, "ECDH/pok", self.ctx, witness, source("pok", 0))
        self.request = EcdhRequest(mode, self.points, shown)

    def finish(self, answer: EcdhAnswer) -> list[bytes]:
        """Z of every item, 32 bytes; in mode RAW only if every proof holds. Raises BadAnswer."""
        proofs = len(self.points) if self.mode == RAW else 0
        if (len(answer.points), len(answer.proofs)) != (len(self.points), proofs):
            raise BadAnswer("another number of items or proofs")
        if self.mode == RAW:
            self.check_proofs(answer)
        return shared_secrets(answer, self.a)

    def check_proofs(self, answer: EcdhAnswer) -> None:
        """ECDH-3: B = inv(a)·P is recomputed, never taken from the answer."""
        base = not_identity(P256.mul(P256.inv(self.a), self.pk))
        try:
            for index, (t, s, shown) in enumerate(zip(self.points, answer.points, answer.proofs, strict=True), 1):
                verify_dleq(self.ctx, index, DleqStatement(base, t, s), shown)
        except BadProof:
            raise BadAnswer("an item is not b·T") from None


def shared_secrets(given: EcdhAnswer, a: int) -> list[bytes]:
    """ECDH-2: Z = x(a·S) of every item."""
    return [scalar_bytes(not_identity(P256.mul(a, s)).x) for s in given.points]


def check_request(ctx: bytes, request: EcdhRequest, a1: Point) -> None:
    """ECDH-1. Raises BadProof, which is the outcome WRONG."""
    proof.verify(SUITE_P256, "ECDH/pok", ctx, [a1], request.proof)


def answer(ctx: bytes, request: EcdhRequest, b: int, source: ServerSource) -> EcdhAnswer:
    """S_i = b·T_i, in mode RAW with proofs. The caller has run `check_request`. Tag of `source`: dleq."""
    results = tuple(not_identity(P256.mul(b, t)) for t in request.points)
    if request.mode == AEAD:
        return EcdhAnswer(results)
    base = not_identity(P256.mul_base(b))
    rows = enumerate(zip(request.points, results, strict=True), 1)
    return EcdhAnswer(
        results, tuple(prove_dleq(ctx, i, b, DleqStatement(base, t, s), source("dleq", i, 0)) for i, (t, s) in rows)
    )
