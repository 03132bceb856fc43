"""HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (RFC 9180, sections 4 and 5)."""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import EnvelopeInvalid
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes

KEM_ID, KDF_ID, AEAD_ID = 0x0010, 0x0001, 0x0002
_KEM_SUITE = b"KEM" + KEM_ID.to_bytes(2, "big")
_HPKE_SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (KEM_ID, KDF_ID, AEAD_ID))


def _extract(salt: bytes, suite: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(prk: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    out, block = b"", b""
    for index in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + labelled + bytes([index]), hashlib.sha256)
        out += block
    return out[:length]


def _shared_secret(dh: Point, enc: Point, recipient: Point) -> bytes:
    context = P256.encode_uncompressed(enc) + P256.encode_uncompressed(recipient)
    prk = _extract(b"", _KEM_SUITE, b"eae_prk", scalar_bytes(dh.x))
    return _expand(prk, _KEM_SUITE, b"shared_secret", context, 32)


@dataclass(frozen=True)
class Context:
    """Keys of one exchange; carries one message (sequence number 0)."""

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
        return _expand(self.exporter_secret, _HPKE_SUITE, b"sec", context, length)


def _schedule(shared_secret: bytes, info: bytes) -> Context:
    psk_id_hash = _extract(b"", _HPKE_SUITE, b"psk_id_hash", b"")
    info_hash = _extract(b"", _HPKE_SUITE, b"info_hash", info)
    context = b"\0" + psk_id_hash + info_hash
    secret = _extract(shared_secret, _HPKE_SUITE, b"secret", b"")
    return Context(
        _expand(secret, _HPKE_SUITE, b"key", context, 32),
        _expand(secret, _HPKE_SUITE, b"base_nonce", context, 12),
        _expand(secret, _HPKE_SUITE, b"exp", context, 32),
    )


def sender(ephemeral: int, recipient: Point, info: bytes) -> tuple[Point, Context]:
    """SetupBaseS with a given ephemeral secret: (enc, context)."""
    enc = not_identity(P256.mul_base(ephemeral))
    dh = not_identity(P256.mul(ephemeral, recipient))
    return enc, _schedule(_shared_secret(dh, enc, recipient), info)


def recipient(secret: int, enc: Point, info: bytes) -> Context:
    """SetupBaseR."""
    dh = not_identity(P256.mul(secret, enc))
    return _schedule(_shared_secret(dh, enc, not_identity(P256.mul_base(secret))), info)
