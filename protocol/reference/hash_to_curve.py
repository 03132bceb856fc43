"""RFC 9380 P256_XMD:SHA-256_SSWU_RO_, for the transfer set-up of ECDSA keys (section 6.2)."""

from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.transcript import expand_message_xmd

_Z = -10


def hash_to_curve(message: bytes, dst: bytes) -> Point | None:
    """A point whose discrete logarithm nobody knows."""
    uniform = expand_message_xmd("sha256", message, dst, 96)
    halves = (int.from_bytes(uniform[i : i + 48], "big") % P256.p for i in (0, 48))
    left, right = map(_simplified_swu, halves)
    return P256.add(left, right)


def _simplified_swu(u: int) -> Point:
    """RFC 9380, section 6.6.2."""
    p, a, b = P256.p, P256.a, P256.b
    square = _Z * u * u % p
    tv1 = (square * square + square) % p
    x1 = -b * pow(a, -1, p) * (1 + pow(tv1, -1, p)) % p if tv1 else b * pow(_Z * a, -1, p) % p
    odd = bool(u & 1)
    return not_identity(P256.lift_x(x1, odd=odd) or P256.lift_x(square * x1 % p, odd=odd))
