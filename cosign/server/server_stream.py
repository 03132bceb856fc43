"""Calls whose caller sends one message and gets many: inboxes that are watched.

::

    stream's thread ── request ─▶ generator of the servicer on the event loop ── message ─▶ stream's thread ─▶ caller

The generator is asked for a message when the one before has left: a caller that does not read is not written to.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import grpc

from cosign.call_context import CallContext
from cosign.errors import RateLimited
from cosign.server.guard import CallGuard
from cosign.server.ratelimit import peer_address
from cosign.server.status import Refusal

_REFUSING_THREADS: Final = 2

Generate = Callable[[Any, CallContext], AsyncIterator[Any]]


class ServerStreams:
    """The places of all such calls of a process."""

    def __init__(
        self,
        guard: CallGuard,
        *,
        context: Callable[[grpc.ServicerContext], CallContext],
        abort: Callable[[grpc.ServicerContext, Refusal], Any],
        most: int,
        most_per_address: int,
    ) -> None:
        """`abort` ends a call and raises; the numbers bound open streams."""
        self.guard = guard
        self.context = context
        self.abort = abort
        self.threads = ThreadPoolExecutor(most + _REFUSING_THREADS, thread_name_prefix="cosign-watch")
        self._most = most
        self._most_per_address = most_per_address
        self._open: Counter[str] = Counter()
        """Open streams by address."""
        self._lock = threading.Lock()

    def enter(self, context: CallContext) -> str:
        """Takes a place; returns the address that holds it. Raises RateLimited."""
        address = peer_address(context.peer())
        with self._lock:
            if self._open.total() >= self._most or self._open[address] >= self._most_per_address:
                raise RateLimited("too many streams are open", retry_after_ms=1_000)
            self._open[address] += 1
        return address

    def leave(self, address: str) -> None:
        """Gives a place back."""
        with self._lock:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


class ServerStream:
    """The handler of one method; `__call__` runs in a thread of `ServerStreams`."""

    def __init__(
        self, streams: ServerStreams, method: str, generate: Generate, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._streams = streams
        self._method = method
        self._generate = generate
        self._loop = loop
        self.experimental_thread_pool = streams.threads

    def __call__(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Hands messages on until the servicer ends, fails, or the caller goes away."""
        streams, ours = self._streams, self._streams.context(context)
        began: float | None = None
        address = ""
        try:
            began = streams.guard.enter(ours)
            streams.guard.check_client(ours)
            address = streams.enter(ours)
            yield from self._messages(self._generate(request, ours), context)
        except GeneratorExit:  # the caller went away while a message was on its way to it
            streams.guard.refused(self._method, asyncio.CancelledError(), ours, began)
            raise
        except Exception as fault:
            failure = fault if context.is_active() else asyncio.CancelledError()
            streams.abort(context, streams.guard.refused(self._method, failure, ours, began))
        else:
            streams.guard.finished(self._method, ours, began)
        finally:
            if address:
                streams.leave(address)

    def _messages(self, source: AsyncIterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        waiting: Future[Any] | None = None

        def ended() -> None:
            if waiting is not None:
                waiting.cancel()

        context.add_callback(ended)
        try:
            while True:
                waiting = asyncio.run_coroutine_threadsafe(_next(source), self._loop)
                if not context.is_active():  # it may have ended before there was something to cancel
                    waiting.cancel()
                message = waiting.result()
                if message is None:
                    return
                yield message
        finally:
            asyncio.run_coroutine_threadsafe(_close(source), self._loop)


async def _next(source: AsyncIterator[Any]) -> Any:
    """The next message, or None at the end."""
    return await anext(source, None)


async def _close(source: AsyncIterator[Any]) -> None:
    """Ends a generator that is not read to its end."""
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
