"""Body and answer of EC_SIGN, without sig_dev (section 6.3)."""

from typing import NamedTuple

from protocol.reference.curve import P256, Point, scalar_bytes
from protocol.reference.encoding import Reader
from protocol.reference.messages import digest_number
from protocol.reference.ot_extension import OtMessage
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256
from protocol.reference.vole import Multiplication


class EcSignRequest(NamedTuple):
    """One digest, the nonce point, the transfer message, two derandomisations and the proof: 11473 bytes."""

    e: bytes
    d: Point
    ot: OtMessage
    delta: tuple[int, int]
    proof: Proof

    @property
    def body_hash(self) -> bytes:
        """EC-4: every field that the proof must cover."""
        ot = self.ot
        fields = (P256.encode(self.d), b"".join(ot.c), ot.x_tilde, b"".join(ot.t_tilde))
        return SUITE_P256.h("EC/body", *fields, *map(scalar_bytes, self.delta))

    def encode(self) -> bytes:
        delta = b"".join(map(scalar_bytes, self.delta))
        return self.e + P256.encode(self.d) + self.ot.encode() + delta + self.proof.encode()

    @classmethod
    def decode(cls, data: bytes) -> "EcSignRequest":
        reader = Reader(data)
        e = reader.take(32)
        digest_number(e, P256)
        d, ot = P256.decode(reader.take(33)), OtMessage.take(reader)
        delta = P256.residue(reader.take(32)), P256.residue(reader.take(32))
        message = cls(e, d, ot, delta, Proof.decode(SUITE_P256, reader.take(64)))
        reader.end()
        return message


class EcSignAnswer(NamedTuple):
    """The server's part of one signature: 98689 bytes."""

    nonce_s: bytes
    r1: Point
    proof_r: Proof
    multiplications: tuple[Multiplication, Multiplication]
    eta_phi: int
    eta_sig: int

    def encode(self) -> bytes:
        instances = b"".join(instance.encode() for instance in self.multiplications)
        ends = scalar_bytes(self.eta_phi) + scalar_bytes(self.eta_sig)
        return self.nonce_s + P256.encode(self.r1) + self.proof_r.encode() + instances + ends

    @classmethod
    def decode(cls, data: bytes) -> "EcSignAnswer":
        reader = Reader(data)
        nonce_s, r1 = reader.take(32), P256.decode(reader.take(33))
        proof_r = Proof.decode(SUITE_P256, reader.take(64))
        instances = Multiplication.take(reader), Multiplication.take(reader)
        message = cls(nonce_s, r1, proof_r, instances, P256.residue(reader.take(32)), P256.residue(reader.take(32)))
        reader.end()
        return message
