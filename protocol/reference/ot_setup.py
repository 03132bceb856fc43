"""Oblivious-transfer set-up of an ECDSA key, both roles (section 6.2, OTS-1 to OTS-7).

The server receives and the phone sends: 128 base transfers become 64 trees of four leaves, of which the server learns
three. Which one it misses is its secret Delta.

    server (Delta)                                          phone (nodes)
    OTS-1  choice bits c, R_{i,0}, R_{i,1}
                          -- part 1 -->
                                                 OTS-2  keys K_{i,b}
                                                 OTS-3  leaves, corrections tau
                                                 OTS-4  leaf hashes, th, sh
                          <-- part 2 --
    OTS-5 to OTS-7  three leaves per tree, checked
"""

from collections.abc import Sequence
from typing import NamedTuple

from protocol.errors import BadAnswer, BadProof
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.encoding import Reader, tlv, u8
from protocol.reference.hash_to_curve import hash_to_curve
from protocol.reference.hedge import PhoneSource, ServerSource
from protocol.reference.transcript import SUITE_P256

BASE, TREES, SEED_BYTES = 128, 64, 16
H, XOF = SUITE_P256.h, SUITE_P256.xof

Pair = tuple[Point, Point]
Tree = tuple[bytes, ...]
"""Four leaves of 16 bytes."""


class SetupFailed(BadProof):
    """OTS-7: part 2 is inconsistent."""


def xor(*strings: bytes) -> bytes:
    """XOR of strings of one length."""
    total = 0
    for string in strings:
        total ^= int.from_bytes(string, "big")
    return total.to_bytes(len(strings[0]), "big")


def setup_id(parent: bytes, nonce_s: bytes) -> bytes:
    """`otsid`; the parent is k1 of the key generation, or the ctx of REFRESH or OT_SETUP."""
    return H("OTS/sid", parent, nonce_s)


def mask_point(otsid: bytes, i: int, b: int, r: Point) -> Point:
    """HC(i, b, R)."""
    message = tlv([otsid, u8(i), u8(b), P256.encode(r)])
    return not_identity(hash_to_curve(message, SUITE_P256.dst("OTS/h2c")))


def base_key(otsid: bytes, i: int, b: int, points: tuple[Point, Point, Point]) -> bytes:
    """K_{i,b} from V, Y and the shared point."""
    return XOF("OTS/key", SEED_BYTES, otsid, u8(i), u8(b), *map(P256.encode, points))


def half_tree(otsid: bytes, j: int, y: int, node: bytes) -> tuple[bytes, bytes]:
    """OTS-3: leaves 2y and 2y+1 below one node."""
    both = XOF("OTS/tree", 2 * SEED_BYTES, otsid, u8(j), u8(y), node)
    return both[:SEED_BYTES], both[SEED_BYTES:]


def leaf_hash(otsid: bytes, j: int, x: int, leaf: bytes) -> bytes:
    """OTS-4: h_{j,x}."""
    return XOF("OTS/leaf", 32, otsid, u8(j), u8(x), leaf)


def tree_hash(otsid: bytes, j: int, hashes: Sequence[bytes]) -> bytes:
    """OTS-4: sh_j."""
    return H("OTS/tree-hash", otsid, u8(j), *hashes)


