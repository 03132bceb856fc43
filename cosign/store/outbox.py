"""The transactional outbox: what must reach the outside is written in the transaction of the change that causes it.

    enqueue     in the caller's transaction; nothing leaves unless that commits
    claim       a worker takes rows that are due, for the time of a lease; a killed node's rows come back after it
    end, retry  what became of an attempt; fenced by the number of the attempt, so that a late worker changes nothing

Delivery is at least once: a process that is killed between delivering and recording delivers again, under the same
idempotency key. Rows of one `line` leave one after another; a dead one does not hold up those behind it.
"""

import enum
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Row, Update, func, select, text, update

from cosign.clock import Clock
from cosign.store.tables import outbox as table
from cosign.store.waker import notify
from cosign.transitions import Transitions

TOPIC: Final = "outbox"
"""Topic of `cosign.store.waker`: rows were added."""
MAX_PAYLOAD: Final = 16_384
"""Bytes."""
LONGEST_LINE: Final = 96
"""Characters of `key` and `line`."""


class OutboxState(enum.StrEnum):
    """Life of a row."""

    WAITING = "waiting"
    """To be delivered; also while an attempt runs."""
    SENT = "sent"
    """The provider took it."""
    DEAD = "dead"
    """Given up: refused for good, or too many attempts. Kept, with its payload, until an operator decides."""
    EXPIRED = "expired"
    """Its time was over before it could be delivered."""
    DROPPED = "dropped"
    """Taken out by an operator, or there was nobody to deliver to."""


TRANSITIONS: Final = Transitions(
    "a row",
    OutboxState,
    {
        OutboxState.WAITING: {OutboxState.SENT, OutboxState.DEAD, OutboxState.EXPIRED, OutboxState.DROPPED},
        OutboxState.DEAD: {OutboxState.WAITING, OutboxState.DROPPED},
    },
)
"""Every transition there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One row as a handler sees it."""

    row_id: int
    kind: str
    key: str
    """Idempotency key: the provider must treat a second delivery under it as the first."""
    line: str
    payload: bytes
    attempt: int
    """1 for the first."""
    expires_ms: int
    created_ms: int


_INSERT: Final = text(
    "INSERT INTO outbox (kind, key, line, payload, state, attempts, due_ms, expires_ms, created_ms, ended_ms, reason, "
    "reference) VALUES (:kind, :key, :line, :payload, 'waiting', 0, :due_ms, :expires_ms, :created_ms, 0, '', '') "
    "ON CONFLICT (key) DO NOTHING"
)
_READY: Final = (
    "FROM outbox o WHERE state = 'waiting' AND kind = :kind AND (line = '' OR NOT EXISTS (SELECT 1 FROM outbox b "
    "WHERE b.line = o.line AND b.line <> '' AND b.state = 'waiting' AND b.row_id < o.row_id))"
)
_DUE: Final = f"SELECT row_id {_READY} AND due_ms <= :now_ms ORDER BY due_ms LIMIT :count"
_DUE_SQLITE: Final = text(_DUE)
_DUE_POSTGRES: Final = text(_DUE + " FOR UPDATE SKIP LOCKED")
_NEXT_DUE: Final = text(f"SELECT due_ms {_READY} ORDER BY due_ms LIMIT 1")


