"""Faults of reviews, one class per reason (`cosign.errors` has the base classes)."""

from cosign.errors import RequestFault, StateFault


class ReviewStateRefused(StateFault):
    """The state of the item does not allow this."""

    reason = "REVIEW_STATE"

    def __init__(self, detail: str, *, state: str) -> None:
        """`state` is the state the item is in."""
        super().__init__(detail, metadata={"state": state})


class ReviewChanged(StateFault):
    """Another one was faster: the item is no longer what the caller saw."""

    reason = "REVIEW_CHANGED"


class ReviewClaimed(StateFault):
    """Another reviewer works on it."""

    reason = "REVIEW_CLAIMED"


class ReviewNotClaimed(StateFault):
    """The caller has not claimed it, or his claim has ended."""

    reason = "REVIEW_NOT_CLAIMED"


class ReviewOwn(RequestFault):
    """Nobody decides what he asked for himself."""

    reason = "REVIEW_OWN"


class ReviewFourEyes(RequestFault):
    """Each stage needs another reviewer."""

    reason = "REVIEW_FOUR_EYES"


class ReviewVerdictRefused(StateFault):
    """This kind of review does not end this way."""

    reason = "REVIEW_VERDICT"


class ReviewOpen(StateFault):
    """The subject is being reviewed."""

    reason = "REVIEW_OPEN"


class ReasonInUse(StateFault):
    """A decision names it: it can be retired, never deleted."""

    reason = "REASON_IN_USE"


class ReasonTaken(StateFault):
    """There is one of this code."""

    reason = "REASON_TAKEN"
