"""Messages in the database. The only user of `tables.py`."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, func, select, text, update

from cosign import ids
from cosign.clock import Clock, to_ms
from cosign.messages import payloads
from cosign.messages.model import (
    TRANSITIONS,
    Category,
    Channel,
    Message,
    MessageKind,
    MessageState,
    TargetKind,
    sources,
)
from cosign.messages.ports import InboxState, MessageFilter, PageOfMessages
from cosign.messages.tables import message as table
from cosign.messages.tables import message_inbox
from cosign.personal import Field, PersonalData
from cosign.store.outbox import enqueue
from cosign.store.waker import notify

CHANGED: Final = "inbox:"
"""Topic of `cosign.store.waker`, followed by the account id."""
_RAISE: Final = text(
    "INSERT INTO message_inbox (account_id, revision) VALUES (:account_id, 1) "
    "ON CONFLICT (account_id) DO UPDATE SET revision = message_inbox.revision + 1"
)
_OPEN: Final = tuple(state.value for state in TRANSITIONS.open)


class SqlMessageUnit:
    """`MessageUnit` and `InboxUnit` on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection, *, clock: Clock, personal: PersonalData) -> None:
        self._connection = connection
        self._clock = clock
        self._personal = personal

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def add(self, message: Message) -> None:
        self._connection.execute(
            table.insert().values(
                message_id=message.message_id,
                account_id=message.account_id,
                kind=message.kind.value,
                category=message.category.value,
                target_kind=message.target_kind.value,
                target_id=message.target_id,
                args_sealed=self._sealed(message),
                state=message.state.value,
                outcome=message.outcome,
                created_ms=message.created_ms,
                read_ms=message.read_ms,
                settled_ms=message.settled_ms,
            )
        )
        self._changed(message.account_id)

    def send(self, message: Message, chain: Sequence[Channel], *, sending: str = "") -> None:
        notice = payloads.Notice(message_id=message.message_id, chain=tuple(chain), sending=sending)
        payloads.enqueue_notice(self._connection, notice, self._clock)

    def send_code(
        self, *, brand: str, phone_number: str, purpose: str, code: str, language: str, expires_at: dt.datetime
    ) -> None:
        key = ids.new_id(ids.CODE_SENT, self._clock.now_ms())
        content = payloads.CodeContent(
            brand=brand, phone_number=phone_number, purpose=purpose, code=code, language=language
        )
        enqueue(
            self._connection,
            kind=payloads.CODE,
            key=key,
            payload=self._personal.seal(Field.MESSAGE, key, content.to_json()),
            clock=self._clock,
            expires_ms=to_ms(expires_at),
        )

    def settle(self, *, target_kind: TargetKind, target_id: str, acted_by: str, outcome: str) -> int:
        about = (
            table.c.target_id == target_id,
            table.c.target_id != "",
            table.c.target_kind == target_kind.value,
            table.c.state.in_(_OPEN),
        )
        found = self._connection.execute(select(table.c.message_id, table.c.account_id).where(*about)).all()
        now_ms = self._clock.now_ms()
        for state in (MessageState.ACTED, MessageState.OUTDATED):
            mine = [row.message_id for row in found if (row.account_id == acted_by) is (state is MessageState.ACTED)]
            if mine:
                self._connection.execute(
                    update(table)
                    .where(table.c.message_id.in_(mine), table.c.state.in_([one.value for one in sources(state)]))
                    .values(state=state.value, outcome=outcome, settled_ms=now_ms)
                )
        for account_id in sorted({row.account_id for row in found}):
            self._changed(account_id)
        return len(found)

    def message(self, account_id: str, message_id: str) -> Message | None:
        query = select(table).where(table.c.message_id == message_id, table.c.account_id == account_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else self._as_message(row)

    def any_message(self, message_id: str) -> Message | None:
        """Whosoever it is: for delivery, which has no caller."""
        row = self._connection.execute(select(table).where(table.c.message_id == message_id)).mappings().one_or_none()
        return None if row is None else self._as_message(row)

    def messages(self, account_id: str, wanted: MessageFilter, *, before: str, limit: int) -> PageOfMessages:
        query = page_query(account_id, wanted, before=before, limit=limit + 1)
        found = [self._as_message(row) for row in self._connection.execute(query).mappings()]
        more = len(found) > limit
        return PageOfMessages(found[:limit], found[limit - 1].message_id if more else "")

    def mark_read(self, account_id: str, message_id: str) -> None:
        changed = self._connection.execute(
            update(table)
            .where(table.c.message_id == message_id, table.c.account_id == account_id, _readable())
            .values(state=MessageState.READ.value, read_ms=self._clock.now_ms())
        )
        if changed.rowcount:
            self._changed(account_id)

    def mark_all_read(self, account_id: str, category: Category | None) -> int:
        query = update(table).where(table.c.account_id == account_id, _readable())
        if category is not None:
            query = query.where(table.c.category == category.value)
        changed = self._connection.execute(
            query.values(state=MessageState.READ.value, read_ms=self._clock.now_ms())
        ).rowcount
        if changed:
            self._changed(account_id)
        return changed

    def inbox(self, account_id: str) -> InboxState:
        revision = self._connection.execute(
            select(message_inbox.c.revision).where(message_inbox.c.account_id == account_id)
        ).scalar()
        counts = self._connection.execute(unread_query(account_id))
        return InboxState(revision or 0, {Category(row.category): row.unread for row in counts})

    def _changed(self, account_id: str) -> None:
        self._connection.execute(_RAISE, {"account_id": account_id})
        notify(self._connection, CHANGED + account_id)

    def _sealed(self, message: Message) -> bytes:
        if not message.args:
            return b""
        content = json.dumps(dict(message.args), ensure_ascii=False, separators=(",", ":"))
        return self._personal.seal(Field.NOTE, message.message_id, content)

    def _as_message(self, row: RowMapping) -> Message:
        args = row["args_sealed"]
        return Message(
            message_id=row["message_id"],
            account_id=row["account_id"],
            kind=MessageKind(row["kind"]),
            category=Category(row["category"]),
            target_kind=TargetKind(row["target_kind"]),
            target_id=row["target_id"],
            args=json.loads(self._personal.open(Field.NOTE, row["message_id"], args)) if args else {},
            state=MessageState(row["state"]),
            outcome=row["outcome"],
            created_ms=row["created_ms"],
            read_ms=row["read_ms"],
            settled_ms=row["settled_ms"],
        )


def page_query(account_id: str, wanted: MessageFilter, *, before: str, limit: int) -> Select[tuple[object, ...]]:
    """Messages of an account below an id, newest first; a range of time is a range of ids."""
    query = select(table).where(table.c.account_id == account_id).order_by(table.c.message_id.desc()).limit(limit)
    if wanted.category is not None:
        query = query.where(table.c.category == wanted.category.value)
    if wanted.unread_only:
        query = query.where(text("state = 'unread'"))
    if wanted.since_ms:
        query = query.where(table.c.message_id >= ids.first_id(ids.MESSAGE, wanted.since_ms))
    ends = [before] if before else []
    if wanted.until_ms:
        ends.append(ids.first_id(ids.MESSAGE, wanted.until_ms))
    if ends:
        query = query.where(table.c.message_id < min(ends))
    return query


def unread_query(account_id: str) -> Select[tuple[str, int]]:
    """Unread messages of an account by category."""
    return (
        select(table.c.category, func.count().label("unread"))
        .where(table.c.account_id == account_id, text("state = 'unread'"))
        .group_by(table.c.category)
    )


def erase(connection: Connection, account_id: str) -> int:
    """Removes the inbox of an account that was cancelled (R-AUD-08); returns how many messages it held."""
    connection.execute(delete(message_inbox).where(message_inbox.c.account_id == account_id))
    return connection.execute(delete(table).where(table.c.account_id == account_id)).rowcount


def _readable() -> ColumnElement[bool]:
    """What may become READ."""
    return table.c.state.in_([state.value for state in sources(MessageState.READ)])
