"""Token buckets in memory, one per device and one per peer address.

The bound protects this node, not a global budget: PIN guesses are bounded by the database (section 5.2). Workers of
one supervisor share their buckets (`shared_limits`).
Memory is bounded too: the least recently used bucket is forgotten first, and a forgotten bucket is full again,
which only helps a caller who waited behind `capacity` others.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cosign.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` requests at once, refilled at `per_second`."""

    per_second: float
    burst: int


class Limiter(Protocol):
    """Buckets of one kind of caller; for several threads."""

    def spend(self, caller: str, cost: float = 1.0) -> None:
        """Takes `cost` out of the bucket of `caller`.

        Raises:
            RateLimited: The bucket is empty; `retry_after_ms` says when `cost` will be there.
        """
        ...


class RateLimiter:
    """Implements `Limiter` for one process."""

    def __init__(self, rate: Rate, *, capacity: int = 100_000, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._capacity = capacity
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, caller: str, cost: float = 1.0) -> None:
        """See the protocol."""
        now = self._monotonic()
        rate = self._rate
        with self._lock:
            level, since = self._buckets.get(caller, (float(rate.burst), now))
            level = min(float(rate.burst), level + (now - since) * rate.per_second)
            if level < cost:
                wait_ms = math.ceil((cost - level) / rate.per_second * 1000)
                raise RateLimited("too many requests", retry_after_ms=wait_ms)
            self._buckets[caller] = (level - cost, now)
            self._buckets.move_to_end(caller)
            if len(self._buckets) > self._capacity:
                self._buckets.popitem(last=False)

    def __len__(self) -> int:
        return len(self._buckets)


def peer_address(peer: str) -> str:
    """The address of a gRPC peer such as `ipv4:192.0.2.7:5123` or `ipv6:%5B2001:db8::1%5D:5123`, without port.

    IPv6 callers are counted by their /64, because one household owns a whole one.
    """
    kind, _, rest = peer.partition(":")
    if kind == "ipv4":
        return rest.rpartition(":")[0]
    if kind == "ipv6":
        address = rest.rpartition(":")[0].replace("%5B", "").replace("%5D", "").strip("[]")
        return _network_of(address)
    return kind


def _network_of(address: str) -> str:
    import ipaddress

    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
