"""What the configuration decides about staff."""

import datetime as dt
from dataclasses import dataclass, field

from cosign.brands.model import PasswordPolicy
from cosign.staff.usecases.sessions import SessionLimits


def _password() -> PasswordPolicy:
    return PasswordPolicy(min_length=12, max_length=128, min_classes=3, history=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRules:
    """Sessions, lockout, invitations, passwords, two persons."""

    sessions: SessionLimits = field(
        default_factory=lambda: SessionLimits(
            idle=dt.timedelta(minutes=15), absolute=dt.timedelta(hours=10), password_age=dt.timedelta(days=180)
        )
    )
    failures: int = 5
    """Failed logins of one name before it is locked."""
    lock: dt.timedelta = dt.timedelta(minutes=15)
    """How long a lock lasts, and within what time failures count."""
    invitation: dt.timedelta = dt.timedelta(hours=72)
    proposal: dt.timedelta = dt.timedelta(hours=24)
    """How long a proposal waits for its second person."""
    dual_roles: bool = True
    """Roles need a second security officer."""
    password: PasswordPolicy = field(default_factory=_password)
    issuer: str = "cosign"
    """Shown by authenticators."""
