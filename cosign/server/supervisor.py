"""`cosignd serve --workers N`: starts, watches, replaces and stops worker processes.

::

    supervisor ── lock of the state folder, bound port, metrics endpoint; no gRPC, no database, no token
        ├── worker in slot 0 ── node `node_id/0`, its own listener on the same port (SO_REUSEPORT)
        └── worker in slot 1 ── …

    SIGTERM, SIGINT   every worker drains; exit 0
    SIGHUP            one worker after the other: a new one reads the configuration again, and when it serves the old
                      one drains. Certificates are read again without a signal.
    a worker ends     a new one takes its place, after a delay that doubles while it keeps ending; none does if the
                      configuration or its token was refused (exit status 3), until SIGHUP. The last one takes the
                      supervisor with it.

Workers are made by exec, so that gRPC and the token's module are loaded in them only. Each holds the read end of a
pipe whose write end only the supervisor has: when the supervisor dies, the pipe ends and the worker drains.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cosign.server.logging import Logger

SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD})
REFUSED: Final = 3
"""Exit status of a program that no restart mends: every further try may cost the token one of its PIN attempts."""
READY_SECONDS: Final = 120.0
"""A worker that does not serve by then is killed."""
FIRST_DELAY_SECONDS: Final = 0.5
LONGEST_DELAY_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A worker that ran for so long may be replaced without delay."""
KILL_MARGIN_SECONDS: Final = 10.0
"""Beyond the drain time: then a worker is killed."""
_TICK_SECONDS: Final = 0.1
_PIPE_BYTES: Final = 4096


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Around a supervisor and every thread of its process, which inherits this: `sigtimedwait` alone takes signals."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkersFailed(Exception):
    """A worker ended before it served and no other is left or to be started; its own message says why."""

    def __init__(self, ended: "Sequence[Worker]") -> None:
        """`status` is the exit status for the program."""
        super().__init__()
        self.status = REFUSED if any(worker.process.returncode == REFUSED for worker in ended) else 1


class Launch(Protocol):
    """Makes the command of a worker."""

    def __call__(self, slot: int, *, ready_fd: int, lifeline_fd: int) -> Sequence[str]: ...


@dataclass(slots=True, eq=False)
class Worker:
    """One worker process."""

    slot: int
    process: "subprocess.Popen[bytes]"
    ready_fd: int
    """Read end; the worker writes one line of JSON when it serves."""
    lifeline_fd: int
    """Write end; nothing is ever written."""
    since: float = field(default_factory=time.monotonic)
    metrics_port: int = 0
    serves: bool = False
    ending_since: float | None = None
    """When it was told to drain."""


