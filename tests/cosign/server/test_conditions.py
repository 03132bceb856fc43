"""Clock and disk as the health monitor sees them."""

from pathlib import Path

import pytest

from cosign.server.conditions import HOLD_SECONDS, ClockJumped, DiskFull, SteadyClock, room_on_disk


class Clocks:
    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.monotonic = 100.0

    def run(self, seconds: float, *, jump: float = 0.0) -> None:
        self.wall += seconds + jump
        self.monotonic += seconds


@pytest.mark.parametrize("jump", [-3600.0, -6.0, 6.0, 86_400.0])
def test_a_jump_of_the_clock_holds_for_a_minute(jump: float) -> None:
    clocks = Clocks()
    steady = SteadyClock(wall=lambda: clocks.wall, monotonic=lambda: clocks.monotonic)
    clocks.run(5)
    steady.check()
    clocks.run(5, jump=jump)
    for _ in range(2):
        with pytest.raises(ClockJumped):
            steady.check()
    clocks.run(HOLD_SECONDS)
    steady.check()


def test_a_clock_that_is_corrected_slowly_is_steady() -> None:
    clocks = Clocks()
    steady = SteadyClock(wall=lambda: clocks.wall, monotonic=lambda: clocks.monotonic)
    for _ in range(100):
        clocks.run(5, jump=0.01)
        steady.check()


def test_room_on_the_disk(tmp_path: Path) -> None:
    room_on_disk(tmp_path)
    with pytest.raises(DiskFull):
        room_on_disk(tmp_path, least=1 << 62)
