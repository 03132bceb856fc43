"""Keeps the memory of a program that holds secrets out of core dumps and away from debuggers of the same user."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def harden() -> None:
    """No core dump, no attaching. To be called first, before any secret is in memory.

    On Linux the process is marked as not dumpable: /proc/PID/mem, environ and the like then belong to root, and
    ptrace needs CAP_SYS_PTRACE. Other systems only get the limit on core files.

    Raises:
        OSError: The system refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        # The variadic arguments are read as unsigned long.
        if libc.prctl(_PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0))) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
