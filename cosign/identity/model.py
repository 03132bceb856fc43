"""Real-name checks: the one state machine, methods, levels, attempts and persons. Values and rules without I/O."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cosign.brands import DocumentType, IdentityMethod
from cosign.identity.faults import IdentityStateRefused
from cosign.transitions import Transitions


class IdentityState(enum.StrEnum):
    """Where a user, or one of his attempts, is on the way to a verified person (section 3.10)."""

    UNVERIFIED = "unverified"
    """Of an attempt: it timed out or was given up."""
    IN_PROGRESS = "in_progress"
    """Data or pictures are being collected."""
    FACE_PENDING = "face_pending"
    """The card was read and confirmed, the face follows."""
    PROVIDER_PENDING = "provider_pending"
    """A provider has been asked."""
    FAILED = "failed"
    MANUAL_DRAFT = "manual_draft"
    MANUAL_REVIEW = "manual_review"
    """审核中"""
    REJECTED = "rejected"
    """A reviewer refused."""
    VERIFIED = "verified"
    CHANGING = "changing"
    """Verified, and a change of the data is being checked."""
    REVERIFY = "reverify"
    """Verified, and the same person is being checked again on a new device."""


_S = IdentityState

TRANSITIONS: Final = Transitions(
    "it",
    IdentityState,
    {
        _S.UNVERIFIED: {_S.IN_PROGRESS, _S.MANUAL_DRAFT},
        _S.IN_PROGRESS: {_S.FACE_PENDING, _S.PROVIDER_PENDING, _S.UNVERIFIED},
        _S.FACE_PENDING: {_S.VERIFIED, _S.MANUAL_REVIEW, _S.FAILED, _S.UNVERIFIED},
        _S.PROVIDER_PENDING: {_S.VERIFIED, _S.MANUAL_REVIEW, _S.FAILED, _S.UNVERIFIED},
        _S.FAILED: {_S.IN_PROGRESS, _S.MANUAL_DRAFT, _S.UNVERIFIED},
        _S.MANUAL_DRAFT: {_S.MANUAL_REVIEW, _S.UNVERIFIED},
        _S.MANUAL_REVIEW: {_S.VERIFIED, _S.REJECTED, _S.UNVERIFIED},
        _S.REJECTED: {_S.MANUAL_DRAFT, _S.IN_PROGRESS},
        _S.VERIFIED: {_S.CHANGING, _S.REVERIFY},
        _S.CHANGING: {_S.VERIFIED},
        _S.REVERIFY: {_S.VERIFIED},
    },
)
"""Every transition there is: section 3.10, the review of an attempt that passed but was flagged, and the end of one
under review with its account."""

LIVING: Final = frozenset({_S.IN_PROGRESS, _S.FACE_PENDING, _S.PROVIDER_PENDING, _S.MANUAL_DRAFT, _S.MANUAL_REVIEW})
"""States of an attempt that is not decided; an account has at most one such attempt."""
AWAITED: Final = frozenset({_S.FACE_PENDING, _S.PROVIDER_PENDING})
"""States in which a provider's result counts."""
EXPIRING: Final = frozenset({_S.IN_PROGRESS, _S.FACE_PENDING, _S.PROVIDER_PENDING, _S.MANUAL_DRAFT})
"""States that end by time; a review does not."""


class AttemptPurpose(enum.StrEnum):
    """What an attempt is for."""

    FIRST = "first"
    CHANGE = "change"
    """New data of a verified person (R-IDV-12)."""
    REVERIFY = "reverify"
    """The same person on a new device (R-IDV-13)."""
    LINK = "link"
    """A person without an account, reached by a link (R-IDV-14)."""


class AssuranceLevel(enum.StrEnum):
    """How sure a check makes; ordered by `rank`."""

    BASIC = "basic"
    """Somebody holds a number and pictures of a card."""
    STANDARD = "standard"
    """The data agree with those of an authority: bank, carrier, or a reviewer who saw the papers."""
    HIGH = "high"
    """The living person was compared with the document."""

    @property
    def rank(self) -> int:
        """1, 2 or 3."""
        return (AssuranceLevel.BASIC, AssuranceLevel.STANDARD, AssuranceLevel.HIGH).index(self) + 1


LEVELS: Final[Mapping[IdentityMethod, AssuranceLevel]] = {
    IdentityMethod.CPCN_FACE: AssuranceLevel.HIGH,
    IdentityMethod.ALIPAY_FACE: AssuranceLevel.HIGH,
    IdentityMethod.OCR_FACE: AssuranceLevel.HIGH,
    IdentityMethod.MOTION_FACE: AssuranceLevel.HIGH,
    IdentityMethod.NETWORK_ID: AssuranceLevel.HIGH,
    IdentityMethod.BANK_FOUR: AssuranceLevel.STANDARD,
    IdentityMethod.CARRIER_THREE: AssuranceLevel.STANDARD,
    IdentityMethod.MANUAL: AssuranceLevel.STANDARD,
    IdentityMethod.SMS_DOCUMENT: AssuranceLevel.BASIC,
}
"""Level that each method gives."""


