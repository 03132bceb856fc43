"""HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180, sections 4 and 5)."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import EnvelopeInvalid
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes

KEM_ID, KDF_ID = 0x0010, 0x0001
_KEM_SUITE = b"KEM" + KEM_ID.to_bytes(2, "big")


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    """RFC 5869, section 2.2, SHA-256."""
    return hmac.digest(salt or bytes(32), ikm, hashlib.sha256)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, section 2.3, SHA-256."""
    out, block = b"", b""
    for index in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([index]), hashlib.sha256)
        out += block
    return out[:length]


def _extract(salt: bytes, suite: bytes, label: bytes, ikm: bytes) -> bytes:
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def _expand(prk: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, length)


def shared_secret(z: bytes, enc: Point, recipient: Point) -> bytes:
    """ExtractAndExpand of DHKEM over Z, the x-coordinate of the shared point."""
    context = P256.encode_uncompressed(enc) + P256.encode_uncompressed(recipient)
    prk = _extract(b"", _KEM_SUITE, b"eae_prk", z)
    return _expand(prk, _KEM_SUITE, b"shared_secret", context, 32)


class Aead(NamedTuple):
    """Identifier and key length; the protocol uses AES_256_GCM, published vectors AES_128_GCM."""

    number: int
    key_bytes: int

    @property
    def suite(self) -> bytes:
        """suite_id of the key schedule."""
        return b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (KEM_ID, KDF_ID, self.number))


AES_128_GCM = Aead(0x0001, 16)
AES_256_GCM = Aead(0x0002, 32)


@dataclass(frozen=True)
class Context:
    """Keys of one exchange; carries one message (sequence number 0)."""

    aead: Aead
    key: bytes
    base_nonce: bytes
    exporter_secret: bytes

    def seal(self, aad: bytes, plaintext: bytes) -> bytes:
        """Sender: the one message."""
        return AESGCM(self.key).encrypt(self.base_nonce, plaintext, aad)

    def open(self, aad: bytes, ciphertext: bytes) -> bytes:
        """Recipient: the one message. Raises EnvelopeInvalid."""
        try:
            return AESGCM(self.key).decrypt(self.base_nonce, ciphertext, aad)
        except InvalidTag:
            raise EnvelopeInvalid("the envelope cannot be opened") from None

    def export(self, context: bytes, length: int) -> bytes:
        """RFC 9180, section 5.3."""
        return _expand(self.exporter_secret, self.aead.suite, b"sec", context, length)


def schedule(shared: bytes, info: bytes, aead: Aead = AES_256_GCM) -> Context:
    """KeySchedule in base mode."""
    suite = aead.suite
    psk_id_hash = _extract(b"", suite, b"psk_id_hash", b"")
    context = b"\0" + psk_id_hash + _extract(b"", suite, b"info_hash", info)
    secret = _extract(shared, suite, b"secret", b"")
    return Context(
        aead,
        _expand(secret, suite, b"key", context, aead.key_bytes),
        _expand(secret, suite, b"base_nonce", context, 12),
        _expand(secret, suite, b"exp", context, 32),
    )


def encapsulate(ephemeral: int, recipient: Point) -> tuple[Point, bytes]:
    """Encap with a given ephemeral secret: (enc, shared_secret)."""
    enc = not_identity(P256.mul_base(ephemeral))
    dh = not_identity(P256.mul(ephemeral, recipient))
    return enc, shared_secret(scalar_bytes(dh.x), enc, recipient)


def decapsulate(secret: int, enc: Point) -> bytes:
    """Decap: shared_secret."""
    dh = not_identity(P256.mul(secret, enc))
    return shared_secret(scalar_bytes(dh.x), enc, not_identity(P256.mul_base(secret)))
