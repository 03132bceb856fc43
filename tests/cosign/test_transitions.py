"""The one table of a state machine."""

import enum

import pytest

from cosign.errors import StateFault
from cosign.transitions import Transitions


class Light(enum.StrEnum):
    """States of a thing for these tests."""

    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


TABLE = Transitions("the light", Light, {Light.RED: {Light.GREEN}, Light.GREEN: {Light.RED, Light.GREEN, Light.BROKEN}})


def test_what_the_table_has_is_allowed() -> None:
    TABLE.check(Light.RED, Light.GREEN, StateFault)
    TABLE.check(Light.GREEN, Light.GREEN, StateFault)


@pytest.mark.parametrize("target", [Light.RED, Light.BROKEN])
def test_a_refusal_names_both_states(target: Light) -> None:
    with pytest.raises(StateFault, match=f"^the light is red and cannot become {target.value}$"):
        TABLE.check(Light.RED, target, StateFault)


def test_states_without_a_row_are_final() -> None:
    assert dict(TABLE) == {
        Light.RED: {Light.GREEN},
        Light.GREEN: {Light.RED, Light.GREEN, Light.BROKEN},
        Light.BROKEN: frozenset(),
    }
    assert TABLE.open == (Light.RED, Light.GREEN)
    for target in Light:
        with pytest.raises(StateFault):
            TABLE.check(Light.BROKEN, target, StateFault)


def test_sources_are_the_table_read_backwards() -> None:
    assert TABLE.sources(Light.GREEN) == (Light.RED, Light.GREEN)
    assert TABLE.sources(Light.BROKEN) == (Light.GREEN,)
