"""The gRPC listener: which thread handles which call.

::

    envelope methods   ── serving thread: admit, decode ─▶ batch thread: everything else, and the answer
    SignStream         ── two threads of its own per stream
    client streams     ── a thread of its own per call ─▶ event loop: coroutine of the servicer, and the answer
    server streams     ── a thread of its own per call ─▶ event loop: generator of the servicer, message by message
    other calls        ── serving thread: admit, decode ─▶ event loop: coroutine of the servicer, and the answer
    health, reflection ── a few threads of their own (`probes`)

gRPC's synchronous server is the base: for our calls it costs less than its asyncio server, and a thread per call,
which is what makes it dear, is not needed for a call that only waits for the batch thread (ADR 8).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, NoReturn, cast

import grpc

from cosign.call_context import CallContext
from cosign.server.awaited import Awaited
from cosign.server.client_stream import ClientStream, ClientStreams, Work
from cosign.server.direct import Arrival, Context, Direct, DirectCall, Receiver
from cosign.server.guard import DEFAULT_DEADLINE_SECONDS, CallGuard
from cosign.server.server_stream import Generate, ServerStream, ServerStreams
from cosign.server.status import Refusal
from cosign.server.stream import SignStream
from cosign.signing.envelope_methods import EnvelopeMethod
from cosign.signing.key_operations import Operations, Outcome

Handler = Callable[[Any, CallContext], Awaitable[Any]]
Answered = Callable[[Outcome], None]
Take = Callable[[DirectCall, bytes, float], None]
"""Takes an admitted call, its message, and when it was admitted."""


class Recorder:
    """Takes the place of a server in the generated `add_…_to_server` functions and keeps the handlers."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def add_generic_rpc_handlers(self, _handlers: object) -> None:
        """The same handlers come again by `add_registered_method_handlers`."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Notes the handlers of one service."""
        self.handlers |= {f"/{service}/{name}": handler for name, handler in handlers.items()}


class Front:
    """Makes handlers for `grpc.server`, every one behind the guard."""

    def __init__(self, guard: CallGuard, operations: Operations, observe: Answered, awaited: Awaited) -> None:
        """`observe` is told of every outcome of a key operation, after its commit."""
        self._guard = guard
        self._operations = operations
        self._observe = observe
        self._direct = Direct(awaited)
        self._client_streams = ClientStreams(guard, context=Context, abort=_abort)

    def add(self, server: grpc.Server, service: str, handlers: dict[str, Any]) -> None:
        """Registers methods of one service, by name without the service."""
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        server.add_registered_method_handlers(service, handlers)  # found without a search

    def unary(
        self,
        method: str,
        handler: "grpc.RpcMethodHandler[Any, Any]",
        loop: asyncio.AbstractEventLoop,
        *,
        any_client: bool = False,
    ) -> Any:
        """The handler of a servicer's coroutine, which runs until it ends, its deadline passes or the client goes.

        `any_client` answers apps that are too old for everything else.
        """
        work = cast(Handler, handler.unary_unary)
        decode, encode = cast(Any, handler.request_deserializer), cast(Any, handler.response_serializer)

        def receive(call: DirectCall, message: bytes, entered: float) -> None:
            if not any_client:
                self._guard.check_client(call)

            def answered(future: Future[Any]) -> None:
                try:
                    answer = encode(future.result())
                except CancelledError:
                    call.refuse(self._guard.refused(method, asyncio.CancelledError(), call, entered))
                except Exception as error:
                    call.refuse(self._guard.refused(method, error, call, entered))
                else:
                    call.answer(answer)
                    self._guard.finished(method, call, entered)

            seconds = min(call.time_remaining(), DEFAULT_DEADLINE_SECONDS)
            future = asyncio.run_coroutine_threadsafe(_bounded(work(decode(message), call), seconds), loop)
            future.add_done_callback(answered)
            call.on_end(future.cancel)

        return grpc.unary_unary_rpc_method_handler(self._direct.behaviour(self._arrival(method, receive)))

    def envelope(self, method: EnvelopeMethod) -> Any:
        """The handler of a key operation."""

        def receive(call: DirectCall, message: bytes, entered: float) -> None:
            envelope = method.decode(message)

            def answered(outcome: Outcome) -> None:
                self._observe(outcome)
                if isinstance(outcome, Exception):
                    call.refuse(self._guard.refused(method.path, outcome, call, entered))
                else:
                    call.answer(method.encode(outcome.answer))
                    self._guard.finished(method.path, call, entered)

            self._operations.submit(envelope, method.op, answered)

        return grpc.unary_unary_rpc_method_handler(self._direct.behaviour(self._arrival(method.path, receive)))

    def sign_stream(self, handler: "grpc.RpcMethodHandler[Any, Any]", *, most: int, most_per_address: int) -> Any:
        """The handler of SignStream, with the messages of the generated one; the numbers bound open streams."""
        stream = SignStream(
            self._guard,
            self._operations,
            self._observe,
            context=Context,
            abort=_abort,
            most=most,
            most_per_address=most_per_address,
        )
        return grpc.stream_stream_rpc_method_handler(
            stream, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )

    def client_stream(
        self, method: str, handler: "grpc.RpcMethodHandler[Any, Any]", loop: asyncio.AbstractEventLoop
    ) -> Any:
        """The handler of a servicer's coroutine that takes many messages and gives one answer."""
        work = cast(Work, handler.stream_unary)
        return grpc.stream_unary_rpc_method_handler(
            ClientStream(self._client_streams, method, work, loop),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def server_streams(self, *, most: int, most_per_address: int) -> ServerStreams:
        """The places of all calls whose servicer sends many messages."""
        return ServerStreams(self._guard, context=Context, abort=_abort, most=most, most_per_address=most_per_address)

    def server_stream(
        self,
        method: str,
        handler: "grpc.RpcMethodHandler[Any, Any]",
        loop: asyncio.AbstractEventLoop,
        places: ServerStreams,
    ) -> Any:
        """The handler of a servicer's generator, which takes one message and gives many."""
        work = cast(Generate, handler.unary_stream)
        return grpc.unary_stream_rpc_method_handler(
            ServerStream(places, method, work, loop),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _arrival(self, method: str, take: Take) -> Arrival:
        """Admits calls as they arrive; `take` gets them with their message and may raise instead of taking them."""
        guard = self._guard

        def arrive(call: DirectCall) -> Receiver | None:
            try:
                entered = guard.enter(call)
            except Exception as error:
                call.refuse(guard.refused(method, error, call, None))
                return None

            def receive(message: bytes | None) -> None:
                if message is None:
                    call.refuse(guard.refused(method, asyncio.CancelledError(), call, entered))
                    return
                try:
                    take(call, message, entered)
                except Exception as error:
                    call.refuse(guard.refused(method, error, call, entered))

            return receive

        return arrive


async def _bounded(work: Awaitable[Any], seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        return await work


def _abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    """Ends a call; never returns."""
    context.set_trailing_metadata(refusal.trailing_metadata)
    context.abort(refusal.code, refusal.message)
