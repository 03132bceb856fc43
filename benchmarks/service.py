"""A real `cosignd` process to measure: TLS and full durability, in a temporary folder. SQLite and the software token
unless settings say otherwise."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from cosign.devices.usecases.issue_code import issue_code
from cosign.server import config, operator_wiring
from cosign.store.unit_of_work import writing
from demo.programs import START_SECONDS, ProgramFailed, Server

WITHOUT_RATE_LIMITS: Final = {
    "COSIGN_LIMITS__DEVICE_PER_SECOND": "1000000",
    "COSIGN_LIMITS__DEVICE_BURST": "1000000",
    "COSIGN_LIMITS__ADDRESS_PER_SECOND": "1000000",
    "COSIGN_LIMITS__ADDRESS_BURST": "1000000",
    "COSIGN_LIMITS__ENROLMENT_PER_MINUTE": "1000000",
    "COSIGN_LIMITS__ENROLMENT_BURST": "1000000",
    "COSIGN_LIMITS__GUEST_PER_MINUTE": "1000000",
    "COSIGN_LIMITS__GUEST_BURST": "1000000",
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
        with self.operator() as operator, writing(operator.engine) as connection:
            unit = operator.devices(connection)
            issued = [issue_code(unit, user_id=f"load-{number}", clock=operator.clock) for number in range(count)]
        return [code for code, _ in issued]

    def operator(self) -> AbstractContextManager[operator_wiring.Operator]:
        """An operator program of this server."""
        settings = config.load(environ={"COSIGN_SERVER__STATE_DIR": str(self._server.folder), **self._settings})
        return operator_wiring.operator(settings)

    def wait_for_listeners(self, count: int) -> None:
        """Returns when so many processes of the server listen on its port."""
        port = int(self.address.rpartition(":")[2])
        parent = psutil.Process(self._server.pid)
        end = time.monotonic() + START_SECONDS
        while count > sum(_listens(process, port) for process in parent.children(recursive=True)):
            if time.monotonic() > end:
                raise ProgramFailed(f"fewer than {count} workers listen:\n{self._server.tail()}")
            time.sleep(0.05)

    def usage(self) -> Usage:
        """Reads the meters from the operating system."""
        return usage_of(self._server.pid)

    def pin(self, processors: set[int]) -> None:
        """Keeps every thread of the server on these processors."""
        pin(self._server.pid, processors)


def _listens(process: psutil.Process, port: int) -> bool:
    return any(
        one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in process.net_connections(kind="tcp")
    )


def usage_of(pid: int) -> Usage:
    """Reads the meters of a process and its children, those that have ended included."""
    parent = psutil.Process(pid)
    processes = [parent, *parent.children(recursive=True)]
    times = [process.cpu_times() for process in processes]
    ended = times[0].children_user + times[0].children_system
    return Usage(
        at_s=time.perf_counter(),
        cpu_seconds=ended + sum(time.user + time.system for time in times),
        memory_bytes=sum(process.memory_info().rss for process in processes),
    )


def pin(pid: int, processors: set[int]) -> None:
    """Keeps every thread of a process and its children on these processors, and so what they start later."""
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        for thread in process.threads():
            psutil.Process(thread.id).cpu_affinity(sorted(processors))


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
def running(
    settings: Mapping[str, str] | None = None,
    prepare: Callable[[Server], None] = lambda _server: None,
    program: type[Server] = Server,
) -> Iterator[MeasuredServer]:
    """Starts a server with these settings and stops it at the end; its folder is removed.

    Args:
        settings: `COSIGN_*` variables, and others that its environment needs.
        prepare: What comes before the start.
        program: What is started.
    """
    given = settings or {}
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        server = program(Path(folder) / "state", {**WITHOUT_RATE_LIMITS, **given})
        prepare(server)
        server.start()
        try:
            yield MeasuredServer(server, given)
        finally:
            server.stop()
