"""`cosignd serve` on a machine whose wall clock is set while it runs: it is ahead by the seconds in a file.

    CLOCK_AHEAD=FILE python -m tests.end_to_end.shifted_server

Deadlines of calls are the transport's, which keeps its own time, and stay as they are.
"""

import datetime as dt
import os
import sys
import time
from pathlib import Path

from cosign.cli import cosignd
from cosign.clock import SystemClock
from cosign.server import conditions

_FILE = Path(os.environ["CLOCK_AHEAD"])


def ahead() -> float:
    """Seconds."""
    return float(_FILE.read_text())


class ShiftedClock(SystemClock):
    """The clock that was set."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead())

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + round(ahead() * 1000)


class ShiftedSteadyClock(conditions.SteadyClock):
    """Compares the clock that was set."""

    def __init__(self) -> None:
        super().__init__(wall=lambda: time.time() + ahead())


if __name__ == "__main__":
    from cosign.server.tls_floor import require_tls13

    require_tls13()
    from cosign.server import wiring

    for name, shifted in {"SystemClock": ShiftedClock, "SteadyClock": ShiftedSteadyClock}.items():
        setattr(wiring, name, shifted)
    sys.argv[1:] = ["serve"]
    cosignd.main()
