"""The executed path of every multiplication, on the fastest back end of this machine, does not depend on the scalar.

Valgrind cannot execute AVX-512, so the lanes are checked on the processor: single-stepped, all addresses compared.
"""

import platform
from pathlib import Path

import pytest

from tests.native.tracing import instruction_trace

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the recorder knows x86-64 only")

SEEDS = ("0", "77")
"""Scalars 1 … 8, and a set without structure; each traced window is up to 800,000 instructions."""


@pytest.mark.parametrize("curve", ["sm2", "p256"])
@pytest.mark.parametrize("operation", ["generator", "generators", "points", "sums"])
def test_every_scalar_takes_the_same_path(constant_time_programs: Path, curve: str, operation: str) -> None:
    program = constant_time_programs / "ct_trace"
    traces = {seed: instruction_trace(program, curve, operation, seed) for seed in SEEDS}
    assert len(set(traces.values())) == 1, traces
    instructions, _ = traces["0"]
    assert instructions > 5_000, "the traced window does not contain a multiplication"


def test_a_variable_time_multiplication_is_seen(constant_time_programs: Path) -> None:
    program = constant_time_programs / "ct_trace"
    traces = {seed: instruction_trace(program, "sm2", "control", seed) for seed in SEEDS}
    assert len(set(traces.values())) == len(SEEDS), traces
