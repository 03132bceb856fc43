"""Policies around logins: lockout, risk, computers, change of a lost number."""

from dataclasses import dataclass
from typing import Annotated

from cosign.brands.bounds import Range
from cosign.brands.words import ComputerConfirmation, RiskAnswer

Seconds = Annotated[int, Range(1, 86_400)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockoutPolicy:
    """Wrong passwords and wrong document numbers (section 3.12)."""

    failures: Annotated[int, Range(3, 100)] = 5
    """So many lock the login."""
    window_seconds: Seconds = 900
    """Failures within this time count."""
    lock_seconds: Seconds = 900
    """Then the account takes no login for so long."""
    address_factor: Annotated[int, Range(1, 1_000)] = 4
    """Failures that lock one address of callers, as a multiple of `failures`: offices and carriers share addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPolicy:
    """Logins whose proof was right but which look unusual (R-ACC-29); the strictest answer counts."""

    new_device: RiskAnswer = RiskAnswer.ALLOW
    """The account has never used this phone."""
    new_network: RiskAnswer = RiskAnswer.ALLOW
    """None of the latest logins came from this network."""
    failures: RiskAnswer = RiskAnswer.ALLOW
    """Logins failed since the last good one, at least `failures_from`."""
    failures_from: Annotated[int, Range(1, 20)] = 3
    """So many failures are unusual."""

    @property
    def allows_all(self) -> bool:
        """Whether nothing has to be looked at."""
        return {self.new_device, self.new_network, self.failures} == {RiskAnswer.ALLOW}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputersPolicy:
    """Logins of computers that a phone approves."""

    confirmation: ComputerConfirmation = ComputerConfirmation.DEVICE
    """What the phone shows to approve one."""
    tries: Annotated[int, Range(1, 10)] = 3
    """Wrong answers to the number that the computer shows; then the login is refused."""
    session_minutes: Annotated[int, Range(5, 10_080)] = 480
    """Life of the computer's session; it is not renewed."""
    most: Annotated[int, Range(1, 20)] = 5
    """Computers of one account at once; the oldest one is logged out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChangePolicy:
    """Change of the login number when the old one is lost (R-ACC-33)."""

    by_identity: bool = True
    """A verified user who was checked again on this phone may change it."""
    by_review: bool = True
    """Without such a check reviewers decide."""
    waiting_hours: Annotated[int, Range(0, 720)] = 72
    """How long the old number and every phone may object; 0 changes it at the next sweep."""
    proof_minutes: Annotated[int, Range(1, 1_440)] = 30
    """How old the check may be."""
