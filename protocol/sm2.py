"""SM2 with a public key, and the files others exchange (GB/T 32918, GM/T 0009, GM/T 0015).

Public data only: digests, verification, encryption, and conversions between the forms in use. Inside this project a
signature is 64 bytes r‖s, a ciphertext C1 (65, uncompressed) ‖ C3 (32) ‖ C2, a public key 33 bytes compressed.
"""

from typing import Final

from protocol import _core
from protocol._der import OCTET_STRING, SEQUENCE, Reader, element, integer
from protocol._public_key import PublicKeyForms
from protocol.errors import MalformedMessage

__all__ = [
    "DEFAULT_ID",
    "check_point",
    "ciphertext_from_c1c2c3",
    "ciphertext_from_der",
    "ciphertext_to_c1c2c3",
    "ciphertext_to_der",
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
    "za",
]

DEFAULT_ID: Final = b"1234567812345678"
"""Signer id of GB/T 32918 when parties agree on none."""

_KEYS: Final = PublicKeyForms(
    "SM2", bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200"), "an SM2 key"
)
"""Prefix: SEQUENCE { SEQUENCE { id-ecPublicKey, 1.2.156.10197.1.301 }, BIT STRING of 65 bytes: all but the point."""

_C1, _C3 = 65, 32

check_point = _KEYS.check_point
uncompress = _KEYS.uncompress
compress = _KEYS.compress
public_key_to_der = _KEYS.public_key_to_der
public_key_from_der = _KEYS.public_key_from_der
public_key_to_pem = _KEYS.public_key_to_pem
public_key_from_pem = _KEYS.public_key_from_pem


def za(pk: bytes, signer_id: bytes = DEFAULT_ID) -> bytes:
    """Z_A of GB/T 32918.2, section 5.5: 32 bytes.

    Raises:
        MalformedPoint: `pk` is not a point.
        MalformedMessage: `signer_id` is longer than 8191 bytes.
    """
    return _core.sm2_za(pk, signer_id)


def digest(pk: bytes, message: bytes, signer_id: bytes = DEFAULT_ID) -> bytes:
    """e = SM3(Z_A ‖ message): the 32 bytes that SIGN takes (SIGN-1). Raises like `za`."""
    return _core.sm2_digest(pk, message, signer_id)


def verify(pk: bytes, e: bytes, signature: bytes) -> None:
    """Verifies a 64-byte signature r‖s over the digest `e` (GB/T 32918.2, section 7.1).

    Raises:
        BadSignature: It does not verify, or r + s is 0.
        MalformedScalar: r or s is not in [1, n-1].
        MalformedPoint, MalformedMessage: The key or a length is wrong.
    """
    _core.sm2_verify(pk, e, signature)


def verify_message(pk: bytes, message: bytes, signature: bytes, signer_id: bytes = DEFAULT_ID) -> None:
    """Verifies a 64-byte signature r‖s over a message. Raises like `verify`."""
    verify(pk, digest(pk, message, signer_id), signature)


def encrypt(pk: bytes, plaintext: bytes) -> bytes:
    """Encrypts for the holder of `pk` (GB/T 32918.4): C1 (65) ‖ C3 (32) ‖ C2 (as long as the plaintext).

    Raises:
        MalformedPoint: `pk` is not a point.
        MalformedMessage: The plaintext is empty.
    """
    return _core.sm2_encrypt(pk, plaintext)


def signature_to_der(signature: bytes) -> bytes:
    """64 bytes r‖s to SEQUENCE { INTEGER r, INTEGER s } (GM/T 0009, section 7.3)."""
    if len(signature) != 64:
        raise MalformedMessage("a signature is 64 bytes")
    return element(SEQUENCE, integer(signature[:32]) + integer(signature[32:]))


def signature_from_der(der: bytes) -> bytes:
    """SEQUENCE { INTEGER r, INTEGER s } to 64 bytes r‖s.

    Raises:
        MalformedMessage: Not this structure, not DER, or a number wider than 32 bytes.
    """
    outer = Reader(der)
    inner = Reader(outer.element(SEQUENCE))
    outer.end()
    signature = inner.integer(32) + inner.integer(32)
    inner.end()
    return signature


def _split(ciphertext: bytes) -> tuple[bytes, bytes, bytes]:
    """C1 (65), C3 (32) and C2 of a ciphertext in the order of this project, C1 compressed or not."""
    size = 33 if ciphertext[:1] in (b"\2", b"\3") else _C1
    if len(ciphertext) <= size + _C3:
        raise MalformedMessage("ciphertext is too short")
    c1 = ciphertext[:size]
    return (uncompress(c1) if size == 33 else c1), ciphertext[size : size + _C3], ciphertext[size + _C3 :]


def ciphertext_to_der(ciphertext: bytes) -> bytes:
    """C1 ‖ C3 ‖ C2 to SEQUENCE { INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 } (GM/T 0009, section 7.2)."""
    c1, c3, c2 = _split(ciphertext)
    compress(c1)
    fields = integer(c1[1:33]) + integer(c1[33:]) + element(OCTET_STRING, c3) + element(OCTET_STRING, c2)
    return element(SEQUENCE, fields)


def ciphertext_from_der(der: bytes) -> bytes:
    """The structure above to C1 (65) ‖ C3 ‖ C2.

    Raises:
        MalformedMessage: Not this structure, not DER, C3 not 32 bytes, or C2 empty.
        MalformedPoint: (x, y) is not on the curve.
    """
    outer = Reader(der)
    inner = Reader(outer.element(SEQUENCE))
    outer.end()
    c1 = b"\4" + inner.integer(32) + inner.integer(32)
    c3, c2 = inner.element(OCTET_STRING), inner.element(OCTET_STRING)
    inner.end()
    if len(c3) != _C3 or not c2:
        raise MalformedMessage("C3 is 32 bytes and C2 is not empty")
    compress(c1)
    return c1 + c3 + c2


def ciphertext_to_c1c2c3(ciphertext: bytes) -> bytes:
    """C1 ‖ C3 ‖ C2 to the order of GM/T 0003-2012 and older software, C1 ‖ C2 ‖ C3, C1 uncompressed."""
    c1, c3, c2 = _split(ciphertext)
    return c1 + c2 + c3


def ciphertext_from_c1c2c3(ciphertext: bytes) -> bytes:
    """C1 ‖ C2 ‖ C3 to C1 (65) ‖ C3 ‖ C2. The two orders cannot be told apart: only C3 shows a wrong guess."""
    c1, first, rest = _split(ciphertext)
    tail = first + rest
    return c1 + tail[-_C3:] + tail[:-_C3]
