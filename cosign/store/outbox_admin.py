"""What operators do with the outbox: look at it, give dead letters another chance, take rows out, forget old ones."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select, text, update

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.store.outbox import TOPIC, TRANSITIONS, OutboxState
from cosign.store.tables import outbox as table
from cosign.store.waker import notify

KEEP_ENDED_MS: Final = 7 * 24 * 3_600_000
"""How long a row is kept after its end; so long its key is remembered."""
KEEP_DEAD_MS: Final = 30 * 24 * 3_600_000
"""How long a dead letter is kept."""
SWEEP_ROWS: Final = 1_000
"""Rows removed at once."""
_DEAD: Final = text("state = 'dead'")
_ENDED: Final = text("state <> 'waiting' AND state <> 'dead'")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One row without its payload."""

    row_id: int
    kind: str
    key: str
    state: OutboxState
    attempts: int
    due_ms: int
    expires_ms: int
    created_ms: int
    ended_ms: int
    reason: str
    reference: str


def rows(connection: Connection, *, state: OutboxState | None, before: int, limit: int) -> list[OutboxRow]:
    """Rows below id `before` (0: all) in one state or any, newest first."""
    query = select(table).order_by(table.c.row_id.desc()).limit(limit)
    if state is not None:
        query = query.where(table.c.state == state.value)
    if before:
        query = query.where(table.c.row_id < before)
    return [
        OutboxRow(
            row_id=row.row_id,
            kind=row.kind,
            key=row.key,
            state=OutboxState(row.state),
            attempts=row.attempts,
            due_ms=row.due_ms,
            expires_ms=row.expires_ms,
            created_ms=row.created_ms,
            ended_ms=row.ended_ms,
            reason=row.reason,
            reference=row.reference,
        )
        for row in connection.execute(query)
    ]


def revive(connection: Connection, row_id: int, clock: Clock) -> None:
    """Gives a dead letter all its attempts again, at once. Raises ResourceNotFound unless it is DEAD."""
    changed = connection.execute(
        update(table)
        .where(table.c.row_id == row_id, table.c.state.in_(_before(OutboxState.WAITING)))
        .values(state=OutboxState.WAITING.value, attempts=0, due_ms=clock.now_ms(), ended_ms=0, reason="")
    )
    if changed.rowcount != 1:
        raise ResourceNotFound(f"no dead letter {row_id}")
    notify(connection, TOPIC)


def drop(connection: Connection, row_id: int, clock: Clock) -> None:
    """Takes a row out for good. Raises ResourceNotFound unless it waits or is DEAD.

    An attempt that runs at the same moment may still deliver; it changes nothing in the table.
    """
    changed = connection.execute(
        update(table)
        .where(table.c.row_id == row_id, table.c.state.in_(_before(OutboxState.DROPPED)))
        .values(state=OutboxState.DROPPED.value, payload=b"", ended_ms=clock.now_ms(), reason="operator")
    )
    if changed.rowcount != 1:
        raise ResourceNotFound(f"no row {row_id} that waits or is dead")


def sweep(connection: Connection, now_ms: int) -> int:
    """Forgets rows whose time is over; returns how many, at most SWEEP_ROWS of each kind."""
    count = 0
    for condition, kept_ms in ((_ENDED, KEEP_ENDED_MS), (_DEAD, KEEP_DEAD_MS)):
        over = select(table.c.row_id).where(condition, table.c.ended_ms <= now_ms - kept_ms)
        old = list(connection.execute(over.order_by(table.c.ended_ms).limit(SWEEP_ROWS)).scalars())
        if old:
            count += connection.execute(delete(table).where(table.c.row_id.in_(old))).rowcount
    return count


def _before(target: OutboxState) -> list[str]:
    return [state.value for state in TRANSITIONS.sources(target)]
