"""Attack: a transfer set-up that keeps its choice bits over failed attempts, or serves another share (rows 83 and 84).

The phone spoils one of the two answers of a base transfer. If the server's choice bit is the other one, the set-up
succeeds all the same: every attempt tells one bit, which is harmless as long as every attempt draws new bits.
"""

import pytest

from protocol.reference.ot_setup import Part2, ServerSetup, SetupFailed
from tests.protocol.ec_world import base, scalar
from tests.protocol.recompute_ecdsa import fixed_scalar, setup_of
from tests.protocol.vectors import Vector
from tests.protocol.world import ENTROPY

BITS = 4
OTSID = Vector("ot_setup").inputs.raw("otsid")


def kept(tag: str, i: int, _retry: int) -> int:
    """Weakened: the secrets of a failed attempt are used again; those of the vectors, so that runs can be repeated."""
    return fixed_scalar(f"ots-{tag}{i}")


def spoilt(part2: Part2, i: int) -> Part2:
    """Y_{i,0} replaced."""
    pairs = list(part2.points)
    pairs[i] = (base(scalar()), pairs[i][1])
    return part2._replace(points=tuple(pairs))


def succeeds(server: ServerSetup, part2: Part2) -> bool:
    try:
        server.finish(part2)
    except SetupFailed:
        return False
    return True


def test_the_attack_reads_delta_when_choice_bits_are_kept() -> None:
    """One attempt per bit; the last one succeeds with the bits that the phone has read."""
    server, phone, _ = setup_of(OTSID)
    learnt = [int(succeeds(server, spoilt(phone.part2, i))) for i in range(BITS)]
    assert learnt == [kept("c", i, 0) & 1 for i in range(BITS)]


def test_row_83_every_attempt_draws_new_choice_bits() -> None:
    first, second = (ServerSetup(OTSID, scalar) for _ in range(2))
    assert first.choices != second.choices
    assert first.a != second.a


def test_row_84_part_2_of_another_set_up_is_refused() -> None:
    """The session id is in every hash: an honest part 2 fits one set-up, hence one share_id, and no other."""
    _, phone, _ = setup_of(OTSID)
    with pytest.raises(SetupFailed):
        ServerSetup(ENTROPY.fresh(32), kept).finish(phone.part2)
