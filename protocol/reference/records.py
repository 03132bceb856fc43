"""Plaintexts of sealed records and the software token's key file (sections 5.1, 8.1 and 8.2).

Tests use them to look into what the native core exports, and to give it records with known content.
"""

import secrets
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import SealBroken
from protocol.reference.curve import SM2, Point, scalar_bytes
from protocol.reference.encoding import read_tlv, tlv, u8, u16
from protocol.reference.ot_setup import ServerOt
from protocol.reference.pin import KdfParams

_VERSION = u16(1)
_KEK_MAGIC = b"COSIGN-v1/kek".ljust(16, b"\0")


class ShareRecord(NamedTuple):
    """The server's share v2 (or b) with the phone's point P1 (or A1), and the transfer set-up of a key that has one."""

    share: int
    point: Point
    ot: ServerOt | None = None

    def encode(self) -> bytes:
        """Section 8.1."""
        return tlv([_VERSION, scalar_bytes(self.share), SM2.encode(self.point)])

    @classmethod
    def decode(cls, data: bytes) -> "ShareRecord":
        version, share, point = read_tlv(data, 3)
        if version != _VERSION:
            raise SealBroken("unknown record version")
        return cls(SM2.scalar(share), SM2.decode(point))


@dataclass(frozen=True, kw_only=True)
class Blob:
    """The phone's blob (PIN-4)."""

    key_id: str
    share_id: bytes
    purpose: int
    b_blob: int
    salt: bytes
    cost: KdfParams
    pk: Point

    def encode(self) -> bytes:
        """TLV with the record kind behind the version."""
        return tlv(
            [
                _VERSION,
                b"blob",
                self.key_id.encode(),
                self.share_id,
                b"SM2",
                u8(self.purpose),
                scalar_bytes(self.b_blob),
                self.salt,
                self.cost.encode(),
                SM2.encode(self.pk),
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> "Blob":
        fields = read_tlv(data, 10)
        if fields[:2] != [_VERSION, b"blob"] or fields[4] != b"SM2":
            raise SealBroken("not the blob of an SM2 key")
        memory, passes, lanes = (int.from_bytes(fields[8][i : i + 4], "big") for i in (0, 4, 8))
        return cls(
            key_id=fields[2].decode(),
            share_id=fields[3],
            purpose=fields[5][0],
            b_blob=SM2.scalar(fields[6]),
            salt=fields[7],
            cost=KdfParams(memory, passes, lanes),
            pk=SM2.decode(fields[9]),
        )


def device_record(secret: int) -> bytes:
    """Plaintext of a device key (PIN-8)."""
    return tlv([_VERSION, b"device", scalar_bytes(secret)])


@dataclass(frozen=True)
class Kek:
    """One AES-256-GCM key-encryption key with a known value."""

    key: bytes

    def file(self) -> bytes:
        """Content of a key file: magic ‖ key ‖ check value."""
        return _KEK_MAGIC + self.key + self.check_value()

    def check_value(self) -> bytes:
        """First 3 bytes of AES-256-ECB(0^16)."""
        encryptor = Cipher(algorithms.AES256(self.key), modes.ECB()).encryptor()  # noqa: S305 (defined so)
        return encryptor.update(bytes(16))[:3]

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """iv ‖ ciphertext ‖ tag."""
        iv = secrets.token_bytes(12)
        return iv + AESGCM(self.key).encrypt(iv, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """Inverse of `seal`."""
        return AESGCM(self.key).decrypt(sealed[:12], sealed[12:], aad)
