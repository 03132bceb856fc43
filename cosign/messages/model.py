"""Messages to a user: kinds, categories, targets, channels, and the life of a message (R-MSG-01 to R-MSG-05)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cosign.transitions import Transitions

MAX_ARGUMENT: Final = 200
"""Characters of one argument of a template."""


class Category(enum.StrEnum):
    """What an inbox is sorted by."""

    SECURITY = "security"
    ACCOUNT = "account"
    CERTIFICATE = "certificate"
    AUTHORISATION = "authorisation"
    ORDER = "order"
    ENTERPRISE = "enterprise"


class MessageKind(enum.StrEnum):
    """Events that users are told of (R-MSG-04). The words are stored and never change."""

    NEW_DEVICE = "new_device"
    DEVICE_UNBOUND = "device_unbound"
    SESSIONS_ENDED = "sessions_ended"
    """A refresh token was used twice: somebody else may have it."""
    LOGIN_LOCKED = "login_locked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PHONE_NUMBER_CHANGED = "phone_number_changed"
    NUMBER_CHANGE_REQUESTED = "number_change_requested"
    NUMBER_CHANGE_WAITING = "number_change_waiting"
    NUMBER_CHANGE_REFUSED = "number_change_refused"
    COMPUTER_LOGIN = "computer_login"
    BINDING_CHANGED = "binding_changed"
    CANCELLATION_REQUESTED = "cancellation_requested"
    ACCOUNT_CANCELLED = "account_cancelled"
    APPEAL_DECIDED = "appeal_decided"
    IDENTITY_VERIFIED = "identity_verified"
    IDENTITY_REFUSED = "identity_refused"
    IDENTITY_EXPIRING = "identity_expiring"
    IDENTITY_EXPIRED = "identity_expired"
    REVIEW_PENDING = "review_pending"
    JOIN_SUBMITTED = "join_submitted"
    JOIN_DECIDED = "join_decided"
    CLAIM_DECIDED = "claim_decided"
    CERTIFICATE_READY = "certificate_ready"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    CERTIFICATE_CHANGE_NEEDED = "certificate_change_needed"
    CERTIFICATE_REINSTALL_NEEDED = "certificate_reinstall_needed"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_FROZEN = "certificate_frozen"
    SEAL_READY = "seal_ready"
    SEAL_INVALID = "seal_invalid"
    DELEGATION_ASKED = "delegation_asked"
    DELEGATION_GIVEN = "delegation_given"
    DELEGATION_CHANGED = "delegation_changed"
    DELEGATION_WITHDRAWN = "delegation_withdrawn"
    ORDER_TO_PAY = "order_to_pay"
    ORDER_PAID = "order_paid"
    ORDER_REFUNDED = "order_refunded"
    INVOICE_ISSUED = "invoice_issued"
    SIGNING_LINK = "signing_link"


class TargetKind(enum.StrEnum):
    """What a message leads to when the user taps on it (R-MSG-02)."""

    NONE = "none"
    DEVICE = "device"
    ACCOUNT = "account"
    IDENTITY = "identity"
    APPEAL = "appeal"
    JOIN = "join"
    CLAIM = "claim"
    CERTIFICATE = "certificate"
    SEAL = "seal"
    DELEGATION = "delegation"
    ORDER = "order"
    INVOICE = "invoice"
    TASK = "task"


class Channel(enum.StrEnum):
    """How a message reaches the user beside the inbox (R-MSG-05)."""

    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"


class MessageState(enum.StrEnum):
    """Life of a message (section 3.14)."""

    UNREAD = "unread"
    READ = "read"
    ACTED = "acted"
    """The user did what it asked for; `outcome` says what."""
    OUTDATED = "outdated"
    """What it asked for was decided elsewhere; `outcome` says how."""


TRANSITIONS: Final = Transitions(
    "the message",
    MessageState,
    {
        MessageState.UNREAD: {MessageState.READ, MessageState.ACTED, MessageState.OUTDATED},
        MessageState.READ: {MessageState.ACTED, MessageState.OUTDATED},
    },
)
"""Every transition there is. Acting on an unread message reads it as well."""


def sources(target: MessageState) -> frozenset[MessageState]:
    """States from which a message may become `target`."""
    return frozenset(TRANSITIONS.sources(target))


class DeliveryState(enum.StrEnum):
    """What is known of one message on one channel after a provider took it (R-MSG-05)."""

    SENT = "sent"
    """The provider took it; most channels tell no more."""
    DELIVERED = "delivered"
    """The provider reports that it arrived."""
    FAILED = "failed"
    """The provider reports that it did not arrive."""


DELIVERY_TRANSITIONS: Final = Transitions(
    "the delivery",
    DeliveryState,
    {
        DeliveryState.SENT: {DeliveryState.DELIVERED, DeliveryState.FAILED},
        DeliveryState.FAILED: {DeliveryState.DELIVERED},
    },
)
"""Every transition there is. What has arrived has arrived; a carrier that gave up may deliver after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on one channel."""

    key: str
    """Key of the row of the outbox, 1 to 96 characters."""
    channel: Channel
    provider: str
    """Word of the configuration, for example `aliyun`."""
    reference: str
    """What the provider calls it, at most 96 characters; may be empty."""
    message_id: str
    """Empty for a code."""
    following: tuple[Channel, ...]
    """Channels that are tried when it fails."""
    state: DeliveryState = DeliveryState.SENT
    reason: str = ""
    """The provider's word for a failure, at most 32 characters."""
    sent_ms: int
    ended_ms: int = 0
    """When the last report changed it; 0 before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a provider says of one delivery, after it has proved who it is."""

    provider: str
    key: str
    """Ours, where the provider gives it back; else empty."""
    reference: str
    """The provider's name of the delivery, at most 96 characters."""
    delivered: bool
    reason: str
    """The provider's word, at most 32 characters."""


class ReportOutcome(enum.StrEnum):
    """What became of a report."""

    DELIVERED = "delivered"
    FAILED = "failed"
    REPEATED = "repeated"
    """Known already."""
    LATE = "late"
    """It contradicts what is known for good."""
    EARLY = "early"
    """The delivery is not recorded yet: the report is kept and applied when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message in an inbox. Its text is made from kind and arguments, in the language of the reader."""

    message_id: str
    """`msg_` and a ULID."""
    account_id: str
    kind: MessageKind
    category: Category
    target_kind: TargetKind
    target_id: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    state: MessageState = MessageState.UNREAD
    outcome: str = ""
    """Word of the area that decided, for example `agreed`; empty while open."""
    created_ms: int
    read_ms: int = 0
    settled_ms: int = 0
