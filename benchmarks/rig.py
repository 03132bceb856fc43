"""A server with its phones and, where asked for, its PostgreSQL, measured window by window."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.fleet import Fleet, Op, Task, Window
from benchmarks.results import Result
from benchmarks.service import MeasuredServer, pin, usage_of
from tests.support.postgres import Cluster

WARM_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One window."""

    window: Window
    items: int
    """Signatures or decryptions."""
    server_us: float
    """Processor time of `cosignd` per item, user and system."""
    database_us: float
    """The same of PostgreSQL; 0 without one."""

    @property
    def seconds_per_item(self) -> float:
        """Of the wall clock."""
        return self.window.seconds / self.items


class Rig:
    """Use as a context manager: phones are enrolled and warm when it is entered."""

    def __init__(
        self,
        server: MeasuredServer,
        postgres: Cluster | None = None,
        *,
        op: Op = "sign",
        batch: int = 1,
        phones: int,
        connections: int = 1,
        seconds: float,
    ) -> None:
        """`connections` are those of all phones together; `seconds` the length of a window."""
        self._server, self._postgres = server, postgres
        self._batch, self._seconds = batch, seconds
        self._fleet = Fleet(
            address=server.address,
            ca=server.ca,
            codes=server.codes(phones),
            op=op,
            batch=batch,
            processes=1,
            connections=connections,
        )

    def sample(self, task: Task | None = None) -> Sample:
        """Runs a window, in a closed loop unless `task` says otherwise. Raises RuntimeError if a request failed."""
        before, database = self._server.usage(), self._database_seconds()
        window = self._fleet.run(task or Task(self._seconds))
        after = self._server.usage()
        if window.errors or not window.latencies_ms:
            raise RuntimeError(f"the server refused requests: {dict(window.errors)}")
        items = len(window.latencies_ms) * self._batch
        return Sample(
            window,
            items,
            server_us=(after.cpu_seconds - before.cpu_seconds) * 1e6 / items,
            database_us=(self._database_seconds() - database) * 1e6 / items,
        )

    def samples(self, runs: int) -> list[Sample]:
        """Several windows, one after the other."""
        return [self.sample() for _ in range(runs)]

    def __enter__(self) -> "Rig":
        self._fleet.run(Task(min(self._seconds, WARM_UP_SECONDS)))
        return self

    def __exit__(self, *error: object) -> None:
        self._fleet.__exit__(*error)

    def _database_seconds(self) -> float:
        return 0.0 if self._postgres is None else usage_of(self._postgres.pid).cpu_seconds


def result(name: str, samples: Sequence[Sample], figure: Callable[[Sample], float]) -> Result:
    """One figure of every window, in microseconds."""
    return Result.of(name, [figure(sample) for sample in samples])


@contextmanager
def apart(server: MeasuredServer, *others: int) -> Iterator[None]:
    """Server and the processes `others` on the first processor, this process and its children on the rest.

    With one processor nothing is kept apart.
    """
    before = os.sched_getaffinity(0)
    first, *rest = sorted(before)
    if rest:
        server.pin({first})
        for pid in others:
            pin(pid, {first})
        os.sched_setaffinity(0, rest)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def missing(what: str, fault: FileNotFoundError) -> list[Result]:
    """No results, because a program is not installed."""
    print(f"bench: nothing on {what}: {fault}", file=sys.stderr)
    return []
