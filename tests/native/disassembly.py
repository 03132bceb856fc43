"""Reads `objdump` output and finds what constant-time vector code must not contain."""

import re
from dataclasses import dataclass

_HEADER = re.compile(r"^[0-9a-f]+ <(?P<name>.*)>:$")
_LINE = re.compile(r"^\s+[0-9a-f]+:\s+(?P<mnemonic>\S+)\s*(?P<operands>.*)$")
_CONDITIONAL_JUMP = re.compile(r"^j(?!mp)[a-z]+$")
_LOOP_COUNTER = re.compile(r"^(dec|inc|add|sub|cmp|test)[bwlq]?$")
_KEEPS_FLAGS = re.compile(r"^(v|k(?!or|test)|mov|lea|nop|data16|cs|xchg|push|pop)")

DATA_DEPENDENT = re.compile(r"^(v?p?gather|v?p?scatter|kortest|ktest|v?ptest$|vtestp|v?u?comis|i?div)")
"""Loads or stores at addresses from a vector, flags from a vector or a lane mask, and division."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a listing."""

    mnemonic: str
    operands: str

    @property
    def is_conditional_jump(self) -> bool:
        """True for every jump that depends on flags."""
        return _CONDITIONAL_JUMP.match(self.mnemonic) is not None


@dataclass(frozen=True, slots=True)
class Function:
    """One compiled function; a generic one appears once per curve."""

    name: str
    body: tuple[Instruction, ...]

    def data_dependent(self) -> list[Instruction]:
        """Returns the instructions whose time, address or flags depend on vector data."""
        return [line for line in self.body if DATA_DEPENDENT.match(line.mnemonic)]

    def branches(self) -> list[Instruction]:
        """Returns the conditional jumps that may depend on data: all but those on a counter."""
        found = []
        for i, line in enumerate(self.body):
            if line.is_conditional_jump and not self._is_counted(i):
                found.append(line)
        return found

    def loops(self) -> int:
        """Returns the number of jumps that depend on a counter only."""
        return sum(line.is_conditional_jump for line in self.body) - len(self.branches())

    def _is_counted(self, jump: int) -> bool:
        """Whether the flags come from a general register that no lane mask or vector was moved to."""
        setters = [line for line in self.body[:jump] if not _KEEPS_FLAGS.match(line.mnemonic)]
        if not setters or not _LOOP_COUNTER.match(setters[-1].mnemonic):
            return False
        counters = set(re.findall(r"%(?!rsp|rip)(\w+)", setters[-1].operands))
        moved = (line for line in self.body if re.match(r"^(kmov|v?mov[dq]$|v?pextr|v?pmovmsk)", line.mnemonic))
        from_vectors = {line.operands.rsplit("%", 1)[-1] for line in moved}
        return bool(counters) and not counters & from_vectors

    def calls(self) -> list[str]:
        """Returns the targets of all calls."""
        return [line.operands for line in self.body if line.mnemonic.startswith("call")]


def parse(listing: str) -> list[Function]:
    """Splits the output of `objdump -d -C --no-show-raw-insn` into functions."""
    functions: list[tuple[str, list[Instruction]]] = []
    for line in listing.splitlines():
        if header := _HEADER.match(line):
            functions.append((header["name"], []))
        elif functions and (match := _LINE.match(line)):
            functions[-1][1].append(Instruction(match["mnemonic"], match["operands"]))
    return [Function(name, tuple(body)) for name, body in functions]
