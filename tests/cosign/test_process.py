"""What the system says about a hardened process."""

import subprocess
import sys

import pytest

_RUN = """
from cosign.cli import {program}
sys.argv[1:] = ["--help"]
try:
    {program}.main()
except SystemExit:
    pass
"""
_PROBE = """
import ctypes, resource, sys
PR_GET_DUMPABLE = 3
{start}
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
limit = [line for line in open("/proc/self/limits") if line.startswith("Max core file size")][0].split()
print(limit[4], limit[5])
print(open("/proc/self/stat").read().split()[0].isdigit(), open("/proc/self/statm").read().split()[0].isdigit())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "start",
    [
        "from cosign.process import harden\nharden()",
        _RUN.format(program="cosignd"),
        _RUN.format(program="cosign_phone"),
    ],
    ids=["harden", "cosignd", "cosign-phone"],
)
def test_a_hardened_process_is_neither_dumped_nor_attached_to(start: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(start=start)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-3:] == ["0 0", "0 0", "True True"]
