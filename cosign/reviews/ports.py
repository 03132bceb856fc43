"""What the use cases of this area need from outside.

ReviewUnit       one transaction on items, their history and the dictionary of reasons
ReviewSubject    what the area of a subject tells reviewers of it, and does once it is decided
Reviewer         who reviews
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.brands.words import ReviewStage
from cosign.personal.readers import Purpose
from cosign.reviews.model import (
    Decision,
    ReviewEvent,
    ReviewItem,
    ReviewKind,
    ReviewPriority,
    ReviewReason,
    ReviewState,
    Verdict,
)


class Duty(enum.StrEnum):
    """What a reviewer may do beside reviewing."""

    SUPERVISE = "supervise"
    """Gives items to others and takes them away from them."""
    UNMASK = "unmask"
    """Sees personal data and files."""
    REASONS = "reasons"
    """Edits the dictionary of reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who reviews, and what he may do."""

    staff_id: str
    """At most 32 characters."""
    kinds: frozenset[ReviewKind]
    """What he sees."""
    stages: frozenset[ReviewStage] = frozenset()
    """What he decides of it."""
    brands: frozenset[str] | None = None
    """Whose items he sees; None: all."""
    duties: frozenset[Duty] = frozenset()
    account_id: str = ""
    """His own account as a user, if it is known."""

    def sees(self, item: ReviewItem) -> bool:
        """Whether the item exists for him."""
        return item.kind in self.kinds and (self.brands is None or item.brand in self.brands)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """One datum of a subject, as every reviewer of the kind may see it."""

    name: str
    """English word such as `document_number`."""
    text: str
    """Masked if it is personal data."""
    masked: bool = False
    """Whether `ReviewSubject.unmasked` knows more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """One file of a subject."""

    name: str
    """English word such as `document_front`."""
    upload_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """What a reviewer sees of a subject."""

    fields: Sequence[ShownField]
    files: Sequence[ShownFile] = ()


class ReviewSubject(Protocol):
    """The area of a subject, on the connection of the caller's transaction."""

    @property
    def verdicts(self) -> Collection[Verdict]:
        """How a review of this kind may end."""
        ...

    @property
    def purpose(self) -> Purpose:
        """Why reviewers of this kind read unmasked data."""
        ...

    def view(self, subject_id: str) -> SubjectView:
        """What reviewers see. Raises ResourceNotFound: the subject is gone."""
        ...

    def unmasked(self, subject_id: str, name: str) -> str:
        """The whole text of a masked field; the caller has checked and recorded who reads it.

        Raises:
            ResourceNotFound: There is no such subject or field.
        """
        ...

    def decide(self, decision: Decision) -> None:
        """Carries the decision out and tells the applicant, in the same transaction.

        Raises:
            CosignFault: It cannot be carried out; the decision is undone and the item stays claimed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the policy of a brand says about reviews of one kind."""

    path: tuple[ReviewStage, ...]
    """1 or 2."""
    due_ms: int
    """From handing in to the expected decision."""
    claim_ms: int
    """How long a claim holds."""
    correct_ms: int
    """How long a returned item may be corrected."""
    priority: ReviewPriority = ReviewPriority.NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which items a list holds."""

    kinds: frozenset[ReviewKind]
    brands: frozenset[str] | None = None
    """None: all."""
    state: ReviewState | None = None
    """None: all that are open."""
    claimed_by: str = ""
    due_before_ms: int = 0
    """Only open items due before then; 0: whatever is due when."""


@dataclass(frozen=True, slots=True)
class PageOfReviews:
    """Items in the order of the queue, and where the next page starts (empty: nowhere)."""

    items: Sequence[ReviewItem]
    cursor: str


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How much of one kind is open."""

    open: int
    overdue: int
    oldest_ms: int
    """When the oldest was handed in; 0 when nothing is open."""


class Reasons(Protocol):
    """The dictionary of reasons."""

    def all(self, kind: ReviewKind, *, retired: bool) -> Sequence[ReviewReason]:
        """Newest versions by code; retired ones only if asked for."""
        ...

    def get(self, kind: ReviewKind, code: str) -> ReviewReason | None:
        """The newest version, also of a retired one."""
        ...

    def version(self, kind: ReviewKind, code: str, version: int) -> ReviewReason | None:
        """One version."""
        ...

    def add(self, reason: ReviewReason) -> None:
        """Stores a new one. Raises ReasonTaken."""
        ...

    def change(self, reason: ReviewReason) -> None:
        """Stores the version after the newest one. Raises ConcurrentOperation."""
        ...

    def used(self, kind: ReviewKind, code: str) -> bool:
        """Whether a decision names it."""
        ...

    def delete(self, kind: ReviewKind, code: str) -> None:
        """Removes every version."""
        ...


class ReviewUnit(Protocol):
    """One transaction."""

    @property
    def reasons(self) -> Reasons: ...

    def terms(self, kind: ReviewKind, brand: str) -> Terms:
        """Raises BrandUnknown."""
        ...

    def subject(self, kind: ReviewKind) -> ReviewSubject:
        """The area that owns the subjects of this kind."""
        ...

    def add(self, item: ReviewItem) -> None:
        """Stores an item. Raises ReviewOpen: there is one of this subject."""
        ...

    def get(self, review_id: str) -> ReviewItem | None: ...

    def of_subject(self, kind: ReviewKind, subject_id: str) -> ReviewItem | None: ...

    def unfinished(self, account_id: str) -> Sequence[ReviewItem]:
        """What has no final decision of an account, locked; a decision in progress is waited for."""
        ...

    def returned(self, kind: ReviewKind, account_id: str) -> ReviewItem | None:
        """What was last returned to an account and may still be corrected; None without an account."""
        ...

    def change(self, item: ReviewItem) -> ReviewItem:
        """Writes an item over the version it was made from; returns it with its new version.

        Raises:
            ReviewChanged: Another one was faster.
        """
        ...

    def queue(self, wanted: QueueFilter, *, after: str, limit: int) -> PageOfReviews:
        """Urgent ones first, then what is due first."""
        ...

    def lapsed(self, now_ms: int, *, limit: int) -> Sequence[ReviewItem]:
        """Items whose claim has ended, locked, without those that another transaction holds."""
        ...

    def uncorrected(self, now_ms: int, *, limit: int) -> Sequence[ReviewItem]:
        """Returned items whose time for a correction is over, locked as `lapsed`."""
        ...

    def depth(self, now_ms: int) -> Mapping[ReviewKind, QueueDepth]:
        """How much is open."""
        ...

    def add_event(self, event: ReviewEvent) -> None:
        """Stores a row of the history with its note sealed, and its audit row."""
        ...

    def history(self, review_id: str) -> Sequence[ReviewEvent]:
        """Oldest first."""
        ...

    def approved_by(self, item: ReviewItem) -> frozenset[str]:
        """Who approved earlier stages of the present round."""
        ...

    def record_reading(self, item: ReviewItem, reader: Reviewer, purpose: Purpose, what: str) -> None:
        """Writes to the audit trail that somebody reads unmasked data. Raises NotAuthorised: he may not."""
        ...

    def record_reason(self, reason: ReviewReason, actor: str, *, outcome: str) -> None:
        """Writes a change of the dictionary to the audit trail."""
        ...
