"""Section `staff`."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cosign.errors import ConfigInvalid
from cosign.staff.rules import StaffRules
from cosign.staff.usecases.sessions import SessionLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSection:
    """The listener for staff, and what holds for their accounts."""

    listen: str = ""
    """`host:port` of the gRPC listener for staff; empty: none. Not for the network that phones come from."""
    certificate: Path | None = None
    """PEM chain of this listener, leaf first; empty: that of section `tls`."""
    private_key: Path | None = None
    """PEM key of the leaf, without a password."""
    client_ca: Path | None = None
    """PEM certificates; set, every caller must show a client certificate made by one of them."""
    idle_minutes: int = 15
    """A session ends after so many minutes without a call."""
    session_hours: int = 10
    """A session ends after so many hours in any case."""
    failures: int = 5
    """Failed logins of one name before it is locked."""
    lock_minutes: int = 15
    """How long a lock lasts, and within what time failures count."""
    password_days: int = 180
    """A password older than this must be changed at the next login."""
    invitation_hours: int = 72
    """How long an invitation is good."""
    proposal_hours: int = 24
    """How long a proposal waits for its second person."""
    dual_roles: bool = True
    """Roles given on this listener need a second security officer."""


class _Server(Protocol):
    @property
    def listen(self) -> str: ...
    @property
    def workers(self) -> int: ...


class _Config(Protocol):
    @property
    def staff(self) -> StaffSection: ...
    @property
    def server(self) -> _Server: ...


def check_staff(config: _Config) -> None:
    """Raises ConfigInvalid."""
    section = config.staff
    if (section.certificate is None) != (section.private_key is None):
        raise ConfigInvalid("staff", "certificate and private_key go together")
    ranges = {
        "idle_minutes": (section.idle_minutes, 1, 120),
        "session_hours": (section.session_hours, 1, 24),
        "failures": (section.failures, 3, 20),
        "lock_minutes": (section.lock_minutes, 1, 1_440),
        "password_days": (section.password_days, 1, 3_650),
        "invitation_hours": (section.invitation_hours, 1, 720),
        "proposal_hours": (section.proposal_hours, 1, 720),
    }
    for key, (value, least, most) in ranges.items():
        if not least <= value <= most:
            raise ConfigInvalid(f"staff.{key}", f"must be {least} to {most}")
    if not section.listen:
        return
    if section.listen == config.server.listen and not section.listen.endswith(":0"):
        raise ConfigInvalid("staff.listen", "must be another address than server.listen")
    if config.server.workers and section.listen.endswith(":0"):
        raise ConfigInvalid("staff.listen", "needs a port when several workers share it")


def staff_rules(section: StaffSection, *, issuer: str) -> StaffRules:
    """The section as the area takes it; `issuer` is shown by authenticators."""
    return StaffRules(
        sessions=SessionLimits(
            idle=dt.timedelta(minutes=section.idle_minutes),
            absolute=dt.timedelta(hours=section.session_hours),
            password_age=dt.timedelta(days=section.password_days),
        ),
        failures=section.failures,
        lock=dt.timedelta(minutes=section.lock_minutes),
        invitation=dt.timedelta(hours=section.invitation_hours),
        proposal=dt.timedelta(hours=section.proposal_hours),
        dual_roles=section.dual_roles,
        issuer=issuer,
    )
