"""P-256 with a public key, and the files others exchange (SEC 1, RFC 5480, RFC 9180, RFC 5753).

Public data only, as `protocol.sm2`: a signature is 64 bytes r‖s inside this project, a public key 33 bytes compressed.
"""

import hashlib
from typing import Final

from protocol import _core
from protocol._pem import pem, unpem
from protocol.errors import MalformedMessage
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

_SPKI_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 65 bytes: all but the point."""


def check_point(pk: bytes) -> None:
    """Accepts exactly the encodings of ENC-1: 33 bytes, prefix 02 or 03, on the curve. Raises MalformedPoint."""
    _core.point_check("P256", pk)


def uncompress(pk: bytes) -> bytes:
    """33 bytes to 65 bytes 04 ‖ x ‖ y. Raises MalformedPoint."""
    return _core.point_uncompressed("P256", pk)


def compress(point: bytes) -> bytes:
    """65 bytes 04 ‖ x ‖ y to 33 bytes. Raises MalformedPoint, also for a point off the curve."""
    return _core.point_compressed("P256", point)


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


def public_key_to_der(pk: bytes) -> bytes:
    """33-byte public key to a SubjectPublicKeyInfo (id-ecPublicKey, prime256v1)."""
    return _SPKI_PREFIX + uncompress(pk)


def public_key_from_der(der: bytes) -> bytes:
    """SubjectPublicKeyInfo of a P-256 key to its 33 bytes.

    Raises:
        MalformedMessage: Another key type, another curve given by OID, or not DER.
        MalformedPoint: Not a point of the curve.
    """
    if len(der) != len(_SPKI_PREFIX) + 65 or not der.startswith(_SPKI_PREFIX):
        raise MalformedMessage("not the SubjectPublicKeyInfo of a P-256 key")
    return compress(der[len(_SPKI_PREFIX) :])


def public_key_to_pem(pk: bytes) -> str:
    """33-byte public key to PEM text that OpenSSL reads. Raises MalformedPoint."""
    return pem(public_key_to_der(pk))


def public_key_from_pem(text: str) -> bytes:
    """PEM text to the 33-byte public key. Raises like `public_key_from_der`."""
    return public_key_from_der(unpem(text))
