"""Plain SM2: digest, one-key signature, verification, encryption (GB/T 32918)."""

import hashlib

from protocol.errors import BadSignature, DecryptionFailed
from protocol.reference.curve import SM2, Point, not_identity, scalar_bytes

DEFAULT_ID = b"1234567812345678"


def sm3(*parts: bytes) -> bytes:
    """SM3 of the concatenation."""
    return hashlib.new("sm3", b"".join(parts)).digest()


def za(pk: Point, signer_id: bytes = DEFAULT_ID) -> bytes:
    """Z_A of GB/T 32918.2, section 5.5."""
    numbers = (SM2.a, SM2.b, SM2.g.x, SM2.g.y, pk.x, pk.y)
    return sm3((8 * len(signer_id)).to_bytes(2, "big"), signer_id, *map(scalar_bytes, numbers))


def digest(pk: Point, message: bytes, signer_id: bytes = DEFAULT_ID) -> bytes:
    """e = SM3(Z_A ‖ M), 32 bytes."""
    return sm3(za(pk, signer_id), message)


def sign(d: int, e: int, k: int) -> tuple[int, int]:
    """One-key signature with the nonce k."""
    r = (e + not_identity(SM2.mul_base(k)).x) % SM2.n
    return r, SM2.inv(1 + d) * (k - r * d) % SM2.n


def verify(pk: Point, e: int, r: int, s: int) -> None:
    """GB/T 32918.2, section 7.1. Raises BadSignature."""
    n = SM2.n
    if not (1 <= r < n and 1 <= s < n) or (r + s) % n == 0:
        raise BadSignature("out of range")
    point = SM2.combine(s, [(r + s, pk)])
    if point is None or (e + point.x) % n != r:
        raise BadSignature("the signature does not verify")


def kdf(shared: Point, length: int) -> bytes:
    """Key stream of GB/T 32918.4."""
    z = scalar_bytes(shared.x) + scalar_bytes(shared.y)
    return b"".join(sm3(z, i.to_bytes(4, "big")) for i in range(1, length // 32 + 2))[:length]


def encrypt(pk: Point, plaintext: bytes, k: int) -> tuple[Point, bytes, bytes]:
    """C1, C3, C2 with the nonce k."""
    c1, shared = not_identity(SM2.mul_base(k)), not_identity(SM2.mul(k, pk))
    stream = kdf(shared, len(plaintext))
    c2 = bytes(x ^ y for x, y in zip(plaintext, stream, strict=True))
    return c1, sm3(scalar_bytes(shared.x), plaintext, scalar_bytes(shared.y)), c2


def open_ciphertext(shared: Point | None, c3: bytes, c2: bytes) -> bytes:
    """Plaintext for K = d·C1. Raises DecryptionFailed, whatever is wrong."""
    if shared is None or not c2:
        raise DecryptionFailed("decryption failed")
    stream = kdf(shared, len(c2))
    plaintext = bytes(x ^ y for x, y in zip(c2, stream, strict=True))
    if not any(stream) or sm3(scalar_bytes(shared.x), plaintext, scalar_bytes(shared.y)) != c3:
        raise DecryptionFailed("decryption failed")
    return plaintext
