"""A real `cosignd` process to measure: TLS, SQLite with full durability, software token, in a temporary folder."""

import tempfile
from collections.abc import Iterator
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

    cpu_seconds: float
    """User and system time."""
    memory_bytes: int
    """Resident memory now."""


class MeasuredServer:
    """A running server with its codes and its meter."""

    def __init__(self, server: Server) -> None:
        self.address = server.address
        self.ca = server.ca
        self._server = server

    def codes(self, count: int) -> list[str]:
        """Issues enrolment codes, each for a user of its own, as `cosignctl enrolment create` does for one."""
        settings = config.load(environ={"COSIGN_SERVER__STATE_DIR": str(self._server.folder)})
        with operator_wiring.operator(settings) as operator, writing(operator.engine) as connection:
            unit = operator.devices(connection)
            issued = [issue_code(unit, user_id=f"load-{number}", clock=operator.clock) for number in range(count)]
        return [code for code, _ in issued]

    def usage(self) -> Usage:
        """Reads the meters from the operating system."""
        parent = psutil.Process(self._server.pid)
        processes = [parent, *parent.children(recursive=True)]
        times = [process.cpu_times() for process in processes]
        return Usage(
            cpu_seconds=sum(time.user + time.system for time in times),
            memory_bytes=sum(process.memory_info().rss for process in processes),
        )


@contextmanager
def running() -> Iterator[MeasuredServer]:
    """Starts a server and stops it at the end; its folder is removed."""
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        server = Server(Path(folder) / "state", WITHOUT_RATE_LIMITS)
        server.start()
        try:
            yield MeasuredServer(server)
        finally:
            server.stop()
