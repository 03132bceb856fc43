"""The two groups: SM2 and P-256, with strict encodings (section 1.1)."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from protocol.errors import MalformedPoint, MalformedScalar


class Point(NamedTuple):
    """Affine coordinates. The identity is None wherever a `Point | None` is allowed."""

    x: int
    y: int


Jacobian = tuple[int, int, int]
"""(X, Y, Z) stands for (X/Z², Y/Z³); Z = 0 is the identity."""

_IDENTITY: Jacobian = (1, 1, 0)
_WINDOW = 4


class Curve:
    """y² = x³ - 3x + b over p, group order n, cofactor 1."""

    def __init__(self, name: str, p: int, b: int, g: Point, n: int) -> None:
        self.name, self.p, self.a, self.b, self.g, self.n = name, p, p - 3, b, g, n

    # Jacobian arithmetic

    def _double(self, point: Jacobian) -> Jacobian:
        x, y, z = point
        p = self.p
        if z == 0 or y == 0:
            return _IDENTITY
        zz, yy = z * z % p, y * y % p
        s = 4 * x * yy % p
        m = 3 * (x - zz) * (x + zz) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def _add(self, left: Jacobian, right: Jacobian) -> Jacobian:
        p = self.p
        if left[2] == 0:
            return right
        if right[2] == 0:
            return left
        z1, z2 = left[2] * left[2] % p, right[2] * right[2] % p
        u1, u2 = left[0] * z2 % p, right[0] * z1 % p
        s1, s2 = left[1] * z2 * right[2] % p, right[1] * z1 * left[2] % p
        h, r = (u2 - u1) % p, (s2 - s1) % p
        if h == 0:
            return self._double(left) if r == 0 else _IDENTITY
        hh = h * h % p
        hhh, v = h * hh % p, u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, h * left[2] * right[2] % p

    def _affine(self, point: Jacobian) -> Point | None:
        if point[2] == 0:
            return None
        zi = pow(point[2], -1, self.p)
        zz = zi * zi % self.p
        return Point(point[0] * zz % self.p, point[1] * zz * zi % self.p)

    def _multiples(self, point: Point) -> list[Jacobian]:
        row = [_IDENTITY, (point.x, point.y, 1)]
        while len(row) < 1 << _WINDOW:
            row.append(self._add(row[-1], row[1]))
        return row

    @cached_property
    def _base_rows(self) -> list[list[Jacobian]]:
        rows, point = [], self.g
        for _ in range(256 // _WINDOW):
            rows.append(self._multiples(point))
            point = not_identity(self._affine(self._add(rows[-1][-1], rows[-1][1])))
        return rows

    # the group

    def mul_base(self, k: int) -> Point | None:
        """k·G."""
        return self._affine(self._mul_base(k))

    def _mul_base(self, k: int) -> Jacobian:
        total, k = _IDENTITY, k % self.n
        for index, row in enumerate(self._base_rows):
            total = self._add(total, row[k >> (_WINDOW * index) & 15])
        return total

    def mul(self, k: int, point: Point | None) -> Point | None:
        """k·point."""
        return None if point is None else self.combine(0, [(k, point)])

    def combine(self, g: int, terms: Sequence[tuple[int, Point]]) -> Point | None:
        """g·G + Σ k·point."""
        rows = [(k % self.n, self._multiples(point)) for k, point in terms]
        total = _IDENTITY
        for shift in range(256 - _WINDOW, -1, -_WINDOW):
            for _ in range(_WINDOW):
                total = self._double(total)
            for k, row in rows:
                total = self._add(total, row[k >> shift & 15])
        return self._affine(self._add(total, self._mul_base(g)))

    def add(self, left: Point | None, right: Point | None) -> Point | None:
        """left + right, complete."""
        if left is None or right is None:
            return left if right is None else right
        return self._affine(self._add((*left, 1), (*right, 1)))

    def neg(self, point: Point | None) -> Point | None:
        """-point."""
        return None if point is None else Point(point.x, -point.y % self.p)

    def sub(self, left: Point | None, right: Point | None) -> Point | None:
        """left - right."""
        return self.add(left, self.neg(right))

    def inv(self, x: int) -> int:
        """x^-1 modulo n."""
        return pow(x, -1, self.n)

    # encodings

    def contains(self, x: int, y: int) -> bool:
        """Whether (x, y) satisfies the curve equation."""
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x**3 - self.a * x - self.b) % self.p == 0

    def lift_x(self, x: int, *, odd: bool) -> Point | None:
        """The point with this x and this parity of y, or None when there is none."""
        square = (x**3 + self.a * x + self.b) % self.p
        y = pow(square, (self.p + 1) // 4, self.p)
        if y * y % self.p != square:
            return None
        return Point(x, y if y & 1 == odd else self.p - y)

    def encode(self, point: Point | None) -> bytes:
        """ENC-1: 33 bytes. The identity has no encoding."""
        return point_bytes(not_identity(point))

    def decode(self, data: bytes) -> Point:
        """ENC-1, strict."""
        x = int.from_bytes(data[1:], "big")
        if len(data) != 33 or data[0] not in (2, 3) or x >= self.p:
            raise MalformedPoint("not a compressed point")
        point = self.lift_x(x, odd=data[0] == 3)
        if point is None:
            raise MalformedPoint("not on the curve")
        return point

    def encode_uncompressed(self, point: Point) -> bytes:
        """04 ‖ x ‖ y, 65 bytes."""
        return b"\4" + scalar_bytes(point.x) + scalar_bytes(point.y)

    def decode_uncompressed(self, data: bytes) -> Point:
        """04 ‖ x ‖ y, strict."""
        x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
        if len(data) != 65 or data[0] != 4 or not self.contains(x, y):
            raise MalformedPoint("not an uncompressed point of the curve")
        return Point(x, y)

    def scalar(self, data: bytes) -> int:
        """ENC-2: 32 bytes in [1, n-1]."""
        value = int.from_bytes(data, "big")
        if len(data) != 32 or not 1 <= value < self.n:
            raise MalformedScalar("not a scalar in [1, n-1]")
        return value

    def residue(self, data: bytes) -> int:
        """32 bytes in [0, n-1], for the values of section 6.3 that may be 0."""
        value = int.from_bytes(data, "big")
        if len(data) != 32 or value >= self.n:
            raise MalformedScalar("not a number below n")
        return value


def point_bytes(point: Point) -> bytes:
    """ENC-1, the same on both curves."""
    return bytes([2 + (point.y & 1)]) + scalar_bytes(point.x)


def not_identity(point: Point | None) -> Point:
    """Refuses the identity where the specification demands a point."""
    if point is None:
        raise MalformedPoint("the identity")
    return point


def scalar_bytes(value: int) -> bytes:
    """32 bytes, big-endian."""
    return value.to_bytes(32, "big")


SM2 = Curve(
    "SM2",
    p=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    g=Point(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    ),
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
)
P256 = Curve(
    "P256",
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    g=Point(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
)
