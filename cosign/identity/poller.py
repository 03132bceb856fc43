"""The background loop that asks providers for results: one thread that takes, some that ask, in every process."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cosign.identity.usecases.poll import ask_again, take_due
from cosign.identity.usecases.verification import Asked, Verification

AT_ONCE: Final = 4
"""Attempts that a process takes, and asks for, at once."""
PAUSE_SECONDS: Final = 5.0
"""Between two looks into the table while nothing is due."""


class Poller:
    """The loop of one process; several share the table."""

    def __init__(
        self,
        verification: Verification,
        *,
        asked: Callable[[str, Asked], None],
        failed: Callable[[Exception], None],
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        """`asked` hears of each question by provider and what became of it, `failed` of whatever went wrong."""
        self._verification = verification
        self._asked = asked
        self._failed = failed
        self._pause = pause_seconds
        self._stopping = threading.Event()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="cosign-identity-ask")
        self._thread = threading.Thread(target=self._run, name="cosign-identity-poll", daemon=True)

    def start(self) -> None:
        """Begins to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Takes nothing more and waits for the questions that run."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._threads.shutdown(wait=True)

    def turn(self) -> int:
        """Takes what is due, at most `AT_ONCE`, and asks for it; returns how many. Blocks.

        Raises:
            ConcurrentOperation, DatabaseUnavailable: Nothing was taken.
        """
        units, clock = self._verification.units, self._verification.clock
        if not units.read(lambda unit: unit.attempts.query_is_due(clock.now())):
            return 0
        after = self._verification.query_after
        taken = units.write(lambda unit: take_due(unit, after=after, limit=AT_ONCE, clock=clock))
        list(self._threads.map(self._ask, taken))
        return len(taken)

    def _ask(self, attempt_id: str) -> None:
        try:
            self._asked(*ask_again(self._verification, attempt_id))
        except Exception as fault:  # the others of the batch go on; this one is asked for at its next time
            self._failed(fault)

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = self._pause
            try:
                if self.turn():
                    pause = 0.0
            except Exception as fault:  # the loop outlives whatever is wrong with the database
                self._failed(fault)
