"""Calls to providers: in threads of their own, so that a slow one holds up nothing but its own logins."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from cosign.accounts.faults import ServiceBusy
from cosign.blocking import BlockingPool
from cosign.errors import CosignFault

T = TypeVar("T")

THREADS: Final = 8
"""Calls at once."""
WAITING: Final = 32
"""Calls that may wait for a thread; more are refused at once and take another way to log in."""
_RETRY_MS: Final = 1_000


class ProviderObserver(Protocol):
    """Sees what becomes of calls."""

    def asked(self, provider: str, result: str, seconds: float) -> None:
        """`result` is `ok` or a reason of the error catalogue."""
        ...


class ProviderPool:
    """Runs calls to providers."""

    def __init__(self, observer: ProviderObserver, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._pool = BlockingPool(threads)
        self._room = asyncio.Semaphore(threads + waiting)
        self._observer = observer

    async def ask(self, provider: str, call: Callable[[], T]) -> T:
        """Awaits `call()`.

        Raises:
            ServiceBusy: Too many calls wait.
            CosignFault: What `call` raises.
        """
        if self._room.locked():
            self._observer.asked(provider, ServiceBusy.reason, 0.0)
            raise ServiceBusy("too many calls to providers wait", retry_after_ms=_RETRY_MS)
        async with self._room:
            start, result = time.monotonic(), "INTERNAL"
            try:
                answer = await self._pool.run(call)
                result = "ok"
            except CosignFault as fault:
                result = fault.reason
                raise
            finally:
                self._observer.asked(provider, result, time.monotonic() - start)
        return answer

    def close(self) -> None:
        """Waits for what is running."""
        self._pool.close()
