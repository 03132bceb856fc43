"""Runs `protocol/core/examples/ct_trace.rs`, which records the instructions it executes (Linux, x86-64)."""

import ctypes
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ADDR_NO_RANDOMIZE = 0x0040000
_ASK = 0xFFFFFFFF


def instruction_trace(program: Path, *arguments: str) -> tuple[int, str]:
    """Returns the number of recorded instructions and a hash of their addresses in order.

    Raises:
        subprocess.CalledProcessError: The program crashed or could not record.
    """
    with _fixed_addresses():
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True, timeout=600, check=True)
    count, trace = done.stdout.split()
    return int(count), trace


@contextmanager
def _fixed_addresses() -> Iterator[None]:
    """Programs that this thread starts meanwhile are loaded at the same addresses every time."""
    personality = ctypes.CDLL(None).personality
    before = personality(ctypes.c_ulong(_ASK))
    personality(ctypes.c_ulong(before | _ADDR_NO_RANDOMIZE))
    try:
        yield
    finally:
        personality(ctypes.c_ulong(before))
