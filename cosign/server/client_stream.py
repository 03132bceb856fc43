"""Calls whose caller sends many messages and gets one answer: uploads.

::

    stream's thread ── message ─▶ queue of 4 ─▶ coroutine of the servicer on the event loop ─▶ answer

A message is read when there is room for it; without room the flow control of HTTP/2 stops the caller.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

import grpc

from cosign.call_context import CallContext
from cosign.errors import RateLimited
from cosign.server.guard import CallGuard
from cosign.server.ratelimit import peer_address
from cosign.server.status import Refusal

MAX_CALLS: Final = 16
"""Calls at once in this process; each holds a thread."""
MAX_PER_ADDRESS: Final = 4
"""Calls at once of one peer address."""
MAX_SECONDS: Final = 120.0
"""How long a call may take in all, whatever its own deadline is."""
_QUEUED: Final = 4
_REFUSING_THREADS: Final = 2

Work = Callable[[AsyncIterator[Any], CallContext], Awaitable[Any]]


class ClientStreams:
    """The places of all such calls of a process."""

    def __init__(
        self,
        guard: CallGuard,
        *,
        context: Callable[[grpc.ServicerContext], CallContext],
        abort: Callable[[grpc.ServicerContext, Refusal], Any],
    ) -> None:
        """`abort` ends a call and raises."""
        self.guard = guard
        self.context = context
        self.abort = abort
        self.threads = ThreadPoolExecutor(MAX_CALLS + _REFUSING_THREADS, thread_name_prefix="cosign-upload")
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, context: CallContext) -> str:
        """Takes a place; returns the address that holds it. Raises RateLimited."""
        address = peer_address(context.peer())
        with self._lock:
            if self._open.total() >= MAX_CALLS or self._open[address] >= MAX_PER_ADDRESS:
                raise RateLimited("too many uploads are under way", retry_after_ms=2_000)
            self._open[address] += 1
        return address

    def leave(self, address: str) -> None:
        """Gives a place back."""
        with self._lock:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


class ClientStream:
    """The handler of one method; `__call__` runs in a thread of `ClientStreams`."""

    def __init__(self, streams: ClientStreams, method: str, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        self._streams = streams
        self._method = method
        self._work = work
        self._loop = loop
        self.experimental_thread_pool = streams.threads

    def __call__(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Any:
        """Feeds the servicer until it has its answer, the caller goes away or time is up."""
        streams, ours = self._streams, self._streams.context(context)
        began: float | None = None
        address = ""
        end = threading.Timer(MAX_SECONDS, context.cancel)
        try:
            began = streams.guard.enter(ours)
            address = streams.enter(ours)
            end.start()
            answer = self._exchange(requests, ours, context)
        except Exception as fault:
            failure = fault if context.is_active() else asyncio.CancelledError()
            return streams.abort(context, streams.guard.refused(self._method, failure, ours, began))
        finally:
            end.cancel()
            if address:
                streams.leave(address)
        streams.guard.finished(self._method, ours, began)
        return answer

    def _exchange(self, requests: Iterator[Any], ours: CallContext, context: grpc.ServicerContext) -> Any:
        feed = _Feed()
        work = asyncio.run_coroutine_threadsafe(_awaited(self._work(feed.messages(), ours)), self._loop)
        work.add_done_callback(lambda _: self._loop.call_soon_threadsafe(feed.close))
        context.add_callback(lambda: cast(None, work.cancel()))
        try:
            for request in requests:
                if work.done():
                    break
                asyncio.run_coroutine_threadsafe(feed.put(request), self._loop).result()
            asyncio.run_coroutine_threadsafe(feed.put(None), self._loop).result()
        except Exception:  # the caller went away
            work.cancel()
            raise
        return work.result()


class _Feed:
    """Messages on their way to a coroutine; once nobody takes them, they are dropped."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue(_QUEUED)
        self._over = asyncio.Event()

    async def put(self, message: Any) -> None:
        """Waits for room, or until nobody takes messages any more."""
        putting = asyncio.ensure_future(self._queue.put(message))
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait((putting, over), return_when=asyncio.FIRST_COMPLETED)
        putting.cancel()
        over.cancel()

    async def messages(self) -> AsyncIterator[Any]:
        """Every message until None."""
        while (message := await self._queue.get()) is not None:
            yield message

    def close(self) -> None:
        """Nobody takes messages any more."""
        self._over.set()


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
