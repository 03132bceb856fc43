"""Calls with a hard deadline: a module that hangs must not hang the server.

A call cannot be stopped, so it runs in one of a few threads of its own. When it is overdue its caller goes on, the
thread is given up and another takes its place, up to as many again; then every call is refused at once until one of
the lost threads comes back.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic
from typing import Final, Generic, TypeVar, cast

from hsm.ports import TokenBusy, TokenUnavailable

T = TypeVar("T")

_RETRY_MS: Final = 1_000
_BUSY_MS: Final = 200


class _Worker:
    """One thread; `lost` once a call in it is overdue."""

    __slots__ = ("lost",)

    def __init__(self) -> None:
        self.lost = False


class _Job(Generic[T]):
    """One call: taken by a thread or given up by its caller, never both."""

    __slots__ = ("_ticket", "begun", "done", "fault", "result", "work", "worker")

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.done = threading.Lock()
        self.done.acquire()
        self.result: T | None = None
        self.fault: BaseException | None = None
        self.worker: _Worker | None = None
        self.begun = monotonic()
        self._ticket = [None]

    def take(self) -> bool:
        """True for the first who asks."""
        try:
            self._ticket.pop()  # atomic
        except IndexError:
            return False
        return True

    def run(self, worker: _Worker) -> None:
        self.worker, self.begun = worker, monotonic()
        try:
            self.result = self.work()
        except BaseException as fault:
            self.fault = fault
        self.done.release()


class CallThreads:
    """A bounded number of threads for calls to one module. Safe to use from several threads."""

    def __init__(self, *, threads: int, waiting: int, deadline: float) -> None:
        """At most `threads` calls run and `waiting` more wait; a call waits and
        then runs for at most `deadline` seconds each."""
        self._size = threads
        self._room = threads + waiting
        self._deadline = deadline
        self._queue: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._inside = 0
        self._live = 0
        self._lost = 0
        self._closed = False
        with self._lock:
            for _ in range(threads):
                self._start()

    @property
    def lost(self) -> int:
        """Threads whose call is overdue."""
        return self._lost

    @property
    def inside(self) -> int:
        """Calls that run or wait."""
        return self._inside

    def call(self, work: Callable[[], T]) -> T:
        """Runs `work` in a thread and returns or raises what it does.

        Raises:
            TokenBusy: Too many calls wait, or none of the threads became free in time.
            TokenUnavailable: The call is overdue, or every thread hangs.
        """
        with self._lock:
            if self._closed:
                raise TokenUnavailable("the token is closed")
            if not self._live:
                raise TokenUnavailable("every call to the token hangs", retry_after_ms=_RETRY_MS)
            if self._inside >= self._room:
                raise TokenBusy("too many calls wait for the token", retry_after_ms=_BUSY_MS)
            self._inside += 1
        try:
            return self._wait(_Job(work))
        finally:
            with self._lock:
                self._inside -= 1

    def close(self) -> bool:
        """Lets the threads end. Returns whether none hangs."""
        with self._lock:
            self._closed = True
            for _ in range(self._live):
                self._queue.put(None)
            return not self._lost

    def _wait(self, job: _Job[T]) -> T:
        self._queue.put(cast("_Job[object]", job))
        if not job.done.acquire(timeout=self._deadline):
            if job.take():
                raise TokenBusy("no call to the token became free in time", retry_after_ms=_BUSY_MS)
            # Waiting for a thread is no hanging: the call itself has its whole time.
            left = max(0.0, job.begun + self._deadline - monotonic())
            if not job.done.acquire(timeout=left):
                self._give_up(job)
        if job.fault is not None:
            raise job.fault
        return cast("T", job.result)

    def _give_up(self, job: _Job[T]) -> None:
        with self._lock:
            if job.done.acquire(blocking=False):
                return
            if job.worker is not None:
                job.worker.lost = True
            self._live -= 1
            self._lost += 1
            if self._lost <= self._size:
                self._start()
        raise TokenUnavailable(f"the token did not answer within {self._deadline:g} s", retry_after_ms=_RETRY_MS)

    def _start(self) -> None:
        self._live += 1
        threading.Thread(target=self._serve, args=(_Worker(),), name="cosign-token", daemon=True).start()

    def _serve(self, worker: _Worker) -> None:
        while (job := self._queue.get()) is not None:
            if not job.take():
                continue
            job.run(worker)
            if worker.lost:
                break
        with self._lock:
            if not worker.lost:
                self._live -= 1
                return
            self._lost -= 1
            if self._live < self._size and not self._closed:
                self._start()
