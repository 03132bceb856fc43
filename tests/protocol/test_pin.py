"""PIN rules and cost of the PIN hash (PIN-1, PIN-7)."""

import pytest

from protocol import pin
from protocol.errors import MalformedMessage


@pytest.mark.parametrize("text", ["802417", "640219", "a pass phrase", "四季如春花开", "x1" * 4 + "z" * 56])
def test_ordinary_pins_are_accepted(text: str) -> None:
    pin.check(text)


@pytest.mark.parametrize(
    "text",
    ["", "12345", "80241", "x1" * 4 + "z" * 57, "123456", "654321", "111111", "121212", "123123", "520520", "password"],
)
def test_short_long_and_common_pins_are_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        pin.check(text)


def test_the_limits_are_those_of_the_check() -> None:
    assert (pin.MIN_LENGTH, pin.MAX_LENGTH) == (6, 64)
    text = "8024176391"
    pin.check(text[: pin.MIN_LENGTH])
    with pytest.raises(MalformedMessage):
        pin.check(text[: pin.MIN_LENGTH - 1])


@pytest.mark.parametrize(
    "cost",
    [{"memory_kib": 19 * 1024 - 1}, {"passes": 1}, {"lanes": 0}, {"memory_kib": 1 << 31}, {"passes": 1 << 20}],
)
def test_too_cheap_and_absurd_costs_are_refused(cost: dict[str, int]) -> None:
    with pytest.raises(MalformedMessage):
        pin.KdfParams(**cost)


def test_the_default_and_the_floor_are_accepted() -> None:
    pin.KdfParams()
    pin.KdfParams(memory_kib=19 * 1024, passes=2, lanes=1)
