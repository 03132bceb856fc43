"""Transfer set-up of the reference: what the server ends with, and what a wrong message does (rows 83 and 84)."""

from collections.abc import Callable

import pytest

from protocol.errors import BadAnswer, MalformedMessage, MalformedPoint
from protocol.reference import ot_setup
from protocol.reference.curve import P256, Point, not_identity
from protocol.reference.encoding import Reader
from protocol.reference.ot_setup import Part1, Part2, PhoneSetup, ServerSetup, SetupFailed, all_leaves, xor
from tests.protocol.ec_world import base, scalar
from tests.protocol.world import ENTROPY

Change = Callable[[Part2], Part2]


@pytest.fixture(scope="module")
def server() -> ServerSetup:
    return ServerSetup(ENTROPY.fresh(32), scalar)


@pytest.fixture(scope="module")
def phone(server: ServerSetup) -> PhoneSetup:
    return PhoneSetup(server.otsid, server.part1, scalar)


def test_the_server_misses_exactly_the_leaf_of_delta(server: ServerSetup, phone: PhoneSetup) -> None:
    ot = server.finish(phone.part2)
    for j, (known, own) in enumerate(zip(ot.trees, all_leaves(server.otsid, phone.nodes), strict=True)):
        assert [x for x, leaf in enumerate(known) if leaf is None] == [ot.missing(j)]
        assert [leaf for leaf in known if leaf] == [leaf for x, leaf in enumerate(own) if x != ot.missing(j)]
    bits = [1 - server.choices[p ^ 1] for p in range(128)]
    assert ot.delta == sum(bit << p for p, bit in enumerate(bits))


def test_the_parts_have_the_sizes_of_the_specification(server: ServerSetup, phone: PhoneSetup) -> None:
    first, second = server.part1.encode(), phone.part2.encode()
    assert (len(first), len(second)) == (8_448, 14_592)
    assert Part1.take(Reader(first)) == server.part1
    assert Part2.take(Reader(second)) == phone.part2
    with pytest.raises(MalformedMessage):
        Part2.take(Reader(second[:-1]))
    with pytest.raises(MalformedPoint):
        Part1.take(Reader(bytes(33) + first[33:]))


def both(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    flip = b"\1" + bytes(15)
    return xor(pair[0], flip), xor(pair[1], flip)


def first_of(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (xor(values[0], b"\1" + bytes(31)), *values[1:])


WRONG: dict[str, Change] = {
    "tau": lambda part: part._replace(tau=(*part.tau[:5], both(part.tau[5]), *part.tau[6:])),
    "th": lambda part: part._replace(th=first_of(part.th)),
    "sh": lambda part: part._replace(sh=first_of(part.sh)),
    "Y": lambda part: part._replace(points=((base(3), base(4)), *part.points[1:])),
    "order": lambda part: part._replace(th=part.th[::-1], sh=part.sh[::-1]),
}


@pytest.mark.parametrize("name", WRONG)
def test_row_83_one_wrong_value_fails_the_set_up(server: ServerSetup, phone: PhoneSetup, name: str) -> None:
    with pytest.raises(SetupFailed):
        server.finish(WRONG[name](phone.part2))


def test_row_83_a_wrong_r_fails_the_set_up(server: ServerSetup) -> None:
    """The phone cannot see it; the keys differ and the server does."""
    changed = Part1(((base(3), base(4)), *server.part1.points[1:]))
    with pytest.raises(SetupFailed):
        server.finish(PhoneSetup(server.otsid, changed, scalar).part2)


def test_row_4_part_1_that_gives_the_identity_is_refused(server: ServerSetup) -> None:
    """R_{0,0} = -HC(0, 0, R_{0,1}) makes V_{0,0} = O."""
    right = base(3)
    bad = not_identity(P256.neg(ot_setup.mask_point(server.otsid, 0, 0, right)))
    with pytest.raises(BadAnswer, match="identity"):
        PhoneSetup(server.otsid, Part1(((bad, right), *server.part1.points[1:])), scalar)


@pytest.mark.parametrize("change", ["otsid", "i", "b", "R"])
def test_the_map_depends_on_every_input(change: str) -> None:
    given: dict[str, tuple[bytes, int, int, Point]] = {
        "": (b"a" * 32, 0, 0, base(2)),
        "otsid": (b"b" * 32, 0, 0, base(2)),
        "i": (b"a" * 32, 1, 0, base(2)),
        "b": (b"a" * 32, 0, 1, base(2)),
        "R": (b"a" * 32, 0, 0, base(3)),
    }
    assert ot_setup.mask_point(*given[""]) != ot_setup.mask_point(*given[change])
