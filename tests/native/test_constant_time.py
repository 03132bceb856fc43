"""No branch and no memory address of the scalar back ends depends on a secret: valgrind's memcheck as the judge.

`protocol/core/examples/ct_gate.rs` marks secrets as undefined memory; memcheck reports each use of undefined memory
in a branch or an address. Compilers turn careful masks into branches, so this must run for the code that ships.
"""

import subprocess
from pathlib import Path

import pytest

from tests.native.conftest import required

BACK_ENDS = {"X86", "Portable"}
CASES = {
    "multiply_point",
    "multiply_generator",
    "multiply_batches",
    "combine_products",
    "multiply_by_zero",
    "scalar_arithmetic",
    "invert_scalar",
    "reduce_digest",
    "decode_scalar",
    "add_points",
    "encode_and_decode_point",
    "compare",
    "hash_to_scalar",
    "pin_factor",
    "pin_blind",
    "pin_unblind",
    "prove",
    "device_signature",
    "map_to_curve",
    "choice_bits_in_part_1",
    "choice_bits_in_part_2",
    "phone_secrets_in_part_2",
    "extension_of_the_phone",
    "extension_of_the_server",
    "mask_of_seeds",
    "ec_sign_of_the_phone",
    "ec_sign_of_the_server",
}
CONTROLS = {"control.variable_time_multiplication", "control.table_index"}


@pytest.fixture(scope="module")
def errors(constant_time_programs: Path) -> dict[tuple[str, str], int]:
    """Memcheck errors by (back end, case); the case carries the curve where it has one."""
    command = [required("valgrind"), "--quiet", "--error-limit=no", str(constant_time_programs / "ct_gate")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    result = {}
    for line in done.stdout.splitlines():
        back_end, *case, count = line.split()
        result[back_end, "".join(case)] = int(count)
    return result


def test_no_case_depends_on_a_secret(errors: dict[tuple[str, str], int]) -> None:
    leaks = {where: count for where, count in errors.items() if count and where[1] not in CONTROLS}
    assert not leaks, f"secret-dependent branches or addresses: {leaks}"


def test_deliberate_leaks_are_reported(errors: dict[tuple[str, str], int]) -> None:
    for back_end in BACK_ENDS:
        for control in CONTROLS:
            assert errors[back_end, control] > 0, f"{control} was not reported on {back_end}"


def test_every_case_ran_on_every_scalar_back_end(errors: dict[tuple[str, str], int]) -> None:
    ran = {(back_end, case.split("::")[0]) for back_end, case in errors if case not in CONTROLS}
    assert ran == {(back_end, case) for back_end in BACK_ENDS for case in CASES}
