"""Bodies of the operations on a share, without sig_dev, and what the device signs (sections 3, 4 and HDR-2).

Each class has `encode` and a strict `decode`; layouts are fixed, so a wrong length is MalformedMessage.
"""

from typing import NamedTuple

from protocol.errors import DigestRefused, MalformedMessage
from protocol.reference.curve import SM2, Curve, Point, point_bytes, scalar_bytes
from protocol.reference.encoding import Reader, u8, u16, u64
from protocol.reference.ot_setup import Part1, Part2
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_SM2, Suite

MAX_ITEMS = 256
SIG_BYTES = 64


def body_hash(suite: Suite, op: int, unsigned: bytes) -> bytes:
    """HDR-2: hash of the body without sig_dev."""
    return suite.h("DEV/body", u8(op), unsigned)


def enc_hash(suite: Suite, enc: bytes) -> bytes:
    """HDR-2: hash of the encapsulated key as it stands in the envelope, 33 bytes."""
    return suite.h("DEV/enc", enc)


def device_message(suite: Suite, ctx: bytes, body: bytes, enc: bytes) -> bytes:
    """HDR-2: the 32 bytes the device key signs, from ctx and the two hashes above."""
    return suite.h("DEV/sig", ctx, body, enc)


def digest_number(e: bytes, curve: Curve = SM2) -> int:
    """ENC-3: reduced once, 0 refused."""
    value = int.from_bytes(e, "big") % curve.n
    if value == 0:
        raise DigestRefused("the digest is 0 modulo n")
    return value


def _count(reader: Reader) -> int:
    count = reader.number(2)
    if not 1 <= count <= MAX_ITEMS:
        raise MalformedMessage("N is 1 to 256")
    return count


def _point(reader: Reader) -> Point:
    return SM2.decode(reader.take(33))


def _proof(reader: Reader) -> Proof:
    return Proof.decode(SUITE_SM2, reader.take(64))


class SignRequest(NamedTuple):
    """N digests, 2·N nonce points and the proof (section 3.2)."""

    digests: tuple[bytes, ...]
    qa: tuple[Point, ...]
    qb: tuple[Point, ...]
    proof: Proof

    def encode(self) -> bytes:
        points = b"".join(SM2.encode(a) + SM2.encode(b) for a, b in zip(self.qa, self.qb, strict=True))
        return u16(len(self.digests)) + b"".join(self.digests) + points + self.proof.encode()

    @classmethod
    def decode(cls, data: bytes) -> "SignRequest":
        reader = Reader(data)
        count = _count(reader)
        digests = tuple(reader.take(32) for _ in range(count))
        for e in digests:
            digest_number(e)
        points = [_point(reader) for _ in range(2 * count)]
        message = cls(digests, tuple(points[::2]), tuple(points[1::2]), _proof(reader))
        reader.end()
        return message

    def statements(self) -> list[Point]:
        """Qa_1, Qb_1, …, Qa_N, Qb_N."""
        return [point for pair in zip(self.qa, self.qb, strict=True) for point in pair]


class SignItem(NamedTuple):
    """The server's part of one signature."""

    w2: Point
    r: int
    s1: int


class SignAnswer(NamedTuple):
    """One item per digest, in the order of the request."""

    items: tuple[SignItem, ...]

    def encode(self) -> bytes:
        parts = (SM2.encode(i.w2) + scalar_bytes(i.r) + scalar_bytes(i.s1) for i in self.items)
        return u16(len(self.items)) + b"".join(parts)

    @classmethod
    def decode(cls, data: bytes) -> "SignAnswer":
        reader = Reader(data)
        items = tuple(
            SignItem(_point(reader), SM2.scalar(reader.take(32)), SM2.scalar(reader.take(32)))
            for _ in range(_count(reader))
        )
        reader.end()
        return cls(items)


class DecryptRequest(NamedTuple):
    """N points and the proof (section 3.3)."""

    t1: tuple[Point, ...]
    proof: Proof

    def encode(self) -> bytes:
        return u16(len(self.t1)) + b"".join(map(SM2.encode, self.t1)) + self.proof.encode()

    @classmethod
    def decode(cls, data: bytes) -> "DecryptRequest":
        reader = Reader(data)
        points = tuple(_point(reader) for _ in range(_count(reader)))
        message = cls(points, _proof(reader))
        reader.end()
        return message


class DecryptAnswer(NamedTuple):
    """One point per item."""

    t2: tuple[Point, ...]

    def encode(self) -> bytes:
        return u16(len(self.t2)) + b"".join(map(SM2.encode, self.t2))

    @classmethod
    def decode(cls, data: bytes) -> "DecryptAnswer":
        reader = Reader(data)
        points = tuple(_point(reader) for _ in range(_count(reader)))
        reader.end()
        return cls(points)


class RefreshRequest(NamedTuple):
    """The phone's point and the proof of the current share (section 4.2)."""

    ep: Point
    proof: Proof

    def encode(self) -> bytes:
        return point_bytes(self.ep) + self.proof.encode()

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2) -> "RefreshRequest":
        reader = Reader(data)
        message = cls(suite.curve.decode(reader.take(33)), Proof.decode(suite, reader.take(64)))
        reader.end()
        return message


class RefreshAnswer(NamedTuple):
    """The server's point, the name of the new share and, for a P-256 key that signs, part 1 of its new set-up."""

    es: Point
    share_id: bytes
    nonce_s: bytes
    pending_expires_ms: int
    ots: Part1 | None = None

    def encode(self) -> bytes:
        fixed = point_bytes(self.es) + self.share_id + self.nonce_s + u64(self.pending_expires_ms)
        return fixed + (self.ots.encode() if self.ots else b"")

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2, *, with_ot: bool = False) -> "RefreshAnswer":
        reader = Reader(data)
        es, share_id, nonce_s = suite.curve.decode(reader.take(33)), reader.take(16), reader.take(32)
        message = cls(es, share_id, nonce_s, reader.number(8), Part1.take(reader) if with_ot else None)
        reader.end()
        return message


class ProofRequest(NamedTuple):
    """Body of CONFIRM, ADOPT and OT_SETUP: a proof, in CONFIRM and the second OT_SETUP with part 2 of a set-up."""

    proof: Proof
    ots: Part2 | None = None

    @property
    def ots_bytes(self) -> bytes:
        """Part 2, or nothing."""
        return self.ots.encode() if self.ots else b""

    def encode(self) -> bytes:
        return self.proof.encode() + self.ots_bytes

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2, *, with_ot: bool = False) -> "ProofRequest":
        reader = Reader(data)
        message = cls(Proof.decode(suite, reader.take(64)), Part2.take(reader) if with_ot else None)
        reader.end()
        return message


class SetupAnswer(NamedTuple):
    """Answer to the first OT_SETUP: 8480 bytes."""

    nonce_s: bytes
    ots: Part1

    def encode(self) -> bytes:
        return self.nonce_s + self.ots.encode()

    @classmethod
    def decode(cls, data: bytes) -> "SetupAnswer":
        reader = Reader(data)
        message = cls(reader.take(32), Part1.take(reader))
        reader.end()
        return message
