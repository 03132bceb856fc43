"""H, H2S and XOF (section 1.2)."""

import hashlib
from dataclasses import dataclass

from protocol.reference.curve import P256, SM2, Curve
from protocol.reference.encoding import tlv


def expand_message_xmd(hash_name: str, message: bytes, dst: bytes, length: int) -> bytes:
    """RFC 9380, section 5.3.1."""
    block_size, digest_size = hashlib.new(hash_name).block_size, hashlib.new(hash_name).digest_size
    tag = dst + bytes([len(dst)])
    first = hashlib.new(hash_name, bytes(block_size) + message + length.to_bytes(2, "big") + b"\0" + tag).digest()
    block, out = bytes(digest_size), b""
    for index in range(1, -(-length // digest_size) + 1):
        mixed = bytes(x ^ y for x, y in zip(first, block, strict=True))
        block = hashlib.new(hash_name, mixed + bytes([index]) + tag).digest()
        out += block
    return out[:length]


@dataclass(frozen=True)
class Suite:
    """A curve with its hash function."""

    name: str
    curve: Curve
    hash_name: str

    def dst(self, label: str) -> bytes:
        """Domain separation tag of a label."""
        return f"COSIGN-v1/{self.name}/{label}".encode("ascii")

    def h(self, label: str, *fields: bytes) -> bytes:
        """H(label, fields): 32 bytes."""
        return expand_message_xmd(self.hash_name, tlv(fields), self.dst(label), 32)

    def h2s(self, label: str, *fields: bytes) -> int:
        """H2S(label, fields): a number in [1, n-1]."""
        wide = expand_message_xmd(self.hash_name, tlv(fields), self.dst(label), 48)
        value = int.from_bytes(wide, "big") % self.curve.n
        return value or self.h2s(label, *fields, b"retry")

    def xof(self, label: str, length: int, *fields: bytes) -> bytes:
        """XOF(label, length, fields)."""
        return hashlib.shake_128(tlv([self.dst(label), *fields])).digest(length)


SUITE_SM2 = Suite("SM2", SM2, "sm3")
SUITE_P256 = Suite("P256", P256, "sha256")
SUITES = {suite.name: suite for suite in (SUITE_SM2, SUITE_P256)}
