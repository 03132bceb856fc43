"""Rate limits of all workers of a supervisor in one piece of shared memory: they are what the configuration says.

A connection belongs to one worker, but an address or a device may have several. Each caller has one number: the time
at which its bucket will be full again (the theoretical arrival time of GCRA), which says the same as a token bucket::

    full_at ≤ now                  full: `burst` requests may come at once
    full_at + cost / per_second    after a request; refused if that is more than burst / per_second ahead of now

Nobody locks: two workers that write the same entry in the same microsecond may lose one of the two charges, which lets
one request more through. A killed worker leaves nothing behind. Memory is bounded: a caller has a place among the few
of its set, and takes the one that is nearest to full; who loses it has a full bucket again.
"""

import hashlib
import math
import mmap
import os
import secrets
import time
from collections.abc import Callable
from typing import Final

from cosign.errors import RateLimited
from cosign.server.ratelimit import Rate

_KEY_BYTES: Final = 64
_SETS: Final = 1 << 15
_WAYS: Final = 4
_WORDS: Final = 2
"""Of an entry: tag of the caller, and nanoseconds of the monotonic clock, which all processes of a machine share."""
TABLES: Final = 5
_TABLE_BYTES: Final = _SETS * _WAYS * _WORDS * 8


def make() -> int:
    """Anonymous memory for all limits of a supervisor; returns its descriptor, to be inherited by workers.

    Raises:
        OSError: No memory or descriptors.
    """
    descriptor = os.memfd_create("cosign-limits")
    os.truncate(descriptor, _KEY_BYTES + TABLES * _TABLE_BYTES)
    os.pwrite(descriptor, secrets.token_bytes(_KEY_BYTES), 0)
    return descriptor


class SharedLimiter:
    """Implements `cosign.server.ratelimit.Limiter` on one table of the shared memory; for any thread and process."""

    def __init__(
        self, rate: Rate, descriptor: int, table: int, *, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """`table` is below `TABLES`; all workers use the same one for the same kind of caller."""
        memory = memoryview(mmap.mmap(descriptor, _KEY_BYTES + TABLES * _TABLE_BYTES))
        begin = _KEY_BYTES + table * _TABLE_BYTES
        self._key = bytes(memory[:_KEY_BYTES])
        self._words = memory[begin : begin + _TABLE_BYTES].cast("q")
        self._cost_ns = max(1, round(1e9 / rate.per_second))
        self._ahead_ns = rate.burst * self._cost_ns
        self._monotonic_ns = monotonic_ns

    def spend(self, caller: str, cost: float = 1.0) -> None:
        """See the protocol."""
        words, now = self._words, self._monotonic_ns()
        digest = hashlib.blake2b(caller.encode(), key=self._key, digest_size=16).digest()
        tag = int.from_bytes(digest[:8], signed=True)
        first = int.from_bytes(digest[8:]) % _SETS * _WAYS * _WORDS
        place = first
        for at in range(first, first + _WAYS * _WORDS, _WORDS):
            if words[at] == tag:
                place = at
                break
            if words[at + 1] < words[place + 1]:
                place = at
        known = words[place] == tag
        full_at = max(words[place + 1], now) if known else now
        after = full_at + round(cost * self._cost_ns)
        late = after - now - self._ahead_ns
        if late > 0:
            raise RateLimited("too many requests", retry_after_ms=math.ceil(late / 1e6))
        words[place + 1] = after
        if not known:
            words[place] = tag
