"""`cosignctl` inside the test process: the entry point, arguments, environment, folder and output of the real program.

A new interpreter takes a second to import what the test has imported already. That the program also starts by itself is
shown by `tests/cosign/cli/test_cosignctl.py`.
"""

import contextlib
import io
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from unittest import mock

from cosign.cli import cosignctl

_alone = threading.Lock()
"""Environment, folder and output belong to the whole process, and tests have threads."""


def run_operator(
    arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Runs one command with nothing on stdin and returns what a process of its own would have left.

    Of the settings (`COSIGN_*`) it sees those in `environment` only.
    """
    command = ["cosignctl", *arguments]
    with (
        _alone,
        _variables(environment),
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "stdin", io.StringIO()),
        contextlib.chdir(folder or Path.cwd()),
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as errors,
    ):
        status = _status()
    return subprocess.CompletedProcess(command, status, output.getvalue(), errors.getvalue())


@contextlib.contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Changes no more variables than differ: threads of libraries may be reading others."""
    settings = {name for name in os.environ if name.startswith("COSIGN_")}
    before = {name: os.environ.get(name) for name in settings | given.keys()}
    _set({name: given.get(name) for name in before})
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        elif os.environ.get(name) != value:
            os.environ[name] = value


def _status() -> int:
    try:
        cosignctl.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
