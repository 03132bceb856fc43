"""Reviews: what waits for a decision of staff, who takes it, and what comes of it.

An area whose things are reviewed calls, with a `ReviewUnit` for the connection of its own transaction,

    open_review        puts a subject into the queue, or back into it after a correction
    withdraw_review    takes it out
    close_reviews      takes all subjects of an account out, when the account ends

and implements `ReviewSubject` in its `review_subject.py`; `cosign.server.reviews_wiring` knows it by its kind.
docs/reviews.md tells how to add a kind.
"""

from cosign.reviews.model import Decision, ReviewItem, ReviewKind, ReviewState, Verdict
from cosign.reviews.ports import ReviewSubject, ReviewUnit, ShownField, ShownFile, SubjectView
from cosign.reviews.usecases.open_review import close_reviews, open_review, withdraw_review

__all__ = [
    "Decision",
    "ReviewItem",
    "ReviewKind",
    "ReviewState",
    "ReviewSubject",
    "ReviewUnit",
    "ShownField",
    "ShownFile",
    "SubjectView",
    "Verdict",
    "close_reviews",
    "open_review",
    "withdraw_review",
]
