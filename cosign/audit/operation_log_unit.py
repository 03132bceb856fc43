"""The operation log in the database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.operation_log_model import DICTIONARY, Operation, OperationKind
from cosign.audit.tables import operation_log as table
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.personal import Field, PersonalData

SEARCH_ROWS: Final = 1_000
"""Entries that one call looks through for a keyword: their contents are sealed and must be opened."""
_CHUNK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFilter:
    """Which entries a list holds. Times in ms since the epoch; 0 for no bound."""

    kind: OperationKind | None = None
    since_ms: int = 0
    until_ms: int = 0
    keyword: str = ""


@dataclass(frozen=True, slots=True)
class PageOfOperations:
    """A slice of the log, newest first, and where the next one starts (empty: nowhere)."""

    operations: Sequence[Operation]
    cursor: str


class SqlOperationUnit:
    """`OperationUnit` on one connection, inside the caller's transaction; also reads."""

    def __init__(self, connection: Connection, *, clock: Clock, personal: PersonalData, trail: AuditTrail) -> None:
        self._connection = connection
        self._clock = clock
        self._personal = personal
        self._trail = trail

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def add_operation(self, operation: Operation) -> None:
        sealed = b""
        if operation.content:
            content = json.dumps(dict(operation.content), ensure_ascii=False, separators=(",", ":"))
            sealed = self._personal.seal(Field.NOTE, operation.operation_id, content)
        self._connection.execute(
            insert(table).values(
                operation_id=operation.operation_id,
                account_id=operation.account_id,
                device_id=operation.device_id,
                kind=operation.kind.value,
                outcome=operation.outcome,
                object_id=operation.object_id,
                content_sealed=sealed,
                time_ms=operation.time_ms,
            )
        )
        self._trail.append(
            self._connection,
            [
                AuditEntry(
                    time_ms=operation.time_ms,
                    event=AuditEvent(operation.kind.value),
                    outcome=operation.outcome,
                    device_id=operation.device_id,
                    audit_hash=operation.binding(sealed),
                    actor=operation.account_id[:32],
                )
            ],
        )

    def operation(self, account_id: str, operation_id: str) -> Operation | None:
        """An entry of this account."""
        query = select(table).where(table.c.operation_id == operation_id, table.c.account_id == account_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else self._as_operation(row)

    def operations(self, account_id: str, wanted: OperationFilter, *, before: str, limit: int) -> PageOfOperations:
        """Entries with ids below `before` (all if empty), newest first; with a keyword maybe fewer than there are."""
        if not wanted.keyword:
            found = self._read(page_query(account_id, wanted, before=before, limit=limit + 1))
            more = len(found) > limit
            return PageOfOperations(found[:limit], found[limit - 1].operation_id if more else "")
        hits: list[Operation] = []
        for _ in range(SEARCH_ROWS // _CHUNK):
            chunk = self._read(page_query(account_id, wanted, before=before, limit=_CHUNK))
            for operation in chunk:
                before = operation.operation_id
                if _contains(operation, wanted.keyword):
                    hits.append(operation)
                    if len(hits) == limit:
                        return PageOfOperations(hits, before)
            if len(chunk) < _CHUNK:
                return PageOfOperations(hits, "")
        return PageOfOperations(hits, before)

    def _read(self, query: Select[tuple[object, ...]]) -> list[Operation]:
        return [self._as_operation(row) for row in self._connection.execute(query).mappings()]

    def _as_operation(self, row: RowMapping) -> Operation:
        sealed = row["content_sealed"]
        opened = self._personal.open(Field.NOTE, row["operation_id"], sealed) if sealed else "{}"
        return Operation(
            operation_id=row["operation_id"],
            account_id=row["account_id"],
            device_id=row["device_id"],
            kind=OperationKind(row["kind"]),
            outcome=row["outcome"],
            object_id=row["object_id"],
            content=json.loads(opened),
            time_ms=row["time_ms"],
        )


def page_query(account_id: str, wanted: OperationFilter, *, before: str, limit: int) -> Select[tuple[object, ...]]:
    """Entries of an account below an id, newest first; a range of time is a range of ids."""
    query = select(table).where(table.c.account_id == account_id).order_by(table.c.operation_id.desc()).limit(limit)
    if wanted.kind is not None:
        query = query.where(table.c.kind == wanted.kind.value)
    if wanted.since_ms:
        query = query.where(table.c.operation_id >= ids.first_id(ids.OPERATION, wanted.since_ms))
    ends = [before] if before else []
    if wanted.until_ms:
        ends.append(ids.first_id(ids.OPERATION, wanted.until_ms))
    if ends:
        query = query.where(table.c.operation_id < min(ends))
    return query


def erase(connection: Connection, account_id: str) -> int:
    """Removes the log of an account that was cancelled (R-AUD-08); its rows in the audit chain stay."""
    return connection.execute(delete(table).where(table.c.account_id == account_id)).rowcount


def _contains(operation: Operation, keyword: str) -> bool:
    words = DICTIONARY[operation.kind]
    texts = (words.en, words.zh, operation.object_id, *operation.content.values())
    return any(keyword.casefold() in text.casefold() for text in texts)