class FailureReason(enum.StrEnum):
    """Why an attempt ended without a person. Stored and shown; the words never change."""

    NONE = ""
    NO_FACE = "IDV_NO_FACE"
    FACE_MISMATCH = "IDV_MISMATCH"
    VOICE_MISMATCH = "IDV_VOICE_MISMATCH"
    DATA_MISMATCH = "IDV_DATA_MISMATCH"
    """Name, number, card or phone do not belong together; nobody is told which."""
    CANCELLED = "IDV_CANCELLED"
    """The user went back."""
    TIMED_OUT = "IDV_TIMED_OUT"
    PROVIDER_DOWN = "IDV_PROVIDER_DOWN"
    """Does not count as one of the attempts of a day."""
    DOCUMENT_TAKEN = "IDV_DOCUMENT_TAKEN"
    """The document serves another active account of the brand."""
    DOCUMENT_EXPIRED = "IDV_DOCUMENT_EXPIRED"
    CARD_UNREADABLE = "IDV_CARD_UNREADABLE"
    OTHER_PERSON = "IDV_OTHER_PERSON"
    """Not the person whom the account belongs to."""
    REVIEW_REFUSED = "IDV_REVIEW_REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonData:
    """What a person claims to be. Stored sealed only; never logged."""

    name: str
    """2 to 50 characters."""
    document_type: DocumentType
    document_number: str
    """Normalised: upper case, without blanks."""
    document_country: str = ""
    """ISO 3166-1 alpha-3 of a passport; otherwise empty."""
    document_expiry: dt.date | None = None
    long_term: bool = False
    """The document never expires (长期)."""
    phone_number: str = ""
    """`+86` and 11 digits."""
    email: str = ""
    sex: str = ""
    birth: str = ""
    """`YYYY-MM-DD`, or empty."""
    ethnic_group: str = ""
    address: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to become verified. What the person claims stands sealed beside it (`Attempts.claimed`)."""

    attempt_id: str
    """`idv_` and a ULID."""
    account_id: str
    """Empty for a person without an account."""
    brand: str
    device_id: str
    purpose: AttemptPurpose
    method: IdentityMethod
    state: IdentityState
    created_at: dt.datetime
    changed_at: dt.datetime
    expires_at: dt.datetime
    level: AssuranceLevel | None = None
    """Set when it passed."""
    reason: FailureReason = FailureReason.NONE
    flagged: bool = False
    """Something does not fit: a reviewer looks at it even if it passes."""
    provider: str = ""
    """Who checks, a word of at most 16 characters."""
    provider_ref: str = ""
    """Name of the check towards the provider, unique per provider, at most 96 characters."""
    evidence: str = ""
    """What the provider calls its evidence, at most 96 characters."""
    card_last_four: str = ""
    upload_ids: tuple[str, ...] = ()
    """Pictures and videos, in the order of the method."""

    def check_becomes(self, target: IdentityState) -> None:
        """Raises IdentityStateRefused unless the attempt may become `target`."""
        check_transition(self.state, target)

    @property
    def is_living(self) -> bool:
        """Whether it is not decided."""
        return self.state in LIVING


@dataclass(frozen=True, slots=True, kw_only=True)
class DueQuery:
    """An attempt whose provider is to be asked for the result."""

    attempt_id: str
    queries: int
    """How often it was asked before."""
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a provider or a reviewer found."""

    passed: bool
    reason: FailureReason = FailureReason.NONE
    """Of a failure."""
    evidence: str = ""
    """Reference of the provider, at most 96 characters."""
    note: str = ""
    """What a reviewer wrote to the user, at most 200 characters; stored sealed."""
    person: PersonData | None = None
    """Data to be used instead of what was claimed: corrected by a reviewer, or told by a credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One version of a verified person."""

    person_id: str
    """`per_` and a ULID; the same in all versions."""
    version: int
    """From 1."""
    account_id: str
    brand: str
    document_type: DocumentType
    document_expiry: dt.date | None
    level: AssuranceLevel
    method: IdentityMethod
    attempt_id: str
    verified_at: dt.datetime

    @property
    def record_id(self) -> str:
        """Name of this version."""
        return f"{self.person_id}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """What lists show of a person (R-IDV-16)."""

    name: str
    document_number: str
    phone_number: str = ""


def check_transition(present: IdentityState, target: IdentityState) -> None:
    """Raises IdentityStateRefused unless the table allows it."""
    TRANSITIONS.check(present, target, IdentityStateRefused)


def account_state(person: Person | None, newest: Attempt | None) -> IdentityState:
    """Where an account is, by its verified person and its newest attempt."""
    if person is not None:
        if newest is not None and newest.is_living:
            changing = newest.purpose is AttemptPurpose.CHANGE
            return IdentityState.CHANGING if changing else IdentityState.REVERIFY
        return IdentityState.VERIFIED
    if newest is None or newest.state is IdentityState.VERIFIED:
        return IdentityState.UNVERIFIED
    return newest.state


def document_scope(brand: str, person: PersonData) -> str:
    """Where equal document numbers mean the same document; at most 64 characters."""
    return "/".join(part for part in (brand, person.document_type.value, person.document_country) if part)
