"""Buckets in shared memory behave as those of one process, and are the same for all who map the memory."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosign.errors import RateLimited
from cosign.server import shared_limits
from cosign.server.ratelimit import Limiter, Rate, RateLimiter
from cosign.server.shared_limits import SharedLimiter


class Clock:
    """Nanoseconds that a test sets."""

    def __init__(self) -> None:
        self.now = 10**15

    def __call__(self) -> int:
        return self.now

    def seconds(self) -> float:
        return (self.now - 10**15) / 1e9


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = shared_limits.make()
    yield descriptor
    os.close(descriptor)


def passes(limiter: Limiter, caller: str) -> bool:
    try:
        limiter.spend(caller)
    except RateLimited:
        return False
    return True


def test_burst_then_refill(memory: int) -> None:
    clock = Clock()
    limiter = SharedLimiter(Rate(2.0, 3), memory, 0, monotonic_ns=clock)
    assert [passes(limiter, "a") for _ in range(4)] == [True, True, True, False]
    with pytest.raises(RateLimited) as caught:
        limiter.spend("a")
    assert caught.value.retry_after_ms == 500
    clock.now += 499_000_000
    assert not passes(limiter, "a")
    clock.now += 1_000_000
    assert [passes(limiter, "a") for _ in range(2)] == [True, False]


def test_processes_share_a_bucket_and_kinds_do_not(memory: int) -> None:
    clock = Clock()
    one, other = (SharedLimiter(Rate(1.0, 4), memory, 1, monotonic_ns=clock) for _ in range(2))
    assert [passes(limiter, "a") for limiter in (one, other, one, other, one, other)] == [True] * 4 + [False] * 2
    assert passes(other, "b")
    assert passes(SharedLimiter(Rate(1.0, 4), memory, 2, monotonic_ns=clock), "a")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3_000)), max_size=60))
def test_it_decides_as_the_limiter_of_one_process(asked: list[tuple[str, int]]) -> None:
    descriptor = shared_limits.make()
    try:
        clock = Clock()
        rate = Rate(4.0, 5)
        shared = SharedLimiter(rate, descriptor, 0, monotonic_ns=clock)
        alone = RateLimiter(rate, monotonic=clock.seconds)
        for caller, pause_ms in asked:
            clock.now += pause_ms * 125 * 1_000_000  # multiples of half a request: no rounding decides
            assert passes(shared, caller) is passes(alone, caller)
    finally:
        os.close(descriptor)


def test_a_flood_of_callers_forgets_those_that_are_nearest_to_full(memory: int) -> None:
    clock = Clock()
    limiter = SharedLimiter(Rate(0.001, 2), memory, 0, monotonic_ns=clock)
    for _ in range(2):
        limiter.spend("victim")
    for number in range(20_000):
        clock.now += 1
        limiter.spend(f"other {number}")
    assert not passes(limiter, "victim")
