"""Records every instruction a process executes between two `sched_yield` system calls (Linux, x86-64, ptrace)."""

import ctypes
import hashlib
import os
import signal
from pathlib import Path

TRACEME, PEEKTEXT, GETREGS, SINGLESTEP, SYSCALL, KILL = 0, 1, 12, 9, 24, 8
ADDR_NO_RANDOMIZE = 0x0040000
SCHED_YIELD = 24
SYSCALL_OPCODE = 0x050F
STEP_LIMIT = 3_000_000
REGISTER_NAMES = [
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi"),
    *("orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    """`struct user_regs_struct` of the kernel."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTER_NAMES]


def _ptrace(request: int, pid: int, data: object = None, address: int = 0) -> int:
    result = _libc.ptrace(request, pid, address, data)
    if result == -1 and (error := ctypes.get_errno()):
        raise OSError(error, os.strerror(error))
    return int(result)


def _wait(pid: int) -> None:
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise ChildProcessError(f"the traced program ended with status {status}")
    if (stopped_by := os.WSTOPSIG(status)) != signal.SIGTRAP:
        raise ChildProcessError(f"the traced program received {signal.Signals(stopped_by).name}")


def _spawn(command: list[str]) -> int:
    """Starts `command` stopped at its first instruction, with fixed addresses."""
    pid = os.fork()
    if pid == 0:
        try:
            _libc.personality(ADDR_NO_RANDOMIZE)
            _libc.ptrace(TRACEME, 0, None, None)
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _wait(pid)
    return pid


def instruction_trace(program: Path, *arguments: str) -> tuple[int, str]:
    """Returns the number of instructions between the two calls and a hash of their addresses in order.

    Raises:
        ChildProcessError: The program ended or crashed before the second call.
        OSError: The kernel does not allow tracing.
    """
    pid = _spawn([str(program), *arguments])
    try:
        registers = Registers()
        while registers.orig_rax != SCHED_YIELD:
            _ptrace(SYSCALL, pid)
            _wait(pid)
            _ptrace(GETREGS, pid, ctypes.byref(registers))
        _ptrace(SYSCALL, pid)
        _wait(pid)
        return _steps_to_next_yield(pid, registers)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _steps_to_next_yield(pid: int, registers: Registers) -> tuple[int, str]:
    trace = hashlib.sha256()
    opcodes: dict[int, int] = {}
    for steps in range(STEP_LIMIT):
        _ptrace(SINGLESTEP, pid)
        _wait(pid)
        _ptrace(GETREGS, pid, ctypes.byref(registers))
        at = registers.rip
        if at not in opcodes:
            opcodes[at] = _ptrace(PEEKTEXT, pid, address=at) & 0xFFFF
        if opcodes[at] == SYSCALL_OPCODE and registers.rax == SCHED_YIELD:
            return steps, trace.hexdigest()
        trace.update(at.to_bytes(8, "little"))
    raise ChildProcessError(f"no second call within {STEP_LIMIT} instructions")
