"""Unary calls of gRPC's synchronous server without a thread each.

The server gives every unary call to a thread pool, and the thread waits for the message and then for the answer: with
64 phones at once that is 64 threads and four wake-ups per call. A handler may name a pool of its own
(`experimental_thread_pool`). Ours has no threads: it asks the core for the message, hands the message to the receiver
on the serving thread, and lets any thread answer. A caller is charged when its call arrives, and a call whose message
does not come is cancelled (`awaited`).

This uses internals of grpcio, which is pinned; `tests/cosign/server/test_direct.py` shows that they are as expected.
Whatever is not as expected falls back to `Behaviour.__call__`, the public way, which only costs more.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Protocol, cast

import grpc
from grpc import _common, _server
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # the stubs know the public interface only

from cosign.call_context import CallContext, Metadata
from cosign.server.awaited import Awaited
from cosign.server.status import Refusal

_INTERNALS: Final[Any] = _server
_RECEIVE_MESSAGE: Final = "receive_message"


class DirectCall(CallContext, Protocol):
    """One call that waits for its answer. Exactly one of `answer` and `refuse` is called, once, on any thread."""

    def time_remaining(self) -> float:
        """Seconds until the deadline of the caller."""
        ...

    def on_end(self, told: Callable[[], object]) -> None:
        """`told` is called when the call has ended, whoever ended it."""
        ...

    def answer(self, message: bytes) -> None:
        """Ends the call with a response; nothing happens when the client has gone away."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Ends the call with another status than OK."""
        ...


Receiver = Callable[[bytes | None], None]
"""Takes the message of a call, or None when the client went away or sent none, and ends the call sooner or later."""
Arrival = Callable[[DirectCall], Receiver | None]
"""Takes a call before its message has come; None when it has refused the call. Neither may raise or block."""


class Behaviour:
    """What a method handler calls."""

    def __init__(self, arrive: Arrival, pool: ThreadPoolExecutor) -> None:
        self.arrive = arrive
        self.experimental_thread_pool = pool

    def __call__(self, message: bytes, context: grpc.ServicerContext) -> bytes:
        """The public way: a thread of the server waits for the answer."""
        call = _ThreadCall(context)
        receive = self.arrive(call)
        if receive is not None:
            receive(message)
        return call.wait()


class _Ended:
    """What the server needs of a future, for a tenth of its price: to be told when the call has ended."""

    __slots__ = ("_over", "_told")

    def __init__(self) -> None:
        self._over = False
        self._told: list[Callable[[object], object]] = []

    def add_done_callback(self, told: Callable[[object], object]) -> None:
        """`told` is called once, now if the call has ended; for any thread, once."""
        self._told.append(told)
        if self._over:
            self._tell()

    def set(self) -> None:
        """The call has ended; for any thread."""
        self._over = True
        self._tell()

    def _tell(self) -> None:
        while self._told:
            with contextlib.suppress(IndexError):  # the other thread was first
                self._told.pop()(self)


class Direct(ThreadPoolExecutor):
    """The pool without threads; `submit` runs on the serving thread, which holds the state of the call."""

    def __init__(self, awaited: Awaited) -> None:
        super().__init__(max_workers=1)  # the base class wants one; it is started by the first submit of the base
        self._awaited = awaited

    def behaviour(self, arrive: Arrival) -> Behaviour:
        """A handler of unary calls with bytes in and bytes out."""
        return Behaviour(arrive, self)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Asks for the message of the call that the server wants to run."""
        _run, event, state, behaviour, *_ = args
        ended = _Ended()
        receive = behaviour.arrive(_CoreCall(event, state, ended))
        if receive is not None:
            _ask(self._awaited, event, state, receive)
        return cast("Future[Any]", ended)


Admit = Callable[[CallContext], Refusal | None]
"""Charges whoever calls; what to tell the peer when that is refused."""


def refused_call(admit: Admit, event: Any, state: Any) -> "Future[Any] | None":
    """Charges a call of the core; None if it may go on, else what `submit` returns for a call that has ended."""
    ended = _Ended()
    call = _CoreCall(event, state, ended)
    refusal = admit(call)
    if refusal is None:
        return None
    call.refuse(refusal)
    return cast("Future[Any]", ended)


class MessageFirst(ThreadPoolExecutor):
    """A pool whose threads get unary calls with their message: none waits for a caller that sends none."""

    def __init__(self, threads: int, name: str, awaited: Awaited, admit: Admit) -> None:
        super().__init__(threads, thread_name_prefix=name)
        self._awaited = awaited
        self._admit = admit

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Asks for the message of the call, and runs the call once it is there."""
        run, event, state, behaviour, _request, deserialize, serialize = args
        refused = refused_call(self._admit, event, state)
        if refused is not None:
            return refused
        ended = _Ended()

        def request() -> Any:
            decoded = _common.deserialize(received[0], deserialize)
            if decoded is None:
                with state.condition:
                    _INTERNALS._abort(state, event.call, cygrpc.StatusCode.internal, b"the request cannot be decoded")
            return decoded

        received: list[bytes] = []

        def receive(message: bytes | None) -> None:
            if message is None:
                refusal = Refusal(grpc.StatusCode.UNIMPLEMENTED, "exactly one message is required", (), "")
                _CoreCall(event, state, ended).refuse(refusal)
                return
            received.append(message)
            work = super(MessageFirst, self).submit(fn, run, event, state, behaviour, request, deserialize, serialize)
            work.add_done_callback(lambda _work: ended.set())

        _ask(self._awaited, event, state, receive)
        return cast("Future[Any]", ended)


