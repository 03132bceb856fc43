"""KeyService: decode, call, encode. Its calls need a session and are idempotent by `request_id`.

Key generation is a key operation and stands with the others in `envelope_methods`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.api.v1 import key_pb2 as pb
from cosign.api.v1 import key_pb2_grpc
from cosign.blocking import BlockingPool
from cosign.call_context import CallContext
from cosign.clock import Clock, to_ms
from cosign.devices.model import Caller
from cosign.errors import FieldInvalid
from cosign.paging import Pager, PageScope, page_size
from cosign.request_once import RequestOnce
from cosign.signing.model import ActivationChallenge, FrozenBy, Key, KeyFilter, KeyState
from cosign.signing.ports import KeyUnit
from cosign.signing.usecases.activate_key import activate_key, begin_activation
from cosign.signing.usecases.change_key_state import freeze_key, revoke_key, unfreeze_key
from cosign.signing.usecases.find_key import get_key, list_keys
from cosign.store.unit_of_work import reading, writing
from cosign.timestamps import timestamp
from protocol.codes import Custody, Purpose

T = TypeVar("T")
A = TypeVar("A", pb.ActivateKeyResponse, pb.FreezeKeyResponse, pb.UnfreezeKeyResponse, pb.RevokeKeyResponse)

_PURPOSES: Final = {
    Purpose.SIGN: pb.KEY_PURPOSE_SIGN,
    Purpose.DECRYPT: pb.KEY_PURPOSE_DECRYPT,
    Purpose.LOGIN: pb.KEY_PURPOSE_LOGIN,
}
_CUSTODIES: Final = {
    Custody.SEALED: pb.KEY_CUSTODY_SEALED,
    Custody.TOKEN: pb.KEY_CUSTODY_TOKEN,
}
_STATES: Final = {
    KeyState.INACTIVE: pb.KEY_STATE_INACTIVE,
    KeyState.ACTIVE: pb.KEY_STATE_ACTIVE,
    KeyState.FROZEN: pb.KEY_STATE_FROZEN,
    KeyState.REVOKED: pb.KEY_STATE_REVOKED,
}


class KeyServicer(key_pb2_grpc.KeyServiceServicer):
    """The life of keys."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], KeyUnit],
        clock: Clock,
        blocking: BlockingPool,
        caller: Callable[[CallContext], Awaitable[Caller]],
        pager: Pager,
        once: RequestOnce,
    ) -> None:
        self._engine = engine
        self._unit = unit
        self._clock = clock
        self._blocking = blocking
        self._caller = caller
        self._pager = pager
        self._once = once

    async def BeginActivation(
        self, request: pb.BeginActivationRequest, context: CallContext
    ) -> pb.BeginActivationResponse:
        """See the proto."""
        caller = await self._caller(context)
        key_id = validation.identifier("key_id", request.key_id, ids.KEY)

        def work() -> ActivationChallenge:
            with writing(self._engine) as connection:
                return begin_activation(self._unit(connection), key_id=key_id, device_id=caller.device_id)

        challenge = await self._blocking.run(work)
        return pb.BeginActivationResponse(digest=challenge.digest, ciphertext=challenge.ciphertext)

    async def ActivateKey(self, request: pb.ActivateKeyRequest, context: CallContext) -> pb.ActivateKeyResponse:
        """See the proto."""
        caller = await self._caller(context)
        kind = request.WhichOneof("proof")
        if kind is None:
            raise FieldInvalid("proof", "must be set")
        if kind == "signature":
            proof = validation.exact_bytes("signature", request.signature, 64)
        else:
            proof = validation.exact_bytes("plaintext", request.plaintext, 32)

        def activate(unit: KeyUnit, key_id: str) -> Key:
            return activate_key(
                unit,
                key_id=key_id,
                device_id=caller.device_id,
                signature=proof if kind == "signature" else None,
                plaintext=proof if kind == "plaintext" else None,
                now_ms=self._clock.now_ms(),
            )

        return await self._change(caller, request, pb.ActivateKeyResponse, activate)

    async def GetKey(self, request: pb.GetKeyRequest, context: CallContext) -> pb.GetKeyResponse:
        """See the proto."""
        caller = await self._caller(context)
        key_id = validation.identifier("key_id", request.key_id, ids.KEY)

        def work() -> Key:
            with reading(self._engine) as connection:
                return get_key(self._unit(connection), key_id=key_id, user_id=caller.user_id)

        return pb.GetKeyResponse(key=_encode(await self._blocking.run(work)))

    async def ListKeys(self, request: pb.ListKeysRequest, context: CallContext) -> pb.ListKeysResponse:
        """See the proto."""
        caller = await self._caller(context)
        size = page_size(request.page_size)
        where = KeyFilter(
            purpose=_choice("purpose", request.purpose, _PURPOSES), state=_choice("state", request.state, _STATES)
        )
        scope = PageScope("ListKeys", caller.user_id, f"purpose={request.purpose}&state={request.state}")
        cursor = self._pager.cursor(scope, request.page_token)
        after = None
        if cursor:
            created_ms, _, key_id = cursor.partition(" ")
            after = (int(created_ms), key_id)

        def work() -> list[Key]:
            with reading(self._engine) as connection:
                unit = self._unit(connection)
                return list(list_keys(unit, user_id=caller.user_id, where=where, after=after, limit=size + 1))

        found = await self._blocking.run(work)
        last = found[size - 1] if len(found) > size else None
        return pb.ListKeysResponse(
            keys=[_encode(key) for key in found[:size]],
            next_page_token=self._pager.token(scope, f"{to_ms(last.created_at)} {last.key_id}") if last else "",
        )

    async def FreezeKey(self, request: pb.FreezeKeyRequest, context: CallContext) -> pb.FreezeKeyResponse:
        """See the proto."""
        caller = await self._caller(context)

        def freeze(unit: KeyUnit, key_id: str) -> Key:
            now_ms = self._clock.now_ms()
            return freeze_key(unit, key_id=key_id, user_id=caller.user_id, by=FrozenBy.USER, now_ms=now_ms)

        return await self._change(caller, request, pb.FreezeKeyResponse, freeze)

    async def UnfreezeKey(self, request: pb.UnfreezeKeyRequest, context: CallContext) -> pb.UnfreezeKeyResponse:
        """See the proto."""
        caller = await self._caller(context)

        def unfreeze(unit: KeyUnit, key_id: str) -> Key:
            return unfreeze_key(
                unit,
                key_id=key_id,
                user_id=caller.user_id,
                by=FrozenBy.USER,
                now_ms=self._clock.now_ms(),
                calling_device=caller.device_id,
            )

        return await self._change(caller, request, pb.UnfreezeKeyResponse, unfreeze)

    async def RevokeKey(self, request: pb.RevokeKeyRequest, context: CallContext) -> pb.RevokeKeyResponse:
        """See the proto."""
        caller = await self._caller(context)

        def revoke(unit: KeyUnit, key_id: str) -> Key:
            now_ms = self._clock.now_ms()
            return revoke_key(
                unit, key_id=key_id, user_id=caller.user_id, now_ms=now_ms, calling_device=caller.device_id
            )

        return await self._change(caller, request, pb.RevokeKeyResponse, revoke)

    async def _change(
        self,
        caller: Caller,
        request: pb.ActivateKeyRequest | pb.FreezeKeyRequest | pb.UnfreezeKeyRequest | pb.RevokeKeyRequest,
        answer: type[A],
        change: Callable[[KeyUnit, str], Key],
    ) -> A:
        """Runs a change of one key once per request id and returns its description."""
        key_id = validation.identifier("key_id", request.key_id, ids.KEY)

        def effect(connection: Connection) -> A:
            return answer(key=_encode(change(self._unit(connection), key_id)))

        return await self._once.run(request, answer, scope=caller.device_id, effect=effect)


def _choice(field: str, number: int, table: dict[T, Any]) -> T | None:
    if number == 0:
        return None
    for member, wire in table.items():
        if wire == number:
            return member
    raise FieldInvalid(field, "is not a known value")


def _encode(key: Key) -> pb.Key:
    return pb.Key(
        key_id=key.key_id,
        suite=key.suite,
        purpose=_PURPOSES[key.purpose],
        public_key=key.public_key,
        state=_STATES[key.state],
        device_id=key.device_id,
        created_at=timestamp(key.created_at),
        share_epoch=key.share_epoch,
        decryptions=key.decryptions,
        custody=_CUSTODIES[key.custody],
    )
