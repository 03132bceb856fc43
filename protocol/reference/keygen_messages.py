"""Messages M1 to M4 of key generation, without sig_dev (section 3.1)."""

from typing import NamedTuple

from protocol.reference.curve import SM2, Point
from protocol.reference.encoding import Reader, u64
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_SM2


class KeygenM1(NamedTuple):
    """Phone to server: commitment."""

    device_pub: bytes
    nonce_p: bytes
    com: bytes

    def encode(self) -> bytes:
        return self.device_pub + self.nonce_p + self.com

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

    def encode(self) -> bytes:
        return self.nonce_s + SM2.encode(self.p2) + self.pi2.encode()

    @classmethod
    def decode(cls, data: bytes) -> "KeygenM2":
        reader = Reader(data)
        message = cls(reader.take(32), SM2.decode(reader.take(33)), Proof.decode(SUITE_SM2, reader.take(64)))
        reader.end()
        return message


class KeygenM3(NamedTuple):
    """Phone to server: opening and proof."""

    p1: Point
    o: bytes
    pi1: Proof

    def encode(self) -> bytes:
        return SM2.encode(self.p1) + self.o + self.pi1.encode()

    @classmethod
    def decode(cls, data: bytes) -> "KeygenM3":
        reader = Reader(data)
        message = cls(SM2.decode(reader.take(33)), reader.take(32), Proof.decode(SUITE_SM2, reader.take(64)))
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
        return SM2.encode(self.pk) + self.share_id + self.sig_server + self.tau + u64(self.ctr)

    @classmethod
    def decode(cls, data: bytes) -> "KeygenM4":
        reader = Reader(data)
        message = cls(SM2.decode(reader.take(33)), reader.take(16), reader.take(64), reader.take(16), reader.number(8))
        reader.end()
        return message
