"""Review items: kinds, stages, states, decisions. Values and the one state machine, without I/O."""

import enum
from dataclasses import dataclass
from functools import partial
from typing import Final

from cosign.brands.model import Text
from cosign.brands.words import ReviewStage
from cosign.errors import FieldInvalid
from cosign.reviews.faults import ReviewStateRefused
from cosign.transitions import Transitions

MAX_NOTE: Final = 500
"""Characters of what a reviewer writes to the applicant."""


class ReviewKind(enum.StrEnum):
    """What is reviewed. The words are stored and never change."""

    IDENTITY = "identity"
    """A real-name check by hand (人工审核)."""
    ACCOUNT_APPEAL = "account_appeal"
    """A cancelled account that is asked back (账户申诉)."""
    NUMBER_CHANGE = "number_change"
    """Another login number for a user who lost his (原手机号停用更换)."""


class ReviewState(enum.StrEnum):
    """Life of an item. `stage` and `round` of the item say which stage it is in and how often it was handed in."""

    WAITING = "waiting"
    """In the queue of its stage (待审核)."""
    CLAIMED = "claimed"
    """A reviewer works on it."""
    APPROVED = "approved"
    """Approved by every stage (已审核)."""
    RETURNED = "returned"
    """Given back to the applicant, who may correct it and hand it in again (已退回)."""
    REFUSED = "refused"
    """Refused for good."""
    WITHDRAWN = "withdrawn"
    """The applicant no longer wants it, or his account has ended."""
    EXPIRED = "expired"
    """Returned, and not corrected in time."""


TRANSITIONS: Final = Transitions(
    "the review",
    ReviewState,
    {
        ReviewState.WAITING: {ReviewState.CLAIMED, ReviewState.WITHDRAWN},
        ReviewState.CLAIMED: {
            ReviewState.WAITING,
            ReviewState.CLAIMED,
            ReviewState.APPROVED,
            ReviewState.RETURNED,
            ReviewState.REFUSED,
            ReviewState.WITHDRAWN,
        },
        ReviewState.RETURNED: {ReviewState.WAITING, ReviewState.WITHDRAWN, ReviewState.EXPIRED},
    },
)
"""Every transition there is. CLAIMED to WAITING is a release, an ended claim, or the next stage; CLAIMED to CLAIMED a
claim that is prolonged, taken over after its end, or given to somebody else; RETURNED to WAITING a correction."""

OPEN: Final = frozenset({ReviewState.WAITING, ReviewState.CLAIMED})
"""States in which somebody has to do something."""


class ReviewPriority(enum.IntEnum):
    """Which items come first in a queue, before the time they are due."""

    URGENT = 0
    NORMAL = 1


class Verdict(enum.StrEnum):
    """What a reviewer decides."""

    APPROVE = "approve"
    RETURN = "return"
    REFUSE = "refuse"


class ReviewAction(enum.StrEnum):
    """What happened to an item; one row of its history each. The words are stored and never change."""

    OPENED = "opened"
    CLAIMED = "claimed"
    RELEASED = "released"
    REASSIGNED = "reassigned"
    LAPSED = "lapsed"
    """A claim ended without a decision."""
    STAGE_APPROVED = "stage_approved"
    """Approved by a stage that another one follows."""
    APPROVED = "approved"
    RETURNED = "returned"
    REFUSED = "refused"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    ACCOUNT_CLOSED = "account_closed"
    """Withdrawn because the account of the applicant ended."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One thing that waits for a decision, or had one. Times in ms since the epoch; 0 for never."""

    review_id: str
    """`rev_` and a ULID."""
    kind: ReviewKind
    subject_id: str
    """Id of what is reviewed, in the area that owns it."""
    brand: str
    account_id: str
    """The applicant; empty when it was not a user."""
    opened_by: str = ""
    """Member of staff who opened it; empty: the applicant did."""
    state: ReviewState = ReviewState.WAITING
    path: tuple[ReviewStage, ...]
    """Its stages in order, as the policy was when it was handed in; 1 or 2."""
    stage: int = 1
    """Number of the stage it is in, from 1."""
    round: int = 1
    """How often it was handed in."""
    priority: ReviewPriority = ReviewPriority.NORMAL
    opened_ms: int
    """When it was handed in, the last time."""
    due_ms: int
    """When the decision is expected."""
    claimed_by: str = ""
    claim_until_ms: int = 0
    correct_by_ms: int = 0
    """Until when a returned item may be corrected."""
    finished_ms: int = 0
    """When the last decision was made."""
    version: int = 1
    """Raised by every change; a change names the one it was made for."""

    @property
    def present(self) -> ReviewStage:
        """The stage it is in."""
        return self.path[self.stage - 1]

    def check_becomes(self, target: ReviewState) -> None:
        """Raises ReviewStateRefused unless the table allows it."""
        TRANSITIONS.check(self.state, target, partial(ReviewStateRefused, state=self.state.value))

    def is_overdue(self, now_ms: int) -> bool:
        """Whether a decision should have been made."""
        return self.state in OPEN and self.due_ms <= now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """One row of the history of an item."""

    event_id: str
    """`rve_` and a ULID."""
    review_id: str
    version: int
    """Of the item afterwards."""
    action: ReviewAction
    time_ms: int
    actor: str = ""
    """The member of staff; empty: the applicant, or the end of a term."""
    stage: int
    round: int
    reason_code: str = ""
    reason_version: int = 0
    note: str = ""
    """What the reviewer wrote. Stored sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReason:
    """A type of refusal (退回类型): one version of one entry of the dictionary of a kind."""

    kind: ReviewKind
    code: str
    """2 to 32 lower-case letters, digits and underscores, a letter first."""
    version: int
    text: Text
    """What the applicant reads; 1 to 90 characters per language."""
    retired: bool = False
    """No longer offered; decisions that named it keep it."""
    changed_ms: int = 0
    changed_by: str = ""
    """Empty: it came with the program."""

    @property
    def shown(self) -> str:
        """Both languages in one line."""
        return f"{self.text.zh} / {self.text.en}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A final decision, as the area of the subject learns of it."""

    item: ReviewItem
    verdict: Verdict
    reviewer: str
    reason_code: str = ""
    reason: str = ""
    """Text of the reason in both languages, at most 183 characters; empty for an approval."""
    note: str = ""
    """What the reviewer wrote to the applicant, at most 500 characters."""


def check_note(note: str) -> str:
    """Returns `note` without spaces around it. Raises FieldInvalid if it is too long or holds a NUL."""
    stripped = note.strip()
    if len(stripped) > MAX_NOTE or "\x00" in stripped:
        raise FieldInvalid("note", f"must be at most {MAX_NOTE} characters without NUL")
    return stripped
