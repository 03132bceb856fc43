"""Attack: two blobs of one share whose seeds are masked alike, together with the server (PIN-6).

OT_SETUP renews the seeds and keeps share, salt and PIN. The server knows one node of every tree of either set-up. If
both sets are under one mask, the nodes it knows give it mask bytes, and where its choices differed between the set-ups
those uncover the other node: the whole tree, hence the phone's choices, hence the share, without one PIN guess. A mask
that depends on the set-up leaves the cost of the PIN function, as with a single blob.
"""

from collections.abc import Callable

from protocol.reference import ec_sign, pin, vole
from protocol.reference.curve import P256
from protocol.reference.ot_extension import expand, number
from protocol.reference.ot_setup import half_tree, xor
from tests.protocol.ec_world import DealtKey, dealt_key
from tests.protocol.world import ENTROPY

KEY_ID, SHARE_ID = "key-1", bytes(16)
Mask = Callable[[bytes, bytes], bytes]
"""(k_pin, otsid) to the mask."""


def one_mask(k_pin: bytes, _otsid: bytes) -> bytes:
    """Weakened: the mask of the share, whatever the set-up."""
    return pin.seed_mask(k_pin, KEY_ID, SHARE_ID)


def mask(k_pin: bytes, otsid: bytes) -> bytes:
    return pin.seed_mask(k_pin, KEY_ID, SHARE_ID, otsid)


def slices(seeds: bytes) -> list[bytes]:
    return [seeds[i : i + 16] for i in range(0, len(seeds), 16)]


def known_node(key: DealtKey, j: int) -> int:
    """OTS-6: the half of tree j whose node the server has."""
    return 1 - (key.ot.missing(j) >> 1)


def attack(old: DealtKey, new: DealtKey, blobs: tuple[bytes, bytes], request: ec_sign.PhoneEcSign) -> int | None:
    """The phone's share from the server's knowledge of both set-ups, both blobs and one request with the new seeds."""
    first, second = map(slices, blobs)
    for j in range(64):
        y, other = known_node(new, j), known_node(old, j)
        if y == other:
            continue
        mask_bytes = xor(first[2 * j + other], old.nodes[2 * j + other])
        nodes = {y: new.nodes[2 * j + y], other: xor(second[2 * j + other], mask_bytes)}
        leaves = half_tree(new.otsid, j, 0, nodes[0]) + half_tree(new.otsid, j, 1, nodes[1])
        x = number(request.request.ot.c[j])
        for index, leaf in enumerate(leaves):
            x ^= expand(request.sid, j, index, leaf)
        bits = [[x >> vole.XI * i + k & 1 for k in range(vole.XI)] for i in (0, 1)]
        y0, y1 = ((d + vole.inner(b)) % P256.n for d, b in zip(request.request.delta, bits, strict=True))
        return y1 * P256.inv(y0) % P256.n
    return None


def run(use: Mask) -> bool:
    """Whether the share falls; the nodes of either key that the server does not know are never used."""
    old, fresh = dealt_key(), dealt_key()
    new = DealtKey(old.sk_a, old.sk_b, fresh.otsid, fresh.nodes, fresh.delta)
    k_pin = ENTROPY.fresh(32)
    blobs = tuple(xor(b"".join(key.nodes), use(k_pin, key.otsid)) for key in (old, new))
    return attack(old, new, (blobs[0], blobs[1]), new.phone()) == old.sk_b


def test_the_attack_takes_the_share_when_one_mask_serves_two_set_ups() -> None:
    assert run(one_mask)


def test_a_mask_of_each_set_up_stops_it() -> None:
    assert not run(mask)
