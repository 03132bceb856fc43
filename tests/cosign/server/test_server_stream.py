"""Calls with many answers: order, refusals, places, and callers that go away."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import grpc
import pytest

from cosign.call_context import CallContext
from cosign.errors import CosignFault, ShuttingDown
from cosign.server.direct import Context
from cosign.server.front import _abort
from cosign.server.guard import CallGuard
from cosign.server.server_stream import ServerStream, ServerStreams
from cosign.server.status import Refusal

PLACES = 2


class FakeGuard:
    """Notes how calls ended."""

    def __init__(self) -> None:
        self.entered = 0
        self.ends: list[str] = []

    def enter(self, _context: CallContext) -> float:
        self.entered += 1
        return 1.0

    def check_client(self, _context: CallContext) -> None:
        """Every app is new enough."""

    def refused(self, _method: str, error: BaseException, _context: CallContext, _began: float | None) -> Refusal:
        if isinstance(error, CosignFault):
            self.ends.append(error.reason)
            return Refusal(grpc.StatusCode.UNAVAILABLE, error.reason, (), error.reason)
        self.ends.append(type(error).__name__)
        return Refusal(grpc.StatusCode.INTERNAL, "", (), "")

    def finished(self, _method: str, _context: CallContext, _began: float) -> None:
        self.ends.append("OK")


class Served:
    """A server with one method; the request says what its generator does."""

    def __init__(self) -> None:
        self.guard = FakeGuard()
        self.closed = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.streams = ServerStreams(
            cast(CallGuard, self.guard), context=Context, abort=_abort, most=PLACES, most_per_address=PLACES
        )
        handler: Any = grpc.unary_stream_rpc_method_handler(ServerStream(self.streams, "m", self._generate, self.loop))
        self.server = grpc.server(ThreadPoolExecutor(1))
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("test.Service", {"Watch": handler}),)
        )
        port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.watch: Any = self.channel.unary_stream("/test.Service/Watch")

    async def _generate(self, request: bytes, _context: CallContext) -> AsyncIterator[bytes]:
        try:
            yield b"first"
            if request == b"hold":
                await asyncio.Event().wait()
            if request == b"fail":
                raise ShuttingDown(retry_after_ms=200)
            for number in range(100):
                yield b"%d" % number
        finally:
            self.closed.set()

    def close(self) -> None:
        self.channel.close()
        self.server.stop(5).wait()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_messages_come_in_order_and_the_call_ends(served: Served) -> None:
    assert list(served.watch(b"all", timeout=60)) == [b"first", *(b"%d" % number for number in range(100))]
    wait_for(lambda: served.guard.ends == ["OK"])


def test_a_fault_ends_the_stream_after_what_came_before(served: Served) -> None:
    heard: list[bytes] = []
    with pytest.raises(grpc.RpcError) as caught:
        heard += served.watch(b"fail", timeout=60)
    assert caught.value.details() == "SHUTTING_DOWN"
    assert served.guard.ends == ["SHUTTING_DOWN"]


def test_a_caller_that_goes_away_frees_its_place(served: Served) -> None:
    calls = [served.watch(b"hold", timeout=60) for _ in range(PLACES)]
    for call in calls:
        assert next(call) == b"first"
    with pytest.raises(grpc.RpcError) as caught:
        next(served.watch(b"hold", timeout=60))
    assert caught.value.details() == "RATE_LIMITED"
    for call in calls:
        call.cancel()
    wait_for(lambda: served.guard.ends == ["RATE_LIMITED", "CancelledError", "CancelledError"])
    assert served.closed.wait(60)
    wait_for(lambda: not served.streams._open)
    assert len(list(served.watch(b"all", timeout=60))) == 101


def test_a_caller_that_goes_away_between_messages_frees_its_place(served: Served) -> None:
    call = served.watch(b"all", timeout=60)
    next(call)
    call.cancel()
    wait_for(lambda: len(served.guard.ends) == 1 and not served.streams._open)
