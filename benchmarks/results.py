"""What a measurement gives, and the file that keeps it."""

import json
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = ROOT / "build" / "bench" / "results.json"
UNITS: Final = ("us", "kb")


@dataclass(frozen=True, slots=True)
class Result:
    """One measured cost: median, least and greatest of `runs` runs."""

    name: str
    """Dotted: what is measured, from the general to the particular. Names of peers start with `peer.`."""
    median: float
    least: float
    greatest: float
    runs: int
    unit: str = "us"
    """`us` (microseconds) or `kb` (10^3 bytes)."""

    @classmethod
    def of(cls, name: str, samples: Sequence[float], unit: str = "us") -> "Result":
        """Summarises samples, one per run."""
        return cls(name, statistics.median(samples), min(samples), max(samples), len(samples), unit)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Result":
        """Reads what `row` wrote. Raises KeyError, TypeError, ValueError for anything else."""
        unit = next((unit for unit in UNITS if f"median_{unit}" in row), "us")
        median, least, greatest = (float(row[f"{kind}_{unit}"]) for kind in ("median", "min", "max"))
        return cls(row["name"], median, least, greatest, int(row["runs"]), unit)

    def row(self) -> dict[str, str | float | int]:
        """As in the file: the unit is part of the names."""
        figures = {"median": self.median, "min": self.least, "max": self.greatest}
        named = {f"{kind}_{self.unit}": round(value, 3) for kind, value in figures.items()}
        return {"name": self.name, **named, "runs": self.runs}


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
    document = {"commit": commit(), "cpu": cpu_name(), "results": [result.row() for result in results]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def kept(path: Path, measured: Iterable[Result]) -> list[Result]:
    """What the file holds besides `measured`, if it is about this commit on this processor; else nothing."""
    names = {result.name for result in measured}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if (document["commit"], document["cpu"]) != (commit(), cpu_name()):
            return []
        return [result for row in document["results"] if (result := Result.from_row(row)).name not in names]
    except (OSError, ValueError, KeyError, TypeError):
        return []
