"""Serves `MessageService`: decodes, calls the unit, encodes."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.api.v1 import message_pb2 as pb
from cosign.api.v1 import message_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.call_context import AccountCaller, CallContext, language_of
from cosign.errors import FieldInvalid, RateLimited, ResourceNotFound, ShuttingDown
from cosign.messages.catalogue import CATALOGUE
from cosign.messages.model import Category, Message, MessageState, TargetKind
from cosign.messages.ports import InboxState, InboxUnit, MessageFilter
from cosign.messages.waiting import MOST_WAIT_SECONDS, InboxWaiters
from cosign.paging import Pager, PageScope, page_size
from cosign.request_once import RequestOnce
from cosign.store.unit_of_work import reading
from cosign.timestamps import timestamp_ms

HEARTBEAT_SECONDS: Final = 15.0
"""How often a watching reader hears something."""
WATCH_SECONDS: Final = 300.0
"""How long one WatchInbox lasts."""
_CATEGORIES: Final = {one: f"MESSAGE_CATEGORY_{one.name}" for one in Category}
_STATES: Final = {one: f"MESSAGE_STATE_{one.name}" for one in MessageState}
_TARGETS: Final = {one: f"MESSAGE_TARGET_KIND_{one.name}" for one in TargetKind} | {
    TargetKind.NONE: "MESSAGE_TARGET_KIND_UNSPECIFIED"
}


class MessageServicer(rpc.MessageServiceServicer):
    """The inbox of the calling session's account. `present` raises when the session of a call has ended since."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], InboxUnit],
        blocking: BlockingPool,
        caller: Callable[[CallContext], Awaitable[AccountCaller]],
        present: Callable[[CallContext], Awaitable[object]],
        waiters: InboxWaiters,
        pager: Pager,
        once: RequestOnce,
    ) -> None:
        self._engine = engine
        self._unit = unit
        self._blocking = blocking
        self._caller = caller
        self._present = present
        self._waiters = waiters
        self._pager = pager
        self._once = once

    async def GetInbox(self, request: pb.GetInboxRequest, context: CallContext) -> pb.GetInboxResponse:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        wait = request.wait.seconds + request.wait.nanos / 1e9
        if not 0 <= wait <= MOST_WAIT_SECONDS:
            raise FieldInvalid("wait", f"must be 0 to {MOST_WAIT_SECONDS:g} seconds")
        if request.after_revision < 0:
            raise FieldInvalid("after_revision", "must not be negative")
        state = await self._blocking.run(self._inbox, account_id)

        async def changed() -> bool:
            nonlocal state
            state = await self._blocking.run(self._inbox, account_id)
            return state.revision > request.after_revision

        if wait > 0 and state.revision <= request.after_revision and self._waiters.admits(account_id):
            with self._waiters.reader(account_id) as reader:
                await reader.wait(wait, changed)
        return _encode_inbox(state)

    async def WatchInbox(
        self, request: pb.WatchInboxRequest, context: CallContext
    ) -> AsyncIterator[pb.WatchInboxResponse]:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        if request.after_revision < 0:
            raise FieldInvalid("after_revision", "must not be negative")
        if not self._waiters.admits(account_id):
            raise RateLimited("too many readers of this inbox wait", retry_after_ms=1_000)
        end = time.monotonic() + WATCH_SECONDS
        known: int | None = None
        state = InboxState(0, {})

        async def changed() -> bool:
            nonlocal state
            await self._present(context)
            state = await self._blocking.run(self._inbox, account_id)
            return known is None or state.revision > known

        with self._waiters.reader(account_id) as reader:
            while (left := end - time.monotonic()) > 0:
                news = await reader.wait(min(HEARTBEAT_SECONDS, left), changed)
                if not news and self._waiters.draining:
                    raise ShuttingDown(retry_after_ms=200)
                before = request.after_revision if known is None else known
                known = state.revision
                yield pb.WatchInboxResponse(inbox=_encode_inbox(state), changed=state.revision > before)

    def _inbox(self, account_id: str) -> InboxState:
        with reading(self._engine) as connection:
            return self._unit(connection).inbox(account_id)

    async def ListMessages(self, request: pb.ListMessagesRequest, context: CallContext) -> pb.ListMessagesResponse:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        size = page_size(request.page_size)
        since_ms, until_ms = validation.period(
            request.since if request.HasField("since") else None, request.until if request.HasField("until") else None
        )
        wanted = MessageFilter(
            category=_category(request.category),
            unread_only=request.unread_only,
            since_ms=since_ms,
            until_ms=until_ms,
        )
        scope = PageScope("ListMessages", account_id, repr(wanted))
        before = self._pager.cursor(scope, request.page_token)
        return await self._blocking.run(self._list, scope, wanted, before, size, language_of(context))

    def _list(
        self, scope: PageScope, wanted: MessageFilter, before: str, size: int, language: str
    ) -> pb.ListMessagesResponse:
        with reading(self._engine) as connection:
            page = self._unit(connection).messages(scope.caller, wanted, before=before, limit=size)
        return pb.ListMessagesResponse(
            messages=[_encode(message, language) for message in page.messages],
            next_page_token=self._pager.token(scope, page.cursor),
        )

    async def GetMessage(self, request: pb.GetMessageRequest, context: CallContext) -> pb.GetMessageResponse:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        message_id = validation.identifier("message_id", request.message_id, ids.MESSAGE)
        message = await self._blocking.run(self._get, account_id, message_id)
        return pb.GetMessageResponse(message=_encode(message, language_of(context)))

    def _get(self, account_id: str, message_id: str) -> Message:
        with reading(self._engine) as connection:
            return _found(self._unit(connection).message(account_id, message_id))

    async def MarkMessageRead(
        self, request: pb.MarkMessageReadRequest, context: CallContext
    ) -> pb.MarkMessageReadResponse:
        """See the proto."""
        caller = await self._caller(context)
        message_id = validation.identifier("message_id", request.message_id, ids.MESSAGE)
        language = language_of(context)

        def effect(connection: Connection) -> pb.MarkMessageReadResponse:
            unit = self._unit(connection)
            _found(unit.message(caller.account_id, message_id))
            unit.mark_read(caller.account_id, message_id)
            message = _found(unit.message(caller.account_id, message_id))
            return pb.MarkMessageReadResponse(message=_encode(message, language))

        return await self._once.run(request, pb.MarkMessageReadResponse, scope=caller.device_id, effect=effect)

    async def MarkAllMessagesRead(
        self, request: pb.MarkAllMessagesReadRequest, context: CallContext
    ) -> pb.MarkAllMessagesReadResponse:
        """See the proto."""
        caller = await self._caller(context)
        category = _category(request.category)

        def effect(connection: Connection) -> pb.MarkAllMessagesReadResponse:
            count = self._unit(connection).mark_all_read(caller.account_id, category)
            return pb.MarkAllMessagesReadResponse(count=count)

        return await self._once.run(request, pb.MarkAllMessagesReadResponse, scope=caller.device_id, effect=effect)


