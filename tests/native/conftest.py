"""Builds the constant-time programs of the native core once per run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "examples"


def required(program: str) -> str:
    """Returns the path of `program`; a missing tool fails the test, because an unchecked build must not pass."""
    search = os.pathsep.join([os.environ.get("PATH", ""), str(Path.home() / ".cargo" / "bin")])
    found = shutil.which(program, path=search)
    if found is None:
        pytest.fail(f"{program} is not installed, so constant time cannot be checked")
    return found


@pytest.fixture(scope="session")
def constant_time_programs() -> Path:
    """Builds `ct_gate` and `ct_trace` with the release profile, the one that is shipped; returns their folder.

    `make test-rust` has built them: the same profile and features.
    """
    command = [required("cargo"), "build", "--quiet", "--release", "--features", "ct-gate"]
    command += ["--example", "ct_gate", "--example", "ct_trace"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return EXAMPLES
