"""ECDSA P-256 with SHA-256-sized digests: device key and identity key (PIN-8, HDR-2, KG-5)."""

import hashlib
import hmac
from collections.abc import Iterator

from protocol.errors import BadSignature
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes


def sign(secret: int, digest: bytes) -> bytes:
    """64 bytes r‖s with the deterministic nonce of RFC 6979."""
    e = int.from_bytes(digest, "big")
    for k in _nonces(secret, digest):
        r = not_identity(P256.mul_base(k)).x % P256.n
        s = P256.inv(k) * (e + r * secret) % P256.n
        if r and s:
            return scalar_bytes(r) + scalar_bytes(s)
    raise AssertionError


def verify(public: Point, digest: bytes, signature: bytes) -> None:
    """Raises BadSignature."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not (1 <= r < P256.n and 1 <= s < P256.n):
        raise BadSignature("out of range")
    w = P256.inv(s)
    point = P256.combine(int.from_bytes(digest, "big") * w, [(r * w, public)])
    if point is None or point.x % P256.n != r:
        raise BadSignature("the signature does not verify")


def _nonces(secret: int, digest: bytes) -> Iterator[int]:
    """RFC 6979, section 3.2, HMAC-SHA-256."""
    seed = scalar_bytes(secret) + scalar_bytes(int.from_bytes(digest, "big") % P256.n)
    key, value = bytes(32), b"\1" * 32
    for marker in (b"\0", b"\1"):
        key = _mac(key, value + marker + seed)
        value = _mac(key, value)
    while True:
        value = _mac(key, value)
        k = int.from_bytes(value, "big")
        if 1 <= k < P256.n:
            yield k
        key = _mac(key, value + b"\0")
        value = _mac(key, value)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)
