"""What other areas ask of this one, and what it needs from outside."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.audit.model import AuditEntry
from cosign.brands.environments import Environment
from cosign.brands.model import BrandPolicy


class Brands(Protocol):
    """Policies of the brands this deployment serves."""

    def policy(self, brand: str) -> BrandPolicy:
        """The policy in force. From memory as a rule; another node's change is known within a moment.

        Raises:
            BrandUnknown: No such brand here, or a malformed name.
            DatabaseUnavailable: It is not in memory and cannot be read.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """The brands served here, sorted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version of a brand's policy."""

    brand: str
    version: int
    """1, 2, …; as text it is the etag."""
    preset: str
    policy: BrandPolicy
    applied_at: dt.datetime
    actor: str

    @property
    def etag(self) -> str:
        return str(self.version)


@dataclass(frozen=True, slots=True)
class PageOfEnvironments:
    """A slice of environments, newest first, and where the next one starts (empty: nowhere)."""

    environments: Sequence[Environment]
    cursor: str


class BrandUnit(Protocol):
    """One transaction on policies, environments and the audit trail."""

    def policy(self, brand: str) -> PolicyVersion | None:
        """The version in force."""
        ...

    def history(self, brand: str, *, below: int, limit: int) -> Sequence[PolicyVersion]:
        """Versions smaller than `below` (all if 0), newest first."""
        ...

    def brands(self) -> Sequence[str]:
        """Brands with a policy, sorted."""
        ...

    def add_policy(self, version: PolicyVersion) -> None:
        """Stores a version. Raises EtagMismatch if it exists."""
        ...

    def add_environment(self, environment: Environment) -> None:
        """Stores an environment."""
        ...

    def environment(self, environment_id: str) -> Environment | None:
        """One environment."""
        ...

    def environments(self, *, brand: str, before: str, limit: int) -> PageOfEnvironments:
        """Environments of a brand with ids below `before` (all if empty), newest first."""
        ...

    def disable_environment(self, environment_id: str, now: dt.datetime) -> None:
        """Raises ResourceNotFound, EnvironmentDisabled."""
        ...

    def record(self, entry: AuditEntry) -> None:
        """Appends an audit row in the same transaction."""
        ...
