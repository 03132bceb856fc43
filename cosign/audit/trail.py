"""Public face of the audit area for the areas whose acts are recorded."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection

from cosign.audit import repository
from cosign.audit.late import append_late
from cosign.audit.model import AuditEntry

if TYPE_CHECKING:
    from cosign.store.wire import Statement

OPERATOR_SEGMENT: Final = "operator"
"""Segment of `cosignctl`."""
BATCH_SUFFIX: Final = "/batch"
"""On PostgreSQL the micro-batches of a node have a segment of their own, which nobody else writes."""


class AuditTrail:
    """Appends to one segment. Stateless, so that any thread may use it with its own connection."""

    def __init__(self, segment: str) -> None:
        self.segment = segment

    def append(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Records `entries` in the caller's transaction, in order.

        Whatever it raises, the caller must roll back: an act without its row must not happen. On PostgreSQL the rows
        are written at the end of the transaction, so that the lock of the segment is the last one taken.
        """
        if connection.dialect.name == "postgresql":
            append_late(connection, self.segment, entries)
        else:
            repository.append(connection, self.segment, entries)

    def for_batches(self) -> "BatchTrail":
        """The trail of the one thread that runs micro-batches."""
        return BatchTrail(self.segment)


class BatchTrail(AuditTrail):
    """Appends for micro-batches. The caller makes sure that one transaction at a time uses it.

    On PostgreSQL it remembers the head of its own segment between transactions. The insertion itself checks that the
    head is still the newest row, so that a wrong memory is an error and never a broken chain.
    """

    def __init__(self, segment: str) -> None:
        super().__init__(segment)
        self._head: tuple[int, bytes] | None = None
        self._next: tuple[int, bytes] | None = None

    def insertion(self, connection: Connection, entries: Sequence[AuditEntry]) -> "tuple[Statement, Sequence[object]]":
        """The statement that appends `entries` and its values, to be sent with the commit; then call `committed`."""
        from cosign.audit.batch_insertion import batch_insertion

        segment = self.segment + BATCH_SUFFIX
        head = self._head or repository.head_of(connection, segment)
        work, self._next = batch_insertion(segment, head, entries)
        return work

    def committed(self) -> None:
        """The commit was acknowledged."""
        if self._next is not None:
            self._head, self._next = self._next, None

    def forget(self) -> None:
        """A transaction failed: the head is read again."""
        self._head = self._next = None
