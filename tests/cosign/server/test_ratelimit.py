"""Token buckets."""

import pytest

from cosign.errors import RateLimited
from cosign.server.ratelimit import Rate, RateLimiter, peer_address


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_burst_then_refill() -> None:
    watch = Stopwatch()
    limiter = RateLimiter(Rate(per_second=2, burst=3), monotonic=watch)
    for _ in range(3):
        limiter.spend("a")
    with pytest.raises(RateLimited) as caught:
        limiter.spend("a")
    assert caught.value.retry_after_ms == 500
    watch.seconds = 0.5
    limiter.spend("a")
    with pytest.raises(RateLimited):
        limiter.spend("a")
    watch.seconds = 100.0
    for _ in range(3):
        limiter.spend("a")
    with pytest.raises(RateLimited):
        limiter.spend("a")


def test_callers_do_not_share_a_bucket() -> None:
    limiter = RateLimiter(Rate(per_second=1, burst=1), monotonic=Stopwatch())
    limiter.spend("a")
    limiter.spend("b")
    with pytest.raises(RateLimited):
        limiter.spend("a")


def test_refused_calls_cost_nothing() -> None:
    watch = Stopwatch()
    limiter = RateLimiter(Rate(per_second=1, burst=1), monotonic=watch)
    limiter.spend("a")
    for _ in range(100):
        with pytest.raises(RateLimited):
            limiter.spend("a")
    watch.seconds = 1.0
    limiter.spend("a")


def test_memory_is_bounded() -> None:
    limiter = RateLimiter(Rate(per_second=1, burst=1), capacity=10, monotonic=Stopwatch())
    for number in range(1000):
        limiter.spend(str(number))
    assert len(limiter) == 10


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:5123", "192.0.2.7"),
        ("ipv6:%5B2001:db8:1:2:3::9%5D:5123", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:192.0.2.7%5D:5123", "192.0.2.7"),
        ("ipv6:%5Bfe80::1%25eth0%5D:5123", "fe80::/64"),
        ("unix:/run/cosign.sock", "unix"),
    ],
)
def test_the_address_of_a_peer(peer: str, address: str) -> None:
    assert peer_address(peer) == address
