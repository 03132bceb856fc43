"""Runs the benchmark programs of the native core and reads the JSON lines they print."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.results import ROOT, Result


def programs() -> list[str]:
    """Returns the names of the benchmark programs in the Rust crate."""
    return sorted(path.stem for path in (ROOT / "protocol" / "core" / "examples").glob("bench_*.rs"))


def parse(output: str) -> Iterator[Result]:
    """Reads results from the lines that are JSON objects; other lines are for people."""
    for line in output.splitlines():
        if line.startswith("{"):
            yield Result.from_row(json.loads(line))


def build(features: Sequence[str] = ()) -> list[Path]:
    """Builds the programs in release mode; returns the executables. Without `features` they measure what is shipped."""
    names = programs()
    options = [option for name in names for option in ("--example", name)]
    options += [option for feature in features for option in ("--features", feature)]
    subprocess.run(["cargo", "build", "--release", "--quiet", *options], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return [target / "release" / "examples" / name for name in names]


def run(executable: Path, *, tiny: bool) -> list[Result]:
    """Runs one program; its first argument is the number of runs, few when `tiny`."""
    command = [str(executable), "3"] if tiny else [str(executable)]
    answer = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return list(parse(answer.stdout))