def enqueue(
    connection: Connection,
    *,
    kind: str,
    key: str,
    payload: bytes,
    clock: Clock,
    not_before_ms: int = 0,
    expires_ms: int = 0,
    line: str = "",
) -> None:
    """Writes a row in the caller's transaction; workers hear of it after the commit.

    Args:
        connection: In a transaction of `writing`.
        kind: Name of the handler, 1 to 32 characters.
        key: What makes this delivery the same one, 1 to 96 characters; a second row with it is not added.
        payload: At most 16,384 bytes; personal data in it is sealed by the caller.
        clock: Present time.
        not_before_ms: First attempt not before this time, ms since the epoch; 0 at once.
        expires_ms: From then on it is never delivered, ms since the epoch; 0 without end.
        line: Rows with the same line, at most 96 characters, leave one after another; empty for no order.

    Raises:
        ValueError: A value is out of range.
    """
    if not 1 <= len(kind) <= 32 or not 1 <= len(key) <= LONGEST_LINE or len(line) > LONGEST_LINE:
        raise ValueError("kind, key or line of an outbox row is too long or missing")
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("the payload of an outbox row is too long")
    now_ms = clock.now_ms()
    connection.execute(
        _INSERT,
        {
            "kind": kind,
            "key": key,
            "line": line,
            "payload": payload,
            "due_ms": max(now_ms, not_before_ms),
            "expires_ms": expires_ms,
            "created_ms": now_ms,
        },
    )
    notify(connection, TOPIC)


def claim(connection: Connection, kind: str, *, now_ms: int, lease_ms: int, count: int) -> list[OutboxItem]:
    """Takes up to `count` rows of a kind that are due; nobody else gets them for `lease_ms`. Longest due first."""
    due = _DUE_POSTGRES if connection.dialect.name == "postgresql" else _DUE_SQLITE
    ids = list(connection.execute(due, {"kind": kind, "now_ms": now_ms, "count": count}).scalars())
    if not ids:
        return []
    connection.execute(
        update(table)
        .where(table.c.row_id.in_(ids), table.c.state == OutboxState.WAITING.value)
        .values(attempts=table.c.attempts + 1, due_ms=now_ms + lease_ms)
    )
    rows = connection.execute(select(table).where(table.c.row_id.in_(ids)).order_by(table.c.row_id))
    return [_as_item(row) for row in rows]


def end(
    connection: Connection, item: OutboxItem, state: OutboxState, *, now_ms: int, reason: str = "", reference: str = ""
) -> bool:
    """Records the end of the row; false when another attempt has begun or ended it meanwhile.

    The payload is kept only while the row is DEAD: whatever else happened, nobody needs it any more.
    """
    TRANSITIONS.check(OutboxState.WAITING, state, ValueError)
    values: dict[str, object] = {"state": state.value, "ended_ms": now_ms, "reason": reason, "reference": reference}
    if state is not OutboxState.DEAD:
        values["payload"] = b""
    return connection.execute(_of(item).values(values)).rowcount == 1


def retry(connection: Connection, item: OutboxItem, *, due_ms: int, reason: str) -> bool:
    """Gives the row back for another attempt at `due_ms`; false when another attempt has begun or ended it."""
    return connection.execute(_of(item).values(due_ms=due_ms, reason=reason)).rowcount == 1


def next_due(connection: Connection, kind: str) -> int | None:
    """When the next row of a kind is due, ms since the epoch; None when none waits."""
    due: int | None = connection.execute(_NEXT_DUE, {"kind": kind}).scalar()
    return due


def depth(connection: Connection, now_ms: int) -> tuple[int, int, int]:
    """Rows that wait, age of the oldest of them in ms, rows that are dead."""
    waiting = table.c.state == OutboxState.WAITING.value
    count, oldest = connection.execute(select(func.count(), func.min(table.c.created_ms)).where(waiting)).one()
    dead = select(func.count()).where(table.c.state == OutboxState.DEAD.value)
    return count, now_ms - oldest if oldest is not None else 0, connection.execute(dead).scalar_one()


def _of(item: OutboxItem) -> Update:
    return update(table).where(
        table.c.row_id == item.row_id,
        table.c.state == OutboxState.WAITING.value,
        table.c.attempts == item.attempt,
    )


def _as_item(row: Row[tuple[object, ...]]) -> OutboxItem:
    return OutboxItem(
        row_id=row.row_id,
        kind=row.kind,
        key=row.key,
        line=row.line,
        payload=row.payload,
        attempt=row.attempts,
        expires_ms=row.expires_ms,
        created_ms=row.created_ms,
    )
