"""PostgreSQL: audit rows of a transaction are written just before its commit.

Several transactions of a process append to the same chain, and each must see the row before its own. The lock that
orders them is taken last, after every row lock, so that it can be part of no circle.
"""

from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, RootTransaction, event

from cosign.audit import repository
from cosign.audit.model import AuditEntry
from cosign.store.prepared import Prepared

_LOCK: Final = Prepared("SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(CAST(:segment AS text), 1))")

_waiting: Final[WeakKeyDictionary[RootTransaction, list[tuple[str, AuditEntry]]]] = WeakKeyDictionary()
"""Rows by transaction; a transaction that is rolled back takes its rows with it."""


def append_late(connection: Connection, segment: str, entries: Sequence[AuditEntry]) -> None:
    """Remembers `entries` for the commit of the connection's transaction."""
    transaction = connection.get_transaction()
    if transaction is None:
        raise RuntimeError("an audit row needs a transaction")
    if not event.contains(connection.engine, "commit", _write):
        event.listen(connection.engine, "commit", _write)
    _waiting.setdefault(transaction, []).extend((segment, entry) for entry in entries)


def _write(connection: Connection) -> None:
    """Runs before the commit is sent; what it raises ends the transaction."""
    transaction = connection.get_transaction()
    rows = _waiting.pop(transaction, []) if transaction is not None else []
    for segment in sorted({segment for segment, _ in rows}):
        _LOCK.later(connection, {"segment": segment})
        repository.append(connection, segment, [entry for name, entry in rows if name == segment])
