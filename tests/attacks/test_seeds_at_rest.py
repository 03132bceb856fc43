"""Attack: transfer seeds in the clear and one recorded request give the phone's share without PIN work (PIN-6).

From the leaves and C_0 follow the choice bits, from those and delta the inputs 1/kB and skB/kB, and their ratio is the
share. Under the mask every PIN gives seeds, and nothing tells the right ones.
"""

from protocol.reference import ec_sign, pin, vole
from protocol.reference.curve import P256
from protocol.reference.ot_extension import expand, number
from protocol.reference.ot_setup import all_leaves, xor
from tests.protocol.ec_world import DealtKey, dealt_key
from tests.protocol.world import ENTROPY

KEY_ID, SHARE_ID = "key-1", bytes(16)


def recovered(key: DealtKey, phone: ec_sign.PhoneEcSign, seeds: bytes) -> int:
    """What the attack takes for the phone's share."""
    nodes = [seeds[i : i + 16] for i in range(0, 2048, 16)]
    x = number(phone.request.ot.c[0])
    for index, leaf in enumerate(all_leaves(key.otsid, nodes)[0]):
        x ^= expand(phone.sid, 0, index, leaf)
    bits = [[x >> vole.XI * i + j & 1 for j in range(vole.XI)] for i in (0, 1)]
    y0, y1 = ((delta + vole.inner(beta)) % P256.n for delta, beta in zip(phone.request.delta, bits, strict=True))
    return y1 * P256.inv(y0) % P256.n


def test_the_attack_takes_the_share_from_seeds_in_the_clear() -> None:
    key = dealt_key()
    assert recovered(key, key.phone(), b"".join(key.nodes)) == key.sk_b


def test_row_82_masked_seeds_give_a_plausible_share_for_every_pin() -> None:
    key = dealt_key()
    phone, right = key.phone(), ENTROPY.fresh(32)
    stored = xor(b"".join(key.nodes), pin.seed_mask(right, KEY_ID, SHARE_ID, key.otsid))
    opened = [xor(stored, pin.seed_mask(k_pin, KEY_ID, SHARE_ID, key.otsid)) for k_pin in (right, ENTROPY.fresh(32))]
    assert recovered(key, phone, opened[0]) == key.sk_b
    assert recovered(key, phone, opened[1]) not in (0, key.sk_b)


def test_the_mask_belongs_to_one_set_up_of_one_share() -> None:
    """A mask used twice would give away the XOR of two sets of seeds."""
    k_pin, otsid = ENTROPY.fresh(32), ENTROPY.fresh(32)
    masks = {pin.seed_mask(k_pin, KEY_ID, share_id, otsid) for share_id in (SHARE_ID, b"\1" * 16)}
    masks |= {pin.seed_mask(k_pin, "key-2", SHARE_ID, otsid), pin.seed_mask(k_pin, KEY_ID, SHARE_ID, bytes(32))}
    assert len(masks) == 4
