"""Workers that cannot be started or are refused, with real processes that do nothing."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cosign.server.logging import make_logger
from cosign.server.supervisor import REFUSED, Supervisor, WorkersFailed, signals_blocked

_WORKER = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_SETMASK, ())
os.write(int(sys.argv[1]), b'{"metrics_port": 0}')
os.read(int(sys.argv[2]), 1)
"""


@dataclass
class Bench:
    """A supervisor of two workers. `starts` has what each start shall be, in order; beyond that workers serve."""

    starts: list[str]
    supervisor: Supervisor = field(init=False)
    descriptors: list[int] = field(default_factory=list)
    """How many this process had open at each start."""

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(
            workers=2,
            launch=self._launch,
            inherited=(),
            drain_seconds=5,
            check=lambda: None,
            serving=lambda: None,
            log=make_logger(),
        )

    def _launch(self, slot: int, *, ready_fd: int, lifeline_fd: int) -> Sequence[str]:
        self.descriptors.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
        kind = self.starts.pop(0) if self.starts else "serves"
        if kind == "missing":
            return ["/none"]
        if kind == "refused":
            return [sys.executable, "-S", "-c", f"raise SystemExit({REFUSED})"]
        return [sys.executable, "-S", "-c", _WORKER, str(ready_fd), str(lifeline_fd)]

    def serve(self, meanwhile: Callable[[], None]) -> None:
        """Runs the supervisor here and `meanwhile` beside it; then SIGTERM comes."""
        main = threading.get_ident()
        faults: list[BaseException] = []

        def beside() -> None:
            try:
                wait_for(lambda: self.serving == 2)
                meanwhile()
            except BaseException as fault:
                faults.append(fault)
            finally:
                signal.pthread_kill(main, signal.SIGTERM)

        with signals_blocked():
            thread = threading.Thread(target=beside)
            thread.start()
            try:
                self.supervisor.run()
            finally:
                thread.join()
                signal.sigtimedwait({signal.SIGTERM}, 0)  # the supervisor may have ended without it
        if faults:
            raise faults[0]

    @property
    def serving(self) -> int:
        return sum(worker.serves for worker in self.supervisor.workers)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_worker_that_cannot_be_made_is_tried_again_and_leaves_the_others_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(["serves", "serves", "missing", "missing"])
    pids: list[int] = []

    def kill_one() -> None:
        pids.extend(worker.process.pid for worker in bench.supervisor.workers)
        os.kill(pids[0], signal.SIGKILL)
        wait_for(lambda: bench.supervisor.restarts == 1 and bench.serving == 2)
        assert bench.supervisor.workers[0].process.pid == pids[1]

    bench.serve(kill_one)
    assert bench.supervisor.restarts == 1
    assert capfd.readouterr().err.count('"worker_not_started"') == 2
    assert len(set(bench.descriptors[2:])) == 1


def test_a_reload_that_cannot_make_a_worker_changes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    bench = Bench(["serves", "serves", "missing"])
    main = threading.get_ident()

    def reload() -> None:
        before = list(bench.supervisor.workers)
        signal.pthread_kill(main, signal.SIGHUP)
        wait_for(lambda: len(bench.descriptors) == 3)
        time.sleep(0.3)
        assert bench.supervisor.workers == before

    bench.serve(reload)
    assert '"reload_failed"' in capfd.readouterr().err


def test_a_refused_worker_is_not_tried_again_before_a_reload() -> None:
    bench = Bench(["serves", "serves", "refused"])
    main = threading.get_ident()

    def kill_one() -> None:
        killed, other = (worker.process.pid for worker in bench.supervisor.workers)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(bench.descriptors) == 3 and len(bench.supervisor.workers) == 1)
        time.sleep(2)
        assert [worker.process.pid for worker in bench.supervisor.workers] == [other]
        assert len(bench.descriptors) == 3
        signal.pthread_kill(main, signal.SIGHUP)
        wait_for(lambda: bench.serving == 2)

    bench.serve(kill_one)


def test_the_supervisor_ends_when_its_last_worker_is_refused() -> None:
    bench = Bench(["serves", "serves", "refused", "refused"])

    def kill_both() -> None:
        for worker in list(bench.supervisor.workers):
            os.kill(worker.process.pid, signal.SIGKILL)
        wait_for(lambda: len(bench.descriptors) >= 3 and not bench.supervisor.workers)

    with pytest.raises(WorkersFailed) as failed:
        bench.serve(kill_both)
    assert failed.value.status == REFUSED
    assert len(bench.descriptors) <= 4


def test_a_start_that_is_refused_tells_the_status() -> None:
    with pytest.raises(WorkersFailed) as failed, signals_blocked():
        Bench(["refused"]).supervisor.run()
    assert failed.value.status == REFUSED
