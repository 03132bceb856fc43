"""A real `cosignd` process to measure: TLS and full durability, in a temporary folder. SQLite and the software token
unless settings say otherwise."""

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from cosign.devices.usecases.issue_code import issue_code
from cosign.server import config, operator_wiring
from cosign.store.unit_of_work import writing
from demo.programs import Server

WITHOUT_RATE_LIMITS: Final = {
    "COSIGN_LIMITS__DEVICE_PER_SECOND": "1000000",
    "COSIGN_LIMITS__DEVICE_BURST": "1000000",
    "COSIGN_LIMITS__ADDRESS_PER_SECOND": "1000000",
    "COSIGN_LIMITS__ADDRESS_BURST": "1000000",
    "COSIGN_LIMITS__ENROLMENT_PER_MINUTE": "1000000",
    "COSIGN_LIMITS__ENROLMENT_BURST": "1000000",
}
"""All virtual phones come from one address; everything else stays as a server has it by default, logs included."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server process and its children have used so far."""

    at_s: float
    """When this was read, on the clock of `time.perf_counter`."""
    cpu_seconds: float
    """User and system time."""
    memory_bytes: int
    """Resident memory now."""


class MeasuredServer:
    """A running server with its codes and its meter."""

    def __init__(self, server: Server, settings: Mapping[str, str]) -> None:
        self.address = server.address
        self.ca = server.ca
        self._server = server
        self._settings = settings

    def codes(self, count: int) -> list[str]:
        """Issues enrolment codes, each for a user of its own, as `cosignctl enrolment create` does for one."""
        settings = config.load(environ={"COSIGN_SERVER__STATE_DIR": str(self._server.folder), **self._settings})
        with operator_wiring.operator(settings) as operator, writing(operator.engine) as connection:
            unit = operator.devices(connection)
            issued = [issue_code(unit, user_id=f"load-{number}", clock=operator.clock) for number in range(count)]
        return [code for code, _ in issued]

    def usage(self) -> Usage:
        """Reads the meters from the operating system."""
        processes = self._processes()
        times = [process.cpu_times() for process in processes]
        return Usage(
            at_s=time.perf_counter(),
            cpu_seconds=sum(time.user + time.system for time in times),
            memory_bytes=sum(process.memory_info().rss for process in processes),
        )

    def pin(self, processors: set[int]) -> None:
        """Keeps every thread of the server on these processors."""
        for process in self._processes():
            for thread in process.threads():
                psutil.Process(thread.id).cpu_affinity(sorted(processors))

    def _processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self._server.pid)
        return [parent, *parent.children(recursive=True)]


@contextmanager
def sampled(server: MeasuredServer, every_seconds: float = 1.0) -> Iterator[list[Usage]]:
    """Reads the meters at the start and the end of the block, and in between from a thread."""
    usages = [server.usage()]
    ended = threading.Event()

    def read() -> None:
        while not ended.wait(every_seconds):
            usages.append(server.usage())

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield usages
    finally:
        ended.set()
        thread.join()
        usages.append(server.usage())


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[MeasuredServer]:
    """Starts a server with these `COSIGN_*` settings and stops it at the end; its folder is removed."""
    given = settings or {}
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        server = Server(Path(folder) / "state", {**WITHOUT_RATE_LIMITS, **given})
        server.start()
        try:
            yield MeasuredServer(server, given)
        finally:
            server.stop()
