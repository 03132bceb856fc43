"""`python -m benchmarks.compare OLD NEW`: two result files side by side, of `make bench` or of the load harness.

A ratio above 1 means that the new figure is greater, which for costs and latencies is worse. Compare files of one
machine; of a shared machine, better two runs of one hour than of two days.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.results import Result

_LOAD_FIGURES: Final = (
    "requests_per_second",
    "items_per_second",
    "server_cpu_us_per_request",
    "server_cpu_us_per_item",
    "server_memory_mb",
)


class NotResults(Exception):
    """A file holds neither results of `make bench` nor a load report."""


def read(path: Path) -> dict[str, float]:
    """Name to figure.

    Raises:
        OSError: The file cannot be read.
        NotResults: See there.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _flat(document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotResults(f"{path} is neither a result file of the benchmarks nor a load report") from None


def _flat(document: Mapping[str, Any]) -> dict[str, float]:
    if "results" in document:
        return {row["name"]: Result.from_row(row).median for row in document["results"]}
    figures = {name: float(document[name]) for name in _LOAD_FIGURES if document[name] is not None}
    figures.update({f"latency_ms.{name}": float(value) for name, value in document["latency_ms"].items()})
    figures["errors"] = float(sum(document["errors"].values()))
    return figures


def table(old: Mapping[str, float], new: Mapping[str, float]) -> str:
    """One line per figure that either file has, in the order of the new one."""
    names = [*new, *(name for name in old if name not in new)]
    width = max([len(name) for name in names] + [10])
    lines = [f"{'name':<{width}}  {'old':>12}  {'new':>12}  {'new/old':>8}"]
    for name in names:
        before, after = old.get(name), new.get(name)
        ratio = f"{after / before:>8.3f}" if before and after is not None else f"{'–':>8}"
        lines.append(f"{name:<{width}}  {_number(before)}  {_number(after)}  {ratio}")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return f"{'–':>12}" if value is None else f"{value:>12.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description="Two result files side by side.")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    options = parser.parse_args(arguments)
    try:
        print(table(read(options.old), read(options.new)))
    except OSError as fault:
        parser.error(f"{fault.filename}: {fault.strerror}")
    except NotResults as fault:
        parser.error(str(fault))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
