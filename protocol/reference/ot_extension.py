"""SoftSpokenOT extension with k = 2 and its consistency check, both roles (section 6.3, EC-3 and EC-6).

Strings are numbers here: bit m of a byte string is bit m of the number (little-endian bytes), so XOR is `^`. A plane
has 1152 bits; row m of the result collects bit m of all 128 planes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from protocol.errors import BadProof
from protocol.reference.encoding import Reader, u8
from protocol.reference.ot_setup import TREES, ServerOt, Tree
from protocol.reference.transcript import SUITE_P256

PLANES, ROWS, PLANE_BYTES = 128, 1024, 144
_BLOCK = (1 << 128) - 1
_REDUCTION = 0x87

Planes = list[int]
XOF = SUITE_P256.xof


class OtCheckFailed(BadProof):
    """EC-6: the request is inconsistent. The set-up must be destroyed in the same commit (rule 11)."""


class OtMessage(NamedTuple):
    """C_0 … C_63 (9216 bytes), x~ (16) and t~_0 … t~_127 (2048)."""

    c: tuple[bytes, ...]
    x_tilde: bytes
    t_tilde: tuple[bytes, ...]

    def encode(self) -> bytes:
        return b"".join(self.c) + self.x_tilde + b"".join(self.t_tilde)

    @classmethod
    def take(cls, reader: Reader) -> "OtMessage":
        c = tuple(reader.take(PLANE_BYTES) for _ in range(TREES))
        return cls(c, reader.take(16), tuple(reader.take(16) for _ in range(PLANES)))


def number(data: bytes) -> int:
    """The number whose bit m is bit m of the string (ENC-5)."""
    return int.from_bytes(data, "little")


def gf_mul(left: int, right: int) -> int:
    """Product in GF(2^128), z^128 + z^7 + z^2 + z + 1; bit m is the coefficient of z^m."""
    product = 0
    while right:
        if right & 1:
            product ^= left
        right >>= 1
        left <<= 1
        if left >> 128:
            left ^= (1 << 128) | _REDUCTION
    return product


def check_hash(chi: Sequence[int], plane: int) -> int:
    """Hχ: the last block plus the sum of χ_m times block m."""
    total = plane >> 1024
    for m, factor in enumerate(chi):
        total ^= gf_mul(factor, plane >> 128 * m & _BLOCK)
    return total


def challenges(sid: bytes, c: Sequence[bytes]) -> list[int]:
    """χ_0 … χ_7, bound to every correction."""
    data = XOF("EC/chi", 128, sid, b"".join(c))
    return [number(data[i : i + 16]) for i in range(0, 128, 16)]


def expand(sid: bytes, j: int, x: int, leaf: bytes) -> int:
    """r_{j,x}."""
    return number(XOF("EC/prg", PLANE_BYTES, sid, u8(j), u8(x), leaf))


def rows(planes: Sequence[int]) -> list[bytes]:
    """T_m or Z_m: 1024 rows of 16 bytes from 128 planes."""
    texts = [f"{plane & (1 << ROWS) - 1:01024b}" for plane in reversed(planes)]
    columns = [int("".join(column), 2).to_bytes(16, "little") for column in zip(*texts, strict=True)]
    return columns[::-1]


Choose = Callable[[int, int], int]
"""(tree, x) to the choice string used in that tree: an honest phone uses x everywhere."""


def extend_phone(
    sid: bytes, trees: Sequence[Tree], x: bytes, choose: Choose = lambda _j, choice: choice
) -> tuple[OtMessage, list[bytes]]:
    """EC-3: the message and the rows T_m. `choose` models a phone that cheats in single trees."""
    corrections, planes, choice = [], Planes(), number(x)
    for j, leaves in enumerate(trees):
        r = [expand(sid, j, index, leaf) for index, leaf in enumerate(leaves)]
        planes += [r[1] ^ r[3], r[2] ^ r[3]]
        corrections.append((r[0] ^ r[1] ^ r[2] ^ r[3] ^ choose(j, choice)).to_bytes(PLANE_BYTES, "little"))
    chi = challenges(sid, corrections)
    tilde = [check_hash(chi, plane).to_bytes(16, "little") for plane in (choice, *planes)]
    return OtMessage(tuple(corrections), tilde[0], tuple(tilde[1:])), rows(planes)


def server_planes(sid: bytes, ot: ServerOt, c: Sequence[bytes]) -> Planes:
    """EC-6: z_p = w_p + Δ_p·C_{p>>1}."""
    planes = Planes()
    for j, leaves in enumerate(ot.trees):
        missing = ot.missing(j)
        known = {x ^ missing: expand(sid, j, x, leaf) for x, leaf in enumerate(leaves) if leaf is not None}
        for t in (0, 1):
            plane = number(c[j]) if missing >> t & 1 else 0
            for offset, r in known.items():
                plane ^= r if offset >> t & 1 else 0
            planes.append(plane)
    return planes


def extend_server(sid: bytes, ot: ServerOt, message: OtMessage) -> list[bytes]:
    """EC-6: the rows Z_m = T_m + x_m·Δ. Raises OtCheckFailed."""
    planes, chi = server_planes(sid, ot, message.c), challenges(sid, message.c)
    wrong, x_tilde = 0, number(message.x_tilde)
    for p, plane in enumerate(planes):
        expected = number(message.t_tilde[p]) ^ (x_tilde if ot.delta >> p & 1 else 0)
        wrong |= check_hash(chi, plane) ^ expected
    if wrong:
        raise OtCheckFailed("the extension is inconsistent")
    return rows(planes)
