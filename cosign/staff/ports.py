"""What the use cases of this area need from outside: one transaction, seen through its stores.

StaffUnit       one transaction
  .members      staff accounts, passwords, authenticators, recovery codes
  .sessions     sessions and login history
  .attempts     failed logins by name and address
  .proposals    what waits for a second person
  .unmaskings   who saw what in clear text
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.audit.model import AuditEvent
from cosign.brands.model import Argon2Cost
from cosign.staff.model import (
    Proposal,
    ProposalState,
    StaffLogin,
    StaffMember,
    StaffSession,
    StaffState,
    Unmasking,
)
from cosign.staff.roles import Role
from cosign.staff.scope import BrandScope


@dataclass(frozen=True, slots=True)
class PageOfProposals:
    """Newest first, and where the next page starts (empty: nowhere)."""

    proposals: Sequence[Proposal]
    cursor: str


class Members(Protocol):
    """Staff accounts."""

    def add(self, member: StaffMember, name: str) -> None:
        """Raises StaffNameTaken."""
        ...

    def get(self, staff_id: str) -> StaffMember | None: ...

    def by_login_name(self, login_name: str) -> StaffMember | None: ...

    def page(self, *, before: str, limit: int) -> Sequence[StaffMember]:
        """Newest first."""
        ...

    def name(self, staff_id: str) -> str:
        """The person's name; empty when there is none."""
        ...

    def become(
        self, member: StaffMember, target: StaffState, *, locked_until: dt.datetime | None = None
    ) -> StaffMember:
        """Changes the state. Raises StaffStateRefused, ConcurrentOperation."""
        ...

    def invite(self, member: StaffMember, *, invitation_hash: bytes, expires_at: dt.datetime) -> StaffMember:
        """To INVITED: takes password, authenticator and recovery codes away. Raises as `become`."""
        ...

    def enrol(self, member: StaffMember, *, password_hash: str, totp_counter: int, now: dt.datetime) -> StaffMember:
        """INVITED to ACTIVE; the invitation is used. Raises as `become`."""
        ...

    def set_password(self, staff_id: str, password_hash: str, *, now: dt.datetime, history: int) -> None:
        """Stores a hash and keeps the `history` newest ones before it."""
        ...

    def store_rehash(self, staff_id: str, before: str, after: str) -> None:
        """Replaces the hash of the same password; nothing happens when it changed meanwhile."""
        ...

    def former_passwords(self, staff_id: str) -> Sequence[str]: ...

    def require_password_change(self, staff_id: str) -> None: ...

    def set_roles(self, member: StaffMember, roles: Collection[Role], brands: BrandScope) -> StaffMember:
        """What he may do, and for which brands. Raises ConcurrentOperation when either changed meanwhile."""
        ...

    def set_certificate(self, staff_id: str, certificate_hash: bytes) -> None:
        """32 bytes; empty: none."""
        ...

    def security_officers(self) -> Sequence[StaffMember]:
        """The ACTIVE and LOCKED ones; their rows stay locked until the end of the transaction."""
        ...

    def totp_secret(self, staff_id: str) -> bytes:
        """Secret of the authenticator, 20 bytes; empty: none."""
        ...

    def set_totp_secret(self, staff_id: str, secret: bytes) -> None: ...

    def use_totp_step(self, staff_id: str, step: int) -> bool:
        """Marks a time step as used; False when it or a later one was."""
        ...

    def set_recovery_codes(self, staff_id: str, hashes: Collection[bytes]) -> None:
        """Replaces all of them."""
        ...

    def use_recovery_code(self, staff_id: str, code_hash: bytes) -> bool:
        """Removes one; False when it is not there."""
        ...

    def recovery_codes_left(self, staff_id: str) -> int: ...


class StaffSessions(Protocol):
    """Sessions and login history."""

    def add(self, session: StaffSession, token_hash: bytes) -> None: ...

    def by_token(self, token_hash: bytes) -> StaffSession | None: ...

    def touch(self, session_id: str, now: dt.datetime) -> None:
        """It was used; nothing happens if it has ended, or was used later."""
        ...

    def end(self, session_id: str, reason: str) -> bool:
        """False if it had ended."""
        ...

    def end_all(self, staff_id: str, reason: str, *, keep: str = "") -> int:
        """Ends all but `keep`; returns how many."""
        ...

    def add_login(self, staff_id: str, entry: StaffLogin) -> None: ...

    def logins(self, staff_id: str, *, before: str, limit: int) -> Sequence[StaffLogin]:
        """Newest first."""
        ...


class Attempts(Protocol):
    """Counters of windows of time, by what is counted: failed logins, messages that were sent again."""

    def charge(
        self, subject: str, *, limit: int, now: dt.datetime, window: dt.timedelta, lock: dt.timedelta
    ) -> dt.datetime | None:
        """Counts an attempt before it is made; None if it may be made, else when the next one may.

        The attempt that reaches `limit` prolongs the window to `lock` from now.
        """
        ...

    def counted(self, subject: str, *, now: dt.datetime) -> tuple[int, dt.datetime]:
        """How many there are in the running window, and when it ends."""
        ...

    def give_back(self, subject: str) -> None:
        """Takes one attempt back: it was right."""
        ...

    def forget(self, subject: str) -> None:
        """Ends the window."""
        ...


class Proposals(Protocol):
    """What waits for a second person."""

    def add(self, proposal: Proposal) -> None:
        """Raises ProposalStateRefused: the same kind is open for this subject already."""
        ...

    def get(self, proposal_id: str) -> Proposal | None: ...

    def decide(self, decided: Proposal) -> None:
        """Writes the end of an open proposal. Raises ConcurrentOperation when it has ended meanwhile."""
        ...

    def page(
        self, kinds: Collection[str], *, brands: BrandScope, state: ProposalState | None, before: str, limit: int
    ) -> PageOfProposals:
        """Newest first; of these brands, and what belongs to none in particular."""
        ...

    def overdue(self, now: dt.datetime, *, subject_id: str = "") -> Sequence[Proposal]:
        """Open ones whose time is over, at most 100; of one subject if named."""
        ...


class Unmaskings(Protocol):
    """Who saw what in clear text."""

    def add(self, unmasking: Unmasking) -> None: ...

    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[Unmasking]:
        """Newest first; of all accounts if none is named."""
        ...


class StaffUnit(Protocol):
    """One transaction of this area."""

    @property
    def members(self) -> Members: ...

    @property
    def sessions(self) -> StaffSessions: ...

    @property
    def attempts(self) -> Attempts: ...

    @property
    def proposals(self) -> Proposals: ...

    @property
    def unmaskings(self) -> Unmaskings: ...

    def audit(
        self, event: AuditEvent, *, outcome: str = "done", subject_id: str = "", object_id: str = "", actor: str = ""
    ) -> None:
        """Appends an audit row: `actor` did it to `object_id`, which is about `subject_id`."""
        ...


class PasswordHashes(Protocol):
    """Slow hashes; `cosign.accounts.passwords.Passwords` is the real one."""

    async def hash(self, password: str, cost: Argon2Cost) -> str: ...

    async def verify(self, stored: str, password: str, cost: Argon2Cost) -> bool: ...

    async def among(self, stored: Sequence[str], password: str, cost: Argon2Cost) -> bool: ...
