"""Two transactions that meet on PostgreSQL, in an order that does not depend on the speed of the machine."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from cosign.store.unit_of_work import writing
from cosign.store.wire import wire_of

Work = Callable[[Connection], Any]

_SECONDS: Final = 60.0
"""Nothing takes that long; a test that gets there fails."""
_LOOK_SECONDS: Final = 0.005
_WAITING: Final = text("SELECT count(*) FROM pg_stat_activity WHERE :first = ANY(pg_blocking_pids(pid))")


def meet(engine: Engine, first: Work, second: Work) -> tuple[Any, Any]:
    """Runs both at once and returns what each returned or raised.

    The second one begins when the first has done everything but its commit, so it sees what was before; the first
    commits when the second has ended or waits for it.
    """
    results: list[Any] = [None, None]
    ended = threading.Event()

    def run(place: int, work: Work, before_commit: Callable[[int], None]) -> None:
        try:
            with writing(engine) as connection:
                # A machine that stands still for a while must not end the wait.
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                wire_of(connection).deadline_seconds = _SECONDS
                backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
                results[place] = work(connection)
                before_commit(backend)
        except Exception as fault:
            results[place] = fault

    def run_second() -> None:
        run(1, second, lambda _: None)
        ended.set()

    thread = threading.Thread(target=run_second)

    def let_second_come(first_backend: int) -> None:
        thread.start()
        limit = time.monotonic() + _SECONDS
        with engine.connect() as watcher:
            while not ended.wait(_LOOK_SECONDS) and _waiters(watcher, first_backend) == 0:
                watcher.rollback()
                assert time.monotonic() < limit, "the second one neither ended nor waits"

    run(0, first, let_second_come)
    if thread.ident is not None:
        thread.join(_SECONDS)
        assert not thread.is_alive()
    return results[0], results[1]


def _waiters(watcher: Connection, backend: int) -> int:
    return int(watcher.execute(_WAITING, {"first": backend}).scalar_one())
