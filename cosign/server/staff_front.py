"""Methods of the staff listener: a thread per call, behind the guard of all calls; servicers run on the event loop.

Staff are few, so the public way of gRPC's synchronous server is cheap enough here, and it knows the client certificate.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from typing import Any, Final, NoReturn, cast

import grpc

from cosign.call_context import Metadata
from cosign.server.guard import DEFAULT_DEADLINE_SECONDS, CallGuard
from cosign.server.status import Refusal
from cosign.staff.callers import StaffContext

_CERTIFICATE: Final = "x509_pem_cert"


class StaffCall:
    """`StaffContext` of gRPC's synchronous server."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    def peer(self) -> str:
        """See the port."""
        return str(self._context.peer())

    def invocation_metadata(self) -> Metadata:
        """See the port."""
        return cast(Metadata, self._context.invocation_metadata() or ())

    def peer_certificate(self) -> bytes:
        """See the port."""
        shown = self._context.auth_context().get(_CERTIFICATE, ())
        return bytes(next(iter(shown), b""))


def staff_handler(
    method: str, handler: "grpc.RpcMethodHandler[Any, Any]", guard: CallGuard, loop: asyncio.AbstractEventLoop
) -> Any:
    """The handler of a servicer's coroutine, which runs until it ends, its deadline passes or the client goes."""
    work = cast("Callable[[Any, StaffContext], Awaitable[Any]]", handler.unary_unary)

    def behaviour(request: Any, context: grpc.ServicerContext) -> Any:
        call = StaffCall(context)
        try:
            entered = guard.enter(call)
        except Exception as error:
            _abort(context, guard.refused(method, error, call, None))
        seconds = min(context.time_remaining() or DEFAULT_DEADLINE_SECONDS, DEFAULT_DEADLINE_SECONDS)
        future = asyncio.run_coroutine_threadsafe(_bounded(work(request, call), seconds), loop)
        context.add_callback(lambda: cast(None, future.cancel()))
        try:
            answer = future.result()
        except CancelledError:
            _abort(context, guard.refused(method, asyncio.CancelledError(), call, entered))
        except Exception as error:
            _abort(context, guard.refused(method, error, call, entered))
        guard.finished(method, call, entered)
        return answer

    return grpc.unary_unary_rpc_method_handler(
        behaviour,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


async def _bounded(work: Awaitable[Any], seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        return await work


def _abort(context: grpc.ServicerContext, refusal: Refusal) -> NoReturn:
    context.set_trailing_metadata(refusal.trailing_metadata)
    context.abort(refusal.code, refusal.message)