class Supervisor:
    """Runs on the main thread within `signals_blocked`; `run` returns when every worker has ended after SIGTERM or
    SIGINT."""

    def __init__(
        self,
        *,
        workers: int,
        launch: Launch,
        inherited: Sequence[int],
        drain_seconds: float,
        check: Callable[[], object],
        serving: Callable[[], None],
        log: Logger,
    ) -> None:
        """Nothing is started yet.

        Args:
            workers: How many, at least 1.
            launch: Command of a worker.
            inherited: Descriptors that workers get as they are: the lock of the state folder, memory for limits.
            drain_seconds: How long a worker may take to drain.
            check: Before a reload; raises when the new configuration is no good.
            serving: Told once, when all workers serve for the first time.
            log: Where facts go.
        """
        self._count = workers
        self._launch = launch
        self._inherited = tuple(inherited)
        self._drain_seconds = drain_seconds
        self._check = check
        self._serving = serving
        self._log = log
        self.workers: list[Worker] = []
        """Those that run, in the order they were started."""
        self.restarts = 0
        self._to_replace: deque[Worker] = deque()
        self._replacement: Worker | None = None
        self._failures = 0
        self._refused = False
        self._next_start = 0.0
        self._stopping = False

    def run(self) -> None:
        """Serves until a signal ends it.

        Raises:
            WorkersFailed: At the start, or when the last worker was refused.
        """
        try:
            self._start_all()
            self._serving()
            while not self._stopping or self.workers:
                self._turn()
        finally:
            self._kill_all()

    def _start_all(self) -> None:
        """The first worker alone, as it may have to make schema and keys; then the others together."""
        for group in (1, self._count - 1):
            for _ in range(group):
                self._start()
            while not self._stopping and any(not worker.serves for worker in self.workers):
                self._handle(signal.sigtimedwait(SIGNALS, _TICK_SECONDS))
                self._read_ready()
                ended = self._reap()
                if ended and not self._stopping:
                    raise WorkersFailed(ended)

    def _turn(self) -> None:
        self._handle(signal.sigtimedwait(SIGNALS, _TICK_SECONDS))
        self._read_ready()
        ended = self._reap()
        self._note_ends(ended)
        self._kill_late()
        if self._stopping:
            return
        if self._refused and not self.workers:
            raise WorkersFailed(ended)
        self._go_on_with_reload()
        now = time.monotonic()
        lacking = self._count - sum(worker.ending_since is None for worker in self.workers)
        if lacking > 0 and not self._refused and self._replacement is None and now >= self._next_start:
            try:
                self._start()
                self.restarts += 1
            except OSError as fault:
                self._log.error("worker_not_started", exc_info=fault, seconds=self._back_off())

    def _handle(self, info: "signal.struct_siginfo | None") -> None:
        if info is None:
            return
        if info.si_signo in (signal.SIGTERM, signal.SIGINT):
            self._stopping = True
            self._to_replace.clear()
            for worker in self.workers:
                self._drain(worker)
        elif info.si_signo == signal.SIGHUP and not self._stopping:
            self._begin_reload()

    def _begin_reload(self) -> None:
        try:
            self._check()
        except Exception as fault:
            self._log.error("reload_refused", exc_info=fault)
            return
        self._log.info("reloading", count=len(self.workers))
        self._refused = False
        self._to_replace = deque(worker for worker in self.workers if worker.ending_since is None)

    def _go_on_with_reload(self) -> None:
        new = self._replacement
        if new is not None and new.serves:
            self._replacement = None
            if self._to_replace:
                self._drain(self._to_replace.popleft())
        while self._to_replace and self._to_replace[0] not in self.workers:
            self._to_replace.popleft()  # it has ended by itself; its successor is new already
        if self._to_replace and self._replacement is None:
            try:
                self._replacement = self._start()
            except OSError as fault:
                self._log.error("reload_failed", exc_info=fault)
                self._to_replace.clear()

    def _start(self) -> Worker:
        """Raises OSError when memory, processes or descriptors have run out; nothing is left open then."""
        slot = min(set(range(2 * self._count + 1)) - {worker.slot for worker in self.workers})
        with contextlib.ExitStack() as handed_down, contextlib.ExitStack() as kept:
            ready_read, ready_write = os.pipe()
            kept.callback(os.close, ready_read)
            handed_down.callback(os.close, ready_write)
            lifeline_read, lifeline_write = os.pipe()
            kept.callback(os.close, lifeline_write)
            handed_down.callback(os.close, lifeline_read)
            os.set_blocking(ready_read, False)
            command = self._launch(slot, ready_fd=ready_write, lifeline_fd=lifeline_read)
            # Signals stay blocked in the child until it is ready for them; a new process group keeps a Ctrl+C of
            # the terminal from reaching workers past the supervisor.
            process = subprocess.Popen(
                list(command),
                pass_fds=(ready_write, lifeline_read, *self._inherited),
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
            kept.pop_all()
        worker = Worker(slot, process, ready_read, lifeline_write)
        self.workers.append(worker)
        return worker

    def _read_ready(self) -> None:
        waiting = {worker.ready_fd: worker for worker in self.workers if not worker.serves}
        readable, _, _ = select.select(list(waiting), [], [], 0)
        for descriptor in readable:
            line = os.read(descriptor, _PIPE_BYTES)
            if line:
                worker = waiting[descriptor]
                worker.metrics_port = int(json.loads(line)["metrics_port"])
                worker.serves = True
                self._log.info("worker_serves", count=worker.slot)

    def _reap(self) -> list[Worker]:
        """Takes ended workers off the list and returns them."""
        ended = [worker for worker in self.workers if worker.process.poll() is not None]
        for worker in ended:
            self.workers.remove(worker)
            os.close(worker.ready_fd)
            os.close(worker.lifeline_fd)
        return ended

    def _note_ends(self, ended: Sequence[Worker]) -> None:
        for worker in ended:
            if worker is self._replacement:
                self._log.error("reload_failed", count=worker.slot)
                self._replacement = None
                self._to_replace.clear()
            elif worker.ending_since is None:
                if time.monotonic() - worker.since >= STEADY_SECONDS:
                    delay, self._failures, self._next_start = 0.0, 0, 0.0
                else:
                    delay = self._back_off()
                status = worker.process.returncode
                self._refused = status == REFUSED
                self._log.error("worker_ended", count=worker.slot, code=status, seconds=delay)

    def _back_off(self) -> float:
        """Puts off the next start; returns by how many seconds."""
        delay = min(FIRST_DELAY_SECONDS * 2.0 ** min(self._failures, 10), LONGEST_DELAY_SECONDS)
        self._failures += 1
        self._next_start = time.monotonic() + delay
        return delay

    def _drain(self, worker: Worker) -> None:
        if worker.ending_since is None:
            worker.ending_since = time.monotonic()
            worker.process.terminate()

    def _kill_late(self) -> None:
        now = time.monotonic()
        for worker in self.workers:
            late = worker.ending_since is not None and now - worker.ending_since > (
                self._drain_seconds + KILL_MARGIN_SECONDS
            )
            if late or (not worker.serves and now - worker.since > READY_SECONDS):
                self._log.error("worker_killed", count=worker.slot)
                worker.process.kill()

    def _kill_all(self) -> None:
        """Nothing outlives the supervisor, however it ends."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.wait()
        self._reap()
