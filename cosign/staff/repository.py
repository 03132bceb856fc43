"""`StaffUnit` on one connection. With the `…_rows` modules the only user of `tables.py`."""

import datetime as dt
from typing import Final

from sqlalchemy import Connection, delete

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.personal import PersonalData
from cosign.staff.member_rows import SqlMembers
from cosign.staff.proposal_rows import SqlProposals
from cosign.staff.session_rows import SqlAttempts, SqlStaffSessions
from cosign.staff.tables import staff_attempt, staff_login, staff_session
from cosign.staff.unmasking_rows import SqlUnmaskings

KEEP_ENDED: Final = dt.timedelta(days=30)
"""How long an ended session stays known."""
KEEP_LOGINS: Final = dt.timedelta(days=730)
"""How long the login history of staff is kept."""


class SqlStaffUnit:
    """See the port."""

    def __init__(self, connection: Connection, *, personal: PersonalData, trail: AuditTrail, clock: Clock) -> None:
        self._connection = connection
        self._trail = trail
        self._clock = clock
        self.members = SqlMembers(connection, personal)
        self.sessions = SqlStaffSessions(connection, personal)
        self.attempts = SqlAttempts(connection)
        self.proposals = SqlProposals(connection, personal)
        self.unmaskings = SqlUnmaskings(connection, personal)

    def audit(
        self, event: AuditEvent, *, outcome: str = "done", subject_id: str = "", object_id: str = "", actor: str = ""
    ) -> None:
        entry = AuditEntry(
            time_ms=self._clock.now_ms(),
            event=event,
            outcome=outcome,
            device_id=subject_id,
            key_id=object_id,
            actor=actor,
        )
        self._trail.append(self._connection, [entry])


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes counters, sessions and logins that have run out of time."""
    connection.execute(delete(staff_attempt).where(staff_attempt.c.expires_at <= now))
    connection.execute(delete(staff_session).where(staff_session.c.expires_at <= now - KEEP_ENDED))
    connection.execute(delete(staff_login).where(staff_login.c.time <= now - KEEP_LOGINS))
