"""Sessions of staff: short, bound to a certificate if one was shown, ended by disuse and by time (R-ADM-21)."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import BrandHidden, SessionEnded
from cosign.staff.faults import PasswordChangeRequired, PermissionMissing
from cosign.staff.model import StaffPrincipal, StaffState
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Permission

TOUCH: Final = dt.timedelta(seconds=30)
"""A session is marked as used at most so often: a call that only reads writes nothing within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long sessions live."""

    idle: dt.timedelta
    absolute: dt.timedelta
    password_age: dt.timedelta
    """A password older than this must be changed at the next call."""


@dataclass(frozen=True, slots=True)
class FoundSession:
    """Who calls, and whether the use of his session is to be marked (`touch_session`)."""

    principal: StaffPrincipal
    touch: bool


def find_session(
    unit: StaffUnit, *, token: str, certificate_hash: bytes, password_old: bool, limits: SessionLimits, clock: Clock
) -> FoundSession:
    """The member whose session `token` opens.

    Args:
        unit: A transaction that reads.
        token: Bearer of the session.
        certificate_hash: SHA-256 of the client certificate of the connection; empty if none was shown.
        password_old: Also let in a member who must change his password.
        limits: How long sessions live.
        clock: Present time.

    Raises:
        SessionEnded: Unknown, ended, unused for too long, too old, or without its certificate.
        PasswordChangeRequired.
    """
    now = clock.now()
    session = unit.sessions.by_token(token_hash(token))
    if session is None or session.ended_reason:
        raise SessionEnded("no such session")
    if now >= session.expires_at or now >= session.last_used_at + limits.idle:
        raise SessionEnded("the session has run out of time")
    if session.certificate_hash != certificate_hash:
        raise SessionEnded("the session belongs to another client certificate")
    member = unit.members.get(session.staff_id)
    if member is None or member.state not in (StaffState.ACTIVE, StaffState.LOCKED):
        raise SessionEnded("the account is not active")
    aged = member.password_set_at is None or now >= member.password_set_at + limits.password_age
    if (member.must_change_password or aged) and not password_old:
        raise PasswordChangeRequired("choose a new password first")
    principal = StaffPrincipal(member.staff_id, member.roles, session.session_id, member.brands)
    return FoundSession(principal, touch=now >= session.last_used_at + TOUCH)


def touch_session(unit: StaffUnit, *, principal: StaffPrincipal, clock: Clock) -> None:
    """Marks a session as used now; one that has ended meanwhile stays as it is."""
    unit.sessions.touch(principal.session_id, clock.now())


def refused_permission(unit: StaffUnit, *, principal: StaffPrincipal, permission: Permission) -> None:
    """Records that a member tried what he may not do."""
    unit.audit(
        AuditEvent.STAFF_REFUSED,
        outcome=PermissionMissing.reason,
        object_id=permission.value,
        actor=principal.staff_id,
    )


def refused_brand(unit: StaffUnit, *, staff_id: str, object_id: str) -> None:
    """Records that a member asked for something of a brand that he does not work for."""
    unit.audit(AuditEvent.STAFF_REFUSED, outcome=BrandHidden.reason, object_id=object_id, actor=staff_id)


def end_session(unit: StaffUnit, *, principal: StaffPrincipal) -> None:
    """Logs out. May be repeated."""
    if unit.sessions.end(principal.session_id, "logout"):
        unit.audit(AuditEvent.STAFF_SESSION_ENDED, outcome="logout", actor=principal.staff_id)


def token_hash(token: str) -> bytes:
    """What is stored of a bearer, 32 bytes; the token has 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
