"""Memory of the server: idle, and after many signatures."""

from dataclasses import dataclass

from benchmarks.fleet import Fleet, Task
from benchmarks.load import LONGEST_SECONDS, say
from benchmarks.service import MeasuredServer

PHONES = 4
BATCH = 64
WARM_UP = 16
"""Requests before the reference is taken: they load code and fill pools and caches once."""

MOST_MB = 150
MOST_GROWTH = 0.05


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory in MB (10^6 bytes)."""

    idle_mb: float
    warm_mb: float
    """After the first thousand signatures."""
    end_mb: float
    signatures: int

    @property
    def growth(self) -> float:
        """Growth from warm to end, as a share."""
        return self.end_mb / self.warm_mb - 1

    def lines(self) -> list[str]:
        """The figures and the verdicts, for people."""
        idle = "reached" if self.idle_mb <= MOST_MB else "MISSED "
        growth = "reached" if self.growth <= MOST_GROWTH else "MISSED "
        change = f"{self.growth:+.1%} from {self.warm_mb:.1f} MB when warm, at most {MOST_GROWTH:.0%}"
        return [
            f"{idle}  server memory idle: {self.idle_mb:.1f} MB, at most {MOST_MB} MB",
            f"{growth}  server memory after {self.signatures} signatures: {self.end_mb:.1f} MB, {change}",
        ]


def run(server: MeasuredServer, *, signatures: int) -> Memory:
    """Measures a freshly started server; signs in requests of 64 digests."""
    idle = server.usage().memory_bytes
    codes = server.codes(PHONES)
    with Fleet(address=server.address, ca=server.ca, codes=codes, op="sign", batch=BATCH, processes=1) as fleet:
        fleet.run(Task(LONGEST_SECONDS, WARM_UP))
        warm = server.usage().memory_bytes
        say(f"signing {signatures} digests to watch the memory")
        window = fleet.run(Task(LONGEST_SECONDS, max(1, signatures // BATCH)))
        if window.errors:
            raise RuntimeError(f"the server refused requests: {dict(window.errors)}")
        end = server.usage().memory_bytes
    return Memory(idle / 1e6, warm / 1e6, end / 1e6, len(window.latencies_ms) * BATCH)
