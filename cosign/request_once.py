"""Mutating calls in servicers: the same `request_id` with the same fields has one effect and gets one answer.

answer = await self._once.run(request, pb.UnbindDeviceResponse, scope=caller.device_id, effect=effect)
"""

import functools
from collections.abc import Callable, Collection
from typing import Final, Protocol, TypeVar, cast

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from sqlalchemy import Connection, Engine

from cosign import validation
from cosign.blocking import BlockingPool
from cosign.clock import Clock
from cosign.store.idempotency import RequestKey, run_once

A = TypeVar("A", bound=Message)

_REQUEST_ID: Final = "request_id"


class _Mutating(Protocol):
    @property
    def request_id(self) -> str: ...


class RequestOnce:
    """Runs effects once per caller, method and request id; answers are remembered for 24 hours.

    `mac` is a keyed function of the core, bytes to 32 bytes: what is remembered of a request must not tell the names
    and numbers in it to who guesses them.
    """

    def __init__(self, engine: Engine, *, clock: Clock, blocking: BlockingPool, mac: Callable[[bytes], bytes]) -> None:
        self._engine = engine
        self._clock = clock
        self._blocking = blocking
        self._mac = mac

    async def run(
        self,
        request: Message,
        answer: type[A],
        *,
        scope: str,
        effect: Callable[[Connection], A],
        ignoring: Collection[str] = (),
    ) -> A:
        """Runs `effect` in a transaction, or returns what an identical call was answered.

        Args:
            request: The message of the call, with its field `request_id`; the method is the one that takes it.
            answer: Message of the method's answer.
            scope: Who calls, for example the id of the device or account: ids of others never meet.
            effect: Works on the given connection. When it raises, nothing is done and nothing is remembered.
            ignoring: Fields that differ when the same request is sent again: proofs, their times and nonces.

        Raises:
            FieldInvalid: `request_id` is not a UUID.
            RequestIdReused: The id was used with other fields.
            ConcurrentOperation, DatabaseUnavailable: See `writing`.
        """
        request_id = validation.uuid_text(_REQUEST_ID, cast(_Mutating, request).request_id)
        key = RequestKey(scope, method_of(request.DESCRIPTOR), request_id)
        stored = await self._blocking.run(
            run_once,
            self._engine,
            key,
            body_hash=self._mac(_body(request, ignoring)),
            now_ms=self._clock.now_ms(),
            effect=lambda connection: effect(connection).SerializeToString(),
        )
        return answer.FromString(stored)


@functools.cache
def method_of(request: Descriptor) -> str:
    """Full gRPC name of the method that takes this message: `/cosign.api.v1.DeviceService/UnbindDevice`.

    Raises:
        ValueError: None does, or several do.
    """
    (name,) = [
        f"/{service.full_name}/{method.name}"
        for service in request.file.services_by_name.values()
        for method in service.methods
        if method.input_type is request or method.input_type.full_name == request.full_name
    ]
    return name


def _body(request: Message, ignoring: Collection[str]) -> bytes:
    copy = type(request)()
    copy.CopyFrom(request)
    for field in (_REQUEST_ID, *ignoring):
        copy.ClearField(field)
    return b"ONCE" + copy.SerializeToString(deterministic=True)
