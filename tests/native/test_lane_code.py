"""The compiled eight-lane code has no branch on data, no data-dependent address and no call left to inline.

A static complement to the instruction trace: it also holds for inputs the trace did not try.
"""

import subprocess
from pathlib import Path

import pytest

from tests.native.conftest import required
from tests.native.disassembly import Function, parse

KERNELS = "cosign_core::curve::lanes::kernels::"
STRAIGHT_LINE = {"add", "add_affine", "add_window", "add_complete", "add_affine_complete", "double_n"}
"""Where the arithmetic on secret points happens; `double_n` tests its count and loops."""
MULTIPLICATIONS = {"mul", "mul_base", "mul_base_one", "joint", "finish"}


PUBLIC = "cosign_core::curve::lanes::kernels::multi"
"""Sums of multiples of public values, for checking signatures; it may look at its input."""

SPONGE = "cosign_core::hash::lanes::keccak_f"
"""The permutation of eight states of SHAKE128."""


@pytest.fixture(scope="module")
def vector_functions(constant_time_programs: Path) -> list[Function]:
    command = [required("objdump"), "-d", "-C", "--no-show-raw-insn", str(constant_time_programs / "ct_gate")]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [function for function in parse(listing) if "cosign_core::" in function.name]


@pytest.fixture(scope="module")
def lane_functions(vector_functions: list[Function]) -> list[Function]:
    return [function for function in vector_functions if "cosign_core::curve::lanes::" in function.name]


def kernels(functions: list[Function], names: set[str]) -> list[Function]:
    found = [f for f in functions if f.name.startswith(KERNELS) and f.name.removeprefix(KERNELS) in names]
    assert {f.name.removeprefix(KERNELS) for f in found} == names, "a kernel was renamed or inlined away"
    return found


def test_point_arithmetic_is_straight_line_code(lane_functions: list[Function]) -> None:
    for function in kernels(lane_functions, STRAIGHT_LINE):
        assert not function.branches(), function.name
        assert function.loops() <= (2 if function.name.endswith("double_n") else 0), function.name


def test_no_address_and_no_flag_comes_from_a_vector(lane_functions: list[Function]) -> None:
    kernels(lane_functions, MULTIPLICATIONS)
    for function in lane_functions:
        if not function.name.startswith(PUBLIC):
            assert not function.data_dependent(), function.name


def test_every_vector_instruction_is_inlined(lane_functions: list[Function]) -> None:
    """A call left over would be slow, and its operands would pass through memory nobody wipes."""
    for function in kernels(lane_functions, STRAIGHT_LINE | MULTIPLICATIONS):
        assert not [target for target in function.calls() if "core_arch" in target or "closure" in target], (
            function.name
        )


def test_the_permutation_of_eight_states_is_one_counted_loop(vector_functions: list[Function]) -> None:
    (sponge,) = [function for function in vector_functions if function.name == SPONGE]
    assert not [*sponge.branches(), *sponge.data_dependent(), *sponge.calls()]
    assert sponge.loops() == 1


LEAKING = """
0000000000001000 <leak>:
    1000:\tvpcmpeqq %zmm0,%zmm1,%k0
    1006:\tkortestb %k0,%k0
    100a:\tje     1010 <leak+0x10>
    100c:\tvpgatherqq (%rax,%zmm2,1),%zmm3{%k1}
    1010:\tkmovb  %k0,%ecx
    1014:\tcmp    $0x0,%ecx
    1017:\tjne    1000 <leak>
    1019:\tdec    %rdx
    101c:\tjne    1000 <leak>
    101e:\tret
"""


def test_the_check_finds_leaks() -> None:
    (function,) = parse(LEAKING)
    assert [line.mnemonic for line in function.data_dependent()] == ["kortestb", "vpgatherqq"]
    assert [line.mnemonic for line in function.branches()] == ["je", "jne"]
    assert function.loops() == 1
