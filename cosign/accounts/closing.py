"""What is left of a cancelled account, and how it is asked back (R-ACC-25, R-ACC-26): values and rules."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final

from cosign.transitions import Transitions


class AppealState(enum.StrEnum):
    """Life of an appeal."""

    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    REFUSED = "refused"


APPEAL_TRANSITIONS: Final = Transitions(
    "the appeal",
    AppealState,
    {
        AppealState.IN_REVIEW: {AppealState.ACCEPTED, AppealState.REFUSED},
    },
)
"""Every transition there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """One appeal."""

    appeal_id: str
    account_id: str
    state: AppealState
    submitted_at: dt.datetime
    reason: str = ""
    """What the reviewer wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an account."""

    account_id: str
    brand: str
    person_id: str
    """Empty when it was never verified; then there is no way back."""
    cancelled_at: dt.datetime
