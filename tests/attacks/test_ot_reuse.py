"""Attack: a transfer set-up that keeps its choice bits over failed attempts, or serves another share (rows 83 and 84).

The phone spoils one of the two answers of a base transfer. If the server's choice bit is the other one, the set-up
succeeds all the same: every attempt tells one bit, which is harmless as long as every attempt draws new bits.
"""

import pytest

from protocol.reference.hedge import ServerSource
from protocol.reference.ot_setup import Part2, PhoneSetup, ServerSetup, SetupFailed
from tests.protocol.ec_world import base, scalar
from tests.protocol.world import ENTROPY

BITS = 4


def fixed_source() -> ServerSource:
    """Weakened: the secrets of a failed attempt are used again."""
    drawn: dict[tuple[str, int, int], int] = {}
    return lambda tag, i, retry: drawn.setdefault((tag, i, retry), scalar())


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
    otsid, source = ENTROPY.fresh(32), fixed_source()
    server = ServerSetup(otsid, source)
    part2 = PhoneSetup(otsid, server.part1, scalar).part2
    learnt = [int(succeeds(server, spoilt(part2, i))) for i in range(BITS)]
    again = ServerSetup(ENTROPY.fresh(32), source)
    assert learnt == again.choices[:BITS]


def test_row_83_every_attempt_draws_new_choice_bits() -> None:
    first, second = (ServerSetup(ENTROPY.fresh(32), scalar) for _ in range(2))
    assert first.choices != second.choices
    assert first.a != second.a


def test_row_84_part_2_of_another_set_up_is_refused() -> None:
    """The session id is in every hash: an honest part 2 fits one set-up, hence one share_id, and no other."""
    source = fixed_source()
    one, other = (ServerSetup(ENTROPY.fresh(32), source) for _ in range(2))
    part2 = PhoneSetup(one.otsid, one.part1, scalar).part2
    one.finish(part2)
    with pytest.raises(SetupFailed):
        other.finish(part2)