def _ask(awaited: Awaited, event: Any, state: Any, receive: Receiver) -> None:
    """Starts to receive the message of a call; on the serving thread, which runs `receive` later."""

    def received(batch: Any) -> tuple[Any, Any]:
        awaited.remove(event.call)
        message = batch.batch_operations[0].message()
        with state.condition:
            after = _INTERNALS._possibly_finish_call(state, _RECEIVE_MESSAGE)
        receive(message)
        return cast("tuple[Any, Any]", after)

    with state.condition:
        event.call.start_server_batch((cygrpc.ReceiveMessageOperation(0),), received)
        state.due.add(_RECEIVE_MESSAGE)
    awaited.add(event.call)


class _CoreCall:
    """A call that no thread waits for."""

    __slots__ = ("_ended", "_event", "_state")

    def __init__(self, event: Any, state: Any, ended: "_Ended") -> None:
        self._event = event
        self._state = state
        self._ended = ended

    def peer(self) -> str:
        """See the protocol."""
        return str(_common.decode(self._event.call.peer()))

    def invocation_metadata(self) -> Metadata:
        """See the protocol."""
        return cast(Metadata, self._event.invocation_metadata or ())

    def time_remaining(self) -> float:
        """See the protocol."""
        return max(float(self._event.call_details.deadline) - time.time(), 0.0)

    def on_end(self, told: Callable[[], object]) -> None:
        """See the protocol."""
        with self._state.condition:
            if self._state.callbacks is not None:
                self._state.callbacks.append(told)
                return
        told()

    def answer(self, message: bytes) -> None:
        """See the protocol."""
        _INTERNALS._status(self._event, self._state, message)
        self._ended.set()

    def refuse(self, refusal: Refusal) -> None:
        """See the protocol."""
        state = self._state
        with state.condition:
            state.code, state.details = refusal.code, refusal.message.encode()
            state.trailing_metadata = refusal.trailing_metadata
            _INTERNALS._abort(state, self._event.call, cygrpc.StatusCode.unknown, b"")
        self._ended.set()


class Context:
    """`CallContext` of gRPC's synchronous server."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def peer(self) -> str:
        """See the port."""
        return str(self._context.peer())

    def invocation_metadata(self) -> Metadata:
        """See the port."""
        return cast(Metadata, self._context.invocation_metadata() or ())


class _ThreadCall(Context):
    """A call whose thread waits."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        super().__init__(context)
        self._done = threading.Event()
        self._answer = b""
        self._refusal: Refusal | None = None

    def time_remaining(self) -> float:
        """See the protocol."""
        return float(self._context.time_remaining() or 0.0)

    def on_end(self, told: Callable[[], object]) -> None:
        """See the protocol."""
        if not self._context.add_callback(lambda: cast(None, told())):
            told()

    def answer(self, message: bytes) -> None:
        """See the protocol."""
        self._answer = message
        self._done.set()

    def refuse(self, refusal: Refusal) -> None:
        """See the protocol."""
        self._refusal = refusal
        self._done.set()

    def wait(self) -> bytes:
        """Blocks until the call has ended; raises to abort it."""
        self._done.wait()
        if self._refusal is not None:
            self._context.set_trailing_metadata(self._refusal.trailing_metadata)
            self._context.abort(self._refusal.code, self._refusal.message)
        return self._answer