def _category(number: int) -> Category | None:
    if number == pb.MESSAGE_CATEGORY_UNSPECIFIED:
        return None
    for category, name in _CATEGORIES.items():
        if pb.MessageCategory.Value(name) == number:
            return category
    raise FieldInvalid("category", "is not known")


def _found(message: Message | None) -> Message:
    if message is None:
        raise ResourceNotFound("no such message")
    return message


def _encode_inbox(state: InboxState) -> pb.GetInboxResponse:
    return pb.GetInboxResponse(
        revision=state.revision,
        unread=sum(state.unread.values()),
        unread_by_category=[
            pb.UnreadCount(category=_CATEGORIES[category], count=state.unread[category])
            for category in Category
            if state.unread.get(category)
        ],
    )


def _encode(message: Message, language: str) -> pb.Message:
    event = CATALOGUE[message.kind]
    words = event.words(language, message.args)
    return pb.Message(
        message_id=message.message_id,
        kind=message.kind.value,
        category=_CATEGORIES[message.category],
        title=words.title,
        text=words.text,
        target_kind=_TARGETS[message.target_kind],
        target_id=message.target_id,
        asks=event.asks,
        state=_STATES[message.state],
        outcome=message.outcome,
        created_at=timestamp_ms(message.created_ms),
        read_at=timestamp_ms(message.read_ms) if message.read_ms else None,
    )
