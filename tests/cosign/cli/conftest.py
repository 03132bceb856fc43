"""`cosignctl` in a folder of its own."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.operator import run_operator

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ctl(tmp_path: Path) -> Run:
    """Runs the program in a folder of its own."""
    return lambda *arguments, **environment: run_operator(arguments, {"PATH": "/usr/bin:/bin", **environment}, tmp_path)


@pytest.fixture
def ready(ctl: Run) -> Run:
    """The same after `init`."""
    assert ctl("init").returncode == 0
    return ctl
