"""Calls without a thread: the internals of grpcio are as expected, and the public way behind them works too."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from cosign.server import direct
from cosign.server.awaited import Awaited
from cosign.server.direct import Behaviour, Direct, DirectCall, Receiver
from cosign.server.status import Refusal

METHOD = "/test.Service/Echo"


class Served:
    """A server with one method; `threads` are the names of the threads on which messages were received."""

    def __init__(self, *, public: bool) -> None:
        self.threads: list[str] = []
        self.arrived = self.without_message = 0
        self.awaited = Awaited(100, seconds=0.0)
        self.held: list[Callable[[], None]] = []
        self.pool = ThreadPoolExecutor(4, thread_name_prefix="public")
        self.server = grpc.server(self.pool)
        behaviour: Any = Direct(self.awaited).behaviour(self._arrive)
        handlers: dict[str, Any] = {
            "Echo": grpc.unary_unary_rpc_method_handler(Plain(behaviour) if public else behaviour)
        }
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Service", handlers),))
        self.server.add_registered_method_handlers("test.Service", handlers)
        port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.echo: Any = self.channel.unary_unary(METHOD)

    def _arrive(self, call: DirectCall) -> Receiver:
        self.arrived += 1
        return lambda message: self._receive(call, message)

    def _receive(self, call: DirectCall, message: bytes | None) -> None:
        self.threads.append(threading.current_thread().name)
        if message is None:
            self.without_message += 1
            call.refuse(Refusal(grpc.StatusCode.CANCELLED, "", (), ""))
        elif message == b"hold":
            self.held.append(lambda: call.answer(b"late"))
        elif message == b"refuse":
            call.refuse(Refusal(grpc.StatusCode.ABORTED, "no", (("x-why-bin", b"\x01"),), "NO"))
        elif message == b"who":
            name = str(dict(call.invocation_metadata())["x-name"])
            call.answer(call.peer().partition(":")[0].encode() + b" " + name.encode())
        else:
            threading.Thread(target=call.answer, args=(message[::-1],)).start()


class Plain:
    """A behaviour whose own pool grpcio does not know."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour

    def __call__(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        return self._behaviour(message, context)


@pytest.fixture(params=["direct", "public"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    made = Served(public=request.param == "public")
    yield made
    for answer in made.held:
        answer()
    made.channel.close()
    made.server.stop(1).wait()


def test_many_calls_at_once(served: Served) -> None:
    futures = [served.echo.future(f"message {number}".encode(), timeout=20) for number in range(200)]
    assert [future.result() for future in futures] == [f"message {number}".encode()[::-1] for number in range(200)]


def test_no_thread_of_the_pool_is_used() -> None:
    served = Served(public=False)
    assert served.echo(b"abc", timeout=20) == b"cba"
    assert not [name for name in served.threads if name.startswith("public")]
    served.channel.close()
    served.server.stop(None).wait()


def test_a_refusal_has_status_and_metadata(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.echo(b"refuse", timeout=20)
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.ABORTED, "no")
    trailing: Any = caught.value.trailing_metadata()
    assert dict(trailing)["x-why-bin"] == b"\x01"


def test_the_call_tells_who_calls(served: Served) -> None:
    assert served.echo(b"who", timeout=20, metadata=(("x-name", "n"),)) == b"ipv4 n"


def test_an_answer_to_a_caller_that_went_away_does_no_harm(served: Served) -> None:
    call = served.echo.future(b"hold", timeout=20)
    wait_for(lambda: len(served.held) == 1)
    call.cancel()
    time.sleep(0.2)
    served.held.pop()()
    assert served.echo(b"abc", timeout=20) == b"cba"


def test_a_deadline_ends_a_call_that_is_not_answered(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        served.echo(b"hold", timeout=0.3)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_calls_without_a_thread_end_within_the_grace_of_a_stop() -> None:
    served = Served(public=False)
    call = served.echo.future(b"hold", timeout=20)
    wait_for(lambda: len(served.held) == 1)
    stopped = served.server.stop(10)
    served.held.pop()()
    assert call.result() == b"late"
    assert stopped.wait(10)
    served.channel.close()


def test_a_call_without_a_message_arrives_and_is_cancelled_when_it_is_late() -> None:
    served = Served(public=False)
    silent: Any = served.channel.stream_unary(METHOD)
    call = silent.future(silence())
    wait_for(lambda: served.arrived == 1 and len(served.awaited) == 1)
    asyncio.run(served.awaited.cancel_late())
    assert call.exception(timeout=20).code() is grpc.StatusCode.CANCELLED
    wait_for(lambda: served.without_message == 1)
    assert served.server._state.active_rpc_count == 0  # type: ignore[attr-defined]
    assert served.echo(b"abc", timeout=20) == b"cba"
    served.channel.close()
    served.server.stop(None).wait()


def silence() -> Iterator[bytes]:
    """Sends nothing for a while."""
    threading.Event().wait(5)
    yield from ()


def test_the_internals_exist() -> None:
    assert all(callable(getattr(direct._INTERNALS, name)) for name in ("_status", "_abort", "_possibly_finish_call"))
    assert direct._RECEIVE_MESSAGE == direct._INTERNALS._RECEIVE_MESSAGE_TOKEN


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_end_of_a_call_is_told_once_whoever_comes_first() -> None:
    told: list[object] = []
    before, after = direct._Ended(), direct._Ended()
    before.add_done_callback(told.append)
    assert told == []
    before.set()
    before.set()
    after.set()
    after.add_done_callback(told.append)
    assert told == [before, after]
