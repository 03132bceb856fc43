"""Staff accounts, sessions and proposals: values and state machines without I/O."""

import datetime as dt
import enum
import re
from dataclasses import dataclass, field
from typing import Final

from cosign.errors import BrandHidden, FieldInvalid
from cosign.personal.readers import Reader
from cosign.staff.faults import PermissionMissing, ProposalStateRefused, StaffStateRefused
from cosign.staff.roles import Permission, Role, permissions_of
from cosign.staff.scope import BrandScope
from cosign.transitions import Transitions

MAX_NAME_LENGTH: Final = 64
MAX_REASON_LENGTH: Final = 200
_LOGIN_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{2,31}", re.ASCII)


class StaffState(enum.StrEnum):
    """Life of a staff account (R-ADM-21)."""

    INVITED = "invited"
    """Has an invitation and can do nothing but accept it."""
    ACTIVE = "active"
    LOCKED = "locked"
    """Too many failed logins; opens by time or by a security officer."""
    DISABLED = "disabled"


STAFF_TRANSITIONS: Final = Transitions(
    "the staff account",
    StaffState,
    {
        StaffState.INVITED: {StaffState.INVITED, StaffState.ACTIVE, StaffState.DISABLED},
        StaffState.ACTIVE: {StaffState.LOCKED, StaffState.DISABLED, StaffState.INVITED},
        StaffState.LOCKED: {StaffState.ACTIVE, StaffState.DISABLED, StaffState.INVITED},
        StaffState.DISABLED: {StaffState.INVITED},
    },
)
"""Every transition there is. INVITED again means: password, authenticator and recovery codes were reset."""


class ProposalState(enum.StrEnum):
    """Life of a proposal."""

    OPEN = "open"
    EXECUTED = "executed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


PROPOSAL_TRANSITIONS: Final = Transitions(
    "the proposal",
    ProposalState,
    {
        ProposalState.OPEN: {
            ProposalState.EXECUTED,
            ProposalState.REJECTED,
            ProposalState.WITHDRAWN,
            ProposalState.EXPIRED,
        },
    },
)
"""Every transition there is."""


@dataclass(frozen=True, slots=True)
class StaffPrincipal:
    """Who calls on the staff listener."""

    staff_id: str
    """`stf_` and a ULID."""
    roles: frozenset[Role]
    session_id: str
    """`sts_` and a ULID."""
    brands: BrandScope = None
    """Whose affairs he sees and touches; None: all."""

    @property
    def permissions(self) -> frozenset[Permission]:
        """Union over the roles."""
        return permissions_of(self.roles)

    @property
    def reader(self) -> Reader:
        """As the one door to unmasked data knows him (R-AUD-09)."""
        return Reader(self.staff_id, {permission.value for permission in self.permissions})

    def require(self, permission: Permission) -> None:
        """Raises PermissionMissing."""
        if permission not in self.permissions:
            raise PermissionMissing(permission)

    def check_brand(self, brand: str, object_id: str) -> None:
        """Raises BrandHidden unless he works for `brand`, which `object_id` is of; empty: of none in particular."""
        if brand and self.brands is not None and brand not in self.brands:
            raise BrandHidden(object_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One staff account. Name and secret of the authenticator stay sealed in its row."""

    staff_id: str
    login_name: str
    """3 to 32 lower-case letters, digits, `.`, `_`, `-`; the first is a letter."""
    roles: frozenset[Role]
    state: StaffState
    created_at: dt.datetime
    brands: BrandScope = None
    """Brands he works for, at most 16; None: all."""
    password_hash: str = field(default="", repr=False)
    """Argon2id in PHC form; empty while invited."""
    password_set_at: dt.datetime | None = None
    must_change_password: bool = False
    certificate_hash: bytes = b""
    """SHA-256 of the client certificate he must show; empty: any or none."""
    invitation_hash: bytes = field(default=b"", repr=False)
    """SHA-256 of the invitation; empty: none."""
    invitation_expires_at: dt.datetime | None = None
    locked_until: dt.datetime | None = None
    totp_counter: int = 0
    """Newest time step whose code was used: none up to it is taken again."""

    def check_becomes(self, target: StaffState) -> None:
        """Raises StaffStateRefused unless the account may become `target`."""
        STAFF_TRANSITIONS.check(self.state, target, StaffStateRefused)

    def is_locked(self, now: dt.datetime) -> bool:
        """Whether a lock is running."""
        return self.state is StaffState.LOCKED and self.locked_until is not None and now < self.locked_until


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """One login of a member."""

    session_id: str
    staff_id: str
    created_at: dt.datetime
    last_used_at: dt.datetime
    expires_at: dt.datetime
    """Ends then even if it is used all the time."""
    certificate_hash: bytes = b""
    """SHA-256 of the certificate shown at the login; every call must show it."""
    ended_reason: str = ""


@dataclass(frozen=True, slots=True)
class StaffLogin:
    """One row of the login history."""

    login_id: str
    time: dt.datetime
    result: str
    """`done` or a reason of the error catalogue."""
    network: str
    """Of the caller, without the last part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """Somebody saw a datum of an account in clear text (R-AUD-09)."""

    unmasking_id: str
    """`unm_` and a ULID."""
    staff_id: str
    account_id: str
    datum: str
    """Word of the `Field`."""
    purpose: str
    reason: str = field(repr=False)
    """1 to 200 characters, stored sealed; empty once the account was erased."""
    time: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something one person wants and a second one has to approve."""

    proposal_id: str
    """`prp_` and a ULID."""
    kind: str
    """Name of the `DualKind`, at most 32 characters."""
    subject_id: str
    """Id of what it is about."""
    brand: str = ""
    """Brand that the subject belongs to; empty: to none in particular."""
    payload: str = field(repr=False)
    """As the kind encodes it; stored sealed."""
    reason: str = field(repr=False)
    """1 to 200 characters; stored sealed."""
    state: ProposalState
    proposer_id: str
    created_at: dt.datetime
    expires_at: dt.datetime
    decided_by: str = ""
    decided_at: dt.datetime | None = None

    def check_becomes(self, target: ProposalState) -> None:
        """Raises ProposalStateRefused unless the proposal may become `target`."""
        PROPOSAL_TRANSITIONS.check(self.state, target, ProposalStateRefused)


def checked_login_name(text: str) -> str:
    """Returns a login name in its form. Raises FieldInvalid."""
    if _LOGIN_NAME.fullmatch(text) is None:
        raise FieldInvalid("login_name", "must be 3 to 32 of a-z, 0-9, `.`, `_`, `-`, a letter first")
    return text


def checked_name(text: str) -> str:
    """Returns the name of a person, trimmed. Raises FieldInvalid."""
    name = text.strip()
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise FieldInvalid("name", f"must be 1 to {MAX_NAME_LENGTH} printable characters")
    return name


def checked_reason(text: str) -> str:
    """Returns why something is done, trimmed. Raises FieldInvalid."""
    reason = text.strip()
    if not 1 <= len(reason) <= MAX_REASON_LENGTH or not reason.isprintable():
        raise FieldInvalid("reason", f"must be 1 to {MAX_REASON_LENGTH} printable characters")
    return reason