def all_leaves(otsid: bytes, nodes: Sequence[bytes]) -> tuple[Tree, ...]:
    """The phone's 64 trees from its 128 nodes."""
    pairs = (half_tree(otsid, i // 2, i % 2, node) for i, node in enumerate(nodes))
    return tuple(left + right for left, right in zip(pairs, pairs, strict=True))


class Part1(NamedTuple):
    """R_{i,0}, R_{i,1} for 128 transfers: 8448 bytes."""

    points: tuple[Pair, ...]

    def encode(self) -> bytes:
        return b"".join(P256.encode(point) for pair in self.points for point in pair)

    @classmethod
    def take(cls, reader: Reader) -> "Part1":
        return cls(_take_pairs(reader))


class Part2(NamedTuple):
    """Y_{i,0}, Y_{i,1}, the corrections and the hashes: 14592 bytes."""

    points: tuple[Pair, ...]
    tau: tuple[tuple[bytes, bytes], ...]
    th: tuple[bytes, ...]
    sh: tuple[bytes, ...]

    def encode(self) -> bytes:
        points = b"".join(P256.encode(point) for pair in self.points for point in pair)
        return points + b"".join(t for pair in self.tau for t in pair) + b"".join(self.th) + b"".join(self.sh)

    @classmethod
    def take(cls, reader: Reader) -> "Part2":
        points = _take_pairs(reader)
        tau = tuple((reader.take(SEED_BYTES), reader.take(SEED_BYTES)) for _ in range(TREES))
        th, sh = (tuple(reader.take(32) for _ in range(TREES)) for _ in range(2))
        return cls(points, tau, th, sh)


def _take_pairs(reader: Reader) -> tuple[Pair, ...]:
    return tuple((P256.decode(reader.take(33)), P256.decode(reader.take(33))) for _ in range(BASE))


class ServerOt(NamedTuple):
    """What the server keeps: Delta (bit p is bit p of this number) and the trees with one leaf missing in each."""

    delta: int
    trees: tuple[tuple[bytes | None, ...], ...]

    @property
    def delta_bytes(self) -> bytes:
        """Delta as a row of 16 bytes."""
        return self.delta.to_bytes(16, "little")

    def missing(self, j: int) -> int:
        """x*_j."""
        return self.delta >> 2 * j & 3


class ServerSetup:
    """OTS-1, OTS-5 to OTS-7."""

    def __init__(self, otsid: bytes, source: ServerSource) -> None:
        """Tags of `source`: c (its low bit is the choice), a and t, per transfer from 0."""
        self.otsid = otsid
        self.choices = [source("c", i, 0) & 1 for i in range(BASE)]
        self.a = [source("a", i, 0) for i in range(BASE)]
        self.part1 = Part1(tuple(self._masked_pair(i, source) for i in range(BASE)))

    def _masked_pair(self, i: int, source: ServerSource) -> Pair:
        """OTS-1."""
        retry, c = 0, self.choices[i]
        while True:
            other = not_identity(P256.mul_base(source("t", i, retry)))
            chosen = P256.sub(P256.mul_base(self.a[i]), mask_point(self.otsid, i, c, other))
            if chosen is not None:
                return (other, chosen) if c else (chosen, other)
            retry += 1

    def finish(self, part2: Part2) -> ServerOt:
        """Raises SetupFailed; the secrets of this set-up are then useless and a new one draws others."""
        keys = [self._key(i, part2.points[i][c]) for i, c in enumerate(self.choices)]
        delta, trees, right = 0, [], True
        for j in range(TREES):
            y, b = self.choices[2 * j : 2 * j + 2]
            missing = 2 * (1 - y) + (1 - b)
            leaves = self._leaves(j, keys, part2.tau[j])
            right &= self._consistent(j, missing, leaves, part2)
            trees.append(tuple(None if x == missing else leaf for x, leaf in enumerate(leaves)))
            delta |= missing << 2 * j
        if not right:
            raise SetupFailed("the trees are inconsistent")
        return ServerOt(delta, tuple(trees))

    def _key(self, i: int, y: Point) -> bytes:
        """OTS-5."""
        points = not_identity(P256.mul_base(self.a[i])), y, not_identity(P256.mul(self.a[i], y))
        return base_key(self.otsid, i, self.choices[i], points)

    def _leaves(self, j: int, keys: Sequence[bytes], tau: tuple[bytes, bytes]) -> list[bytes]:
        """OTS-6; the missing leaf is a placeholder."""
        y, b = self.choices[2 * j : 2 * j + 2]
        leaves = [bytes(SEED_BYTES)] * 4
        leaves[2 * y : 2 * y + 2] = half_tree(self.otsid, j, y, keys[2 * j])
        leaves[2 * (1 - y) + b] = xor(tau[b], keys[2 * j + 1], leaves[2 * y + b])
        return leaves

    def _consistent(self, j: int, missing: int, leaves: Sequence[bytes], part2: Part2) -> bool:
        """OTS-7."""
        hashes = [leaf_hash(self.otsid, j, x, leaf) for x, leaf in enumerate(leaves)]
        hashes[missing] = xor(part2.th[j], *(h for x, h in enumerate(hashes) if x != missing))
        return tree_hash(self.otsid, j, hashes) == part2.sh[j]


class PhoneSetup:
    """OTS-2 to OTS-4. `nodes` are the 128 seeds that the phone keeps, masked (PIN-6)."""

    def __init__(self, otsid: bytes, part1: Part1, source: PhoneSource) -> None:
        """Tags of `source`: y0 and y1, per transfer from 0. Raises BadAnswer."""
        self.otsid = otsid
        rows = [[self._key(i, b, pair, source) for b in (0, 1)] for i, pair in enumerate(part1.points)]
        points = tuple((row[0][0], row[1][0]) for row in rows)
        keys = [(row[0][1], row[1][1]) for row in rows]
        self.nodes = [key for pair in keys[::2] for key in pair]
        self.part2 = self._part2(points, keys)

    def _key(self, i: int, b: int, pair: Pair, source: PhoneSource) -> tuple[Point, bytes]:
        """OTS-2: Y_{i,b} and K_{i,b}."""
        v = P256.add(pair[b], mask_point(self.otsid, i, b, pair[1 - b]))
        if v is None:
            raise BadAnswer("part 1 gives the identity")
        secret = source(f"y{b}", i)
        y = not_identity(P256.mul_base(secret))
        return y, base_key(self.otsid, i, b, (v, y, not_identity(P256.mul(secret, v))))

    def _part2(self, points: tuple[Pair, ...], keys: Sequence[tuple[bytes, bytes]]) -> Part2:
        """OTS-3, OTS-4."""
        trees = all_leaves(self.otsid, self.nodes)
        tau, th, sh = [], [], []
        for j, leaves in enumerate(trees):
            low = keys[2 * j + 1]
            tau.append((xor(leaves[0], leaves[2], low[0]), xor(leaves[1], leaves[3], low[1])))
            hashes = [leaf_hash(self.otsid, j, x, leaf) for x, leaf in enumerate(leaves)]
            th.append(xor(*hashes))
            sh.append(tree_hash(self.otsid, j, hashes))
        return Part2(points, tuple(tau), tuple(th), tuple(sh))
