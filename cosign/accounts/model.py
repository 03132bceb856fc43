"""Accounts, identities, sessions and principals: values and rules without I/O."""

import datetime as dt
import enum
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from cosign.accounts.faults import AccountStateRefused
from cosign.errors import FieldInvalid
from cosign.transitions import Transitions

MAX_REASON_LENGTH: Final = 200
MAX_PASSWORD_LENGTH: Final = 128
"""Characters; longer ones are refused before they are hashed."""
MAX_LABEL_LENGTH: Final = 64
MAX_VERSION_LENGTH: Final = 32
MAX_PUSH_TOKEN_LENGTH: Final = 512

_NUMBER: Final = re.compile(r"(?:\+86)?(1[3-9]\d{9})", re.ASCII)


class AccountState(enum.StrEnum):
    """Life of an account (section 3.12)."""

    REGISTERED = "registered"
    """Made; the password that the brand demands is missing."""
    ACTIVE = "active"
    LOCKED = "locked"
    """Too many failed logins; opens by time or when the number is proved."""
    SUSPENDED = "suspended"
    """Stopped by staff."""
    CANCELLING = "cancelling"
    """Cancelled by the user, who can still take it back by a login."""
    CANCELLED = "cancelled"
    APPEALING = "appealing"


TRANSITIONS: Final = Transitions(
    "the account",
    AccountState,
    {
        AccountState.REGISTERED: {
            AccountState.ACTIVE,
            AccountState.SUSPENDED,
            AccountState.CANCELLING,
            AccountState.CANCELLED,
        },
        AccountState.ACTIVE: {
            AccountState.LOCKED,
            AccountState.SUSPENDED,
            AccountState.CANCELLING,
            AccountState.CANCELLED,
        },
        AccountState.LOCKED: {AccountState.ACTIVE, AccountState.SUSPENDED},
        AccountState.SUSPENDED: {AccountState.ACTIVE},
        AccountState.CANCELLING: {AccountState.ACTIVE, AccountState.CANCELLED},
        AccountState.CANCELLED: {AccountState.APPEALING},
        AccountState.APPEALING: {AccountState.ACTIVE, AccountState.CANCELLED},
    },
)
"""Every transition there is."""


class IdentityKind(enum.StrEnum):
    """What a user is (R-ACC-16)."""

    NATURAL_PERSON = "natural_person"
    EMPLOYEE = "employee"
    ADMINISTRATOR = "administrator"
    LEGAL_REPRESENTATIVE = "legal_representative"


class LoginMethodUsed(enum.StrEnum):
    """How a login was made; stored in the login history."""

    REGISTER = "register"
    SMS = "sms"
    PASSWORD = "password"  # noqa: S105 - a word
    SMS_PASSWORD = "sms+password"  # noqa: S105 - a word
    BIOMETRIC = "biometric"
    CERTIFICATE = "certificate"
    COMPUTER = "computer"
    ONE_TAP = "one_tap"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    NETWORK_ID = "network_id"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a user may act as."""

    identity_id: str
    """`idn_` and a ULID; the account's own id for the natural person."""
    kind: IdentityKind
    enterprise_id: str = ""
    """`ent_` and a ULID; empty for the natural person."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: an account through one of its devices."""

    account_id: str
    device_id: str
    session_id: str
    brand: str
    acting: str
    """Id of the identity he acts as; empty: the natural person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account of one brand. The number itself stays sealed in its row."""

    account_id: str
    brand: str
    state: AccountState
    created_at: dt.datetime
    password_hash: str = ""
    """Argon2id in PHC form; empty: no password."""
    person_id: str = ""
    """`per_` and a ULID once the user was verified."""
    locked_until: dt.datetime | None = None
    cancel_at: dt.datetime | None = None
    """When a cancellation is carried out; None unless CANCELLING."""
    mode: str = ""
    acting: str = ""
    """The identity chosen last; empty: the natural person."""
    avatar_upload_id: str = ""

    def check_becomes(self, target: AccountState) -> None:
        """Raises AccountStateRefused unless the account may become `target`."""
        TRANSITIONS.check(self.state, target, AccountStateRefused)

    def is_locked(self, now: dt.datetime) -> bool:
        """Whether a lock is running."""
        return self.state is AccountState.LOCKED and self.locked_until is not None and now < self.locked_until


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A login: a family of refresh tokens on one device."""

    session_id: str
    account_id: str
    device_id: str
    brand: str
    generation: int
    """Number of the newest refresh token; the first one has 1."""
    refreshed_at: dt.datetime
    expires_at: dt.datetime
    ended_reason: str = ""
    """Why it ended; empty while it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDetails:
    """What a phone tells about itself at a login."""

    public_key: bytes
    """Device key, 33 bytes."""
    label: str
    platform: str
    os_version: str = ""
    app_version: str = ""
    push_token: str = ""


@dataclass(frozen=True, slots=True)
class LoginEntry:
    """One row of the login history."""

    login_id: str
    time: dt.datetime
    method: str
    result: str
    device_id: str
    device_label: str
    network: str


def normal_number(field: str, text: str) -> str:
    """`+8613800000000` for a mobile number of mainland China with or without `+86`. Raises FieldInvalid."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise FieldInvalid(field, "must be 11 digits of a mobile number, with or without +86")
    return "+86" + match[1]


def network_of(address: str) -> str:
    """The network of a peer address, without what names one subscriber: /24 of IPv4, /48 of IPv6; `local` otherwise."""
    try:
        parsed = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return "local"
    prefix = 24 if parsed.version == 4 else 48
    return str(parsed.supernet(new_prefix=prefix)) if parsed.prefixlen > prefix else str(parsed)
