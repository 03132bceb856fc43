"""What a measurement gives, and the file that keeps it."""

import json
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "build" / "bench" / "results.json"


@dataclass(frozen=True, slots=True)
class Result:
    """One measured cost in microseconds: median, least and greatest of `runs` runs."""

    name: str
    """Dotted: what is measured, from the general to the particular. Names of peers start with `peer.`."""
    median_us: float
    min_us: float
    max_us: float
    runs: int

    @classmethod
    def of(cls, name: str, samples_us: Sequence[float]) -> "Result":
        """Summarises samples, one per run."""
        return cls(name, statistics.median(samples_us), min(samples_us), max(samples_us), len(samples_us))


def measure(name: str, action: Callable[[], object], *, runs: int, seconds: float) -> Result:
    """Times `action`: each run repeats it for about `seconds` / `runs` and gives one average.

    The first call is not counted: it warms caches and tells how often a run must repeat.
    """
    action()
    started = time.perf_counter()
    action()
    once = max(time.perf_counter() - started, 1e-7)
    repeats = max(1, int(seconds / runs / once))
    samples = []
    for _ in range(runs):
        started = time.perf_counter()
        for _ in range(repeats):
            action()
        samples.append((time.perf_counter() - started) / repeats * 1e6)
    return Result.of(name, samples)


def cpu_name() -> str:
    """Returns the processor's name as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found.group(1)
    return platform.processor() or platform.machine()


def commit() -> str:
    """Returns the commit that is checked out, with `-dirty` when files differ; `unknown` outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "unknown"


def write(results: Iterable[Result], path: Path = RESULTS) -> None:
    """Writes the results as JSON: commit, cpu and the list of results."""
    document = {"commit": commit(), "cpu": cpu_name(), "results": [_rounded(result) for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _rounded(result: Result) -> dict[str, str | float | int]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(result).items()}
