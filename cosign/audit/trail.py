"""Public face of the audit area for the areas whose acts are recorded."""

from collections.abc import Sequence

from sqlalchemy import Connection

from cosign.audit import repository
from cosign.audit.model import AuditEntry

OPERATOR_SEGMENT = "operator"
"""Segment of `cosignctl`."""


class AuditTrail:
    """Appends to one segment. Stateless, so that any thread may use it with its own connection."""

    def __init__(self, segment: str) -> None:
        self.segment = segment

    def append(self, connection: Connection, entries: Sequence[AuditEntry]) -> None:
        """Records `entries` in the caller's transaction, in order.

        Whatever it raises, the caller must roll back: an act without its row must not happen.
        """
        repository.append(connection, self.segment, entries)
