"""P-256 with a public key, and the files others exchange (SEC 1, RFC 5480, RFC 9180, RFC 5753).

Public data only, as `protocol.sm2`: a signature is 64 bytes r‖s inside this project, a public key 33 bytes compressed.
"""

import hashlib
from typing import Final

from protocol import _core
from protocol._public_key import PublicKeyForms
from protocol.sm2 import signature_from_der, signature_to_der

__all__ = [
    "check_point",
    "compress",
    "digest",
    "encrypt",
    "public_key_from_der",
    "public_key_from_pem",
    "public_key_to_der",
    "public_key_to_pem",
    "signature_from_der",
    "signature_to_der",
    "uncompress",
    "verify",
    "verify_message",
]

_KEYS: Final = PublicKeyForms(
    "P256", bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"), "a P-256 key"
)
"""Prefix: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes: all but the point."""

check_point = _KEYS.check_point
uncompress = _KEYS.uncompress
compress = _KEYS.compress
public_key_to_der = _KEYS.public_key_to_der
public_key_from_der = _KEYS.public_key_from_der
public_key_to_pem = _KEYS.public_key_to_pem
public_key_from_pem = _KEYS.public_key_from_pem


def digest(message: bytes) -> bytes:
    """e = SHA-256(message): the 32 bytes that EC_SIGN takes (EC-1)."""
    return hashlib.sha256(message).digest()


def verify(pk: bytes, e: bytes, signature: bytes) -> None:
    """Verifies a 64-byte ECDSA signature r‖s over the digest `e`.

    Raises:
        BadSignature: It does not verify.
        MalformedScalar: r or s is not in [1, n-1].
        MalformedPoint, MalformedMessage: The key or a length is wrong.
    """
    _core.ecdsa_p256_verify(pk, e, signature)


def verify_message(pk: bytes, message: bytes, signature: bytes) -> None:
    """Verifies a 64-byte signature r‖s over a message. Raises like `verify`."""
    verify(pk, digest(message), signature)


def encrypt(pk: bytes, plaintext: bytes) -> bytes:
    """Encrypts for the holder of `pk` by HPKE base mode: enc (65) ‖ ciphertext ‖ tag (16). Raises MalformedPoint."""
    return _core.hpke_encrypt(pk, plaintext)
