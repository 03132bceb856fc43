"""Messages M1 to M4 of key generation, without sig_dev (section 3.1).

A P-256 key that signs has the two parts of its transfer set-up in M2 and M3.
"""

from typing import NamedTuple

from protocol.reference.curve import Point, point_bytes
from protocol.reference.encoding import Reader, u64
from protocol.reference.ot_setup import Part1, Part2
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_SM2, Suite


class KeygenM1(NamedTuple):
    """Phone to server: commitment. `in_token` asks for a server share in the token (HSM-3)."""

    device_pub: bytes
    nonce_p: bytes
    com: bytes
    in_token: bool = False

    def encode(self) -> bytes:
        return self.device_pub + self.nonce_p + self.com + (b"\1" if self.in_token else b"")

    @classmethod
    def decode(cls, data: bytes) -> "KeygenM1":
        reader = Reader(data)
        message = cls(reader.take(33), reader.take(32), reader.take(32))
        reader.end()
        return message


class KeygenM2(NamedTuple):
    """Server to phone: the server's point and its proof."""

    nonce_s: bytes
    p2: Point
    pi2: Proof
    ots: Part1 | None = None

    def encode(self) -> bytes:
        return self.nonce_s + point_bytes(self.p2) + self.pi2.encode() + (self.ots.encode() if self.ots else b"")

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2, *, with_ot: bool = False) -> "KeygenM2":
        reader = Reader(data)
        nonce_s, p2 = reader.take(32), suite.curve.decode(reader.take(33))
        message = cls(nonce_s, p2, Proof.decode(suite, reader.take(64)), Part1.take(reader) if with_ot else None)
        reader.end()
        return message


class KeygenM3(NamedTuple):
    """Phone to server: opening and proof."""

    p1: Point
    o: bytes
    pi1: Proof
    ots: Part2 | None = None

    def encode(self) -> bytes:
        return point_bytes(self.p1) + self.o + self.pi1.encode() + (self.ots.encode() if self.ots else b"")

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2, *, with_ot: bool = False) -> "KeygenM3":
        reader = Reader(data)
        p1, o = suite.curve.decode(reader.take(33)), reader.take(32)
        message = cls(p1, o, Proof.decode(suite, reader.take(64)), Part2.take(reader) if with_ot else None)
        reader.end()
        return message


class KeygenM4(NamedTuple):
    """Server to phone: the joint key and its statement."""

    pk: Point
    share_id: bytes
    sig_server: bytes
    tau: bytes
    ctr: int

    def encode(self) -> bytes:
        return point_bytes(self.pk) + self.share_id + self.sig_server + self.tau + u64(self.ctr)

    @classmethod
    def decode(cls, data: bytes, suite: Suite = SUITE_SM2) -> "KeygenM4":
        reader = Reader(data)
        pk, share_id, signature = suite.curve.decode(reader.take(33)), reader.take(16), reader.take(64)
        message = cls(pk, share_id, signature, reader.take(16), reader.number(8))
        reader.end()
        return message
