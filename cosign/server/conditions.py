"""Conditions of the machine that a server needs: a steady clock and room on the disk. Only health asks for them."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

JUMP_SECONDS: Final = 5.0
"""How far the wall clock may run away from the monotonic one between two looks."""
HOLD_SECONDS: Final = 60.0
"""For so long after a jump the service is not ready: the clock may jump again."""
LEAST_FREE_BYTES: Final = 64 << 20
"""Less room in the state folder stops commits, heads and logs soon."""


class ClockJumped(Exception):
    """The wall clock was set while the server ran; expiry of requests depends on it (CLONE-1)."""


class DiskFull(Exception):
    """The state folder has no room left."""


class SteadyClock:
    """A check for the health monitor; compares the clocks at every call."""

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._difference = wall() - monotonic()
        self._jumped_at: float | None = None

    def check(self) -> None:
        """Raises ClockJumped for a minute after a jump."""
        now = self._monotonic()
        difference = self._wall() - now
        if abs(difference - self._difference) > JUMP_SECONDS:
            self._jumped_at = now
        self._difference = difference
        if self._jumped_at is not None and now - self._jumped_at < HOLD_SECONDS:
            raise ClockJumped("the clock of this machine was set")


def room_on_disk(folder: Path, least: int = LEAST_FREE_BYTES) -> None:
    """A check for the health monitor.

    Raises:
        DiskFull: Less than `least` bytes are free.
    """
    stats = os.statvfs(folder)
    if stats.f_bavail * stats.f_frsize < least:
        raise DiskFull(f"{folder} has no room left")
