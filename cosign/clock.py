"""The clock port. Code that needs the time takes a `Clock`, so that tests can move it."""

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time."""

    def now(self) -> dt.datetime:
        """Present time, UTC, with time zone."""
        ...

    def now_ms(self) -> int:
        """Present time, ms since the Unix epoch."""
        ...


class SystemClock:
    """The clock of the operating system."""

    def now(self) -> dt.datetime:
        """Present time, UTC, with time zone."""
        return dt.datetime.now(dt.UTC)

    def now_ms(self) -> int:
        """Present time, ms since the Unix epoch."""
        return time.time_ns() // 1_000_000


def from_ms(ms: int) -> dt.datetime:
    """Turns ms since the Unix epoch into an aware UTC time."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def to_ms(moment: dt.datetime) -> int:
    """Turns an aware time into ms since the Unix epoch."""
    return round(moment.timestamp() * 1000)
