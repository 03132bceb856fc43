"""Repeats of mutating calls: the same `request_id` with the same fields gets the stored answer.

Key operations never pass here: their repeats are STALE and their answers are never stored (CLONE-2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, text

from cosign.errors import RequestIdReused
from cosign.store.tables import idempotent_request as table
from cosign.store.unit_of_work import writing

KEEP_MS: Final = 24 * 3_600_000
"""How long an answer is remembered."""
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 2))")


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Identity of one mutating call."""

    scope: str
    """Who asked, for example the device id."""
    method: str
    """Full gRPC method name."""
    request_id: str
    """UUID, 36 characters."""


def run_once(
    engine: Engine, key: RequestKey, *, body_hash: bytes, now_ms: int, effect: Callable[[Connection], bytes]
) -> bytes:
    """Runs `effect` and remembers its answer, in one transaction; a repeat returns the remembered answer.

    Args:
        key: Who asked what under which id.
        body_hash: 32 bytes over the request without `request_id`.
        now_ms: Present time.
        effect: Does the work on the given connection and returns the serialised answer. When it raises, nothing
            is remembered and nothing is done.

    Raises:
        RequestIdReused: The id was used with other fields.
        ConcurrentOperation, DatabaseUnavailable: See `writing`.
    """
    with writing(engine) as connection:
        stored = recall(connection, key, body_hash=body_hash, now_ms=now_ms)
        if stored is not None:
            return stored
        answer = effect(connection)
        remember(connection, key, body_hash=body_hash, answer=answer, now_ms=now_ms)
        return answer


def recall(connection: Connection, key: RequestKey, *, body_hash: bytes, now_ms: int) -> bytes | None:
    """Returns the stored answer of an identical call, or None when the call is new.

    Raises:
        RequestIdReused: The id was used with other fields.
    """
    if connection.dialect.name == "postgresql":  # two nodes may serve the same call at once; the second one waits
        connection.execute(_LOCK, {"name": "\x1f".join((key.scope, key.method, key.request_id))})
    row = connection.execute(
        select(table.c.body_hash, table.c.answer).where(*_same(key), table.c.expires_ms > now_ms)
    ).one_or_none()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise RequestIdReused("this request_id was used with other fields")
    answer: bytes = row.answer
    return answer


def remember(connection: Connection, key: RequestKey, *, body_hash: bytes, answer: bytes, now_ms: int) -> None:
    """Stores the answer of a call that `recall` reported as new, in the same transaction."""
    connection.execute(delete(table).where(*_same(key)))
    connection.execute(
        insert(table).values(
            scope=key.scope,
            method=key.method,
            request_id=key.request_id,
            body_hash=body_hash,
            answer=answer,
            expires_ms=now_ms + KEEP_MS,
        )
    )


def sweep(connection: Connection, now_ms: int) -> int:
    """Deletes answers past their time; returns how many."""
    return connection.execute(delete(table).where(table.c.expires_ms <= now_ms)).rowcount


def _same(key: RequestKey) -> tuple[ColumnElement[bool], ...]:
    return (table.c.scope == key.scope, table.c.method == key.method, table.c.request_id == key.request_id)
