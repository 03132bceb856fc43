"""Puts a subject into the queue and takes it out: called by the area that owns it, in its own transaction."""

import dataclasses
from collections.abc import Sequence

from cosign import ids
from cosign.clock import Clock
from cosign.reviews.faults import ReviewOpen
from cosign.reviews.model import OPEN, ReviewAction, ReviewItem, ReviewKind, ReviewState
from cosign.reviews.ports import ReviewUnit
from cosign.reviews.usecases.history import note_down


def open_review(
    unit: ReviewUnit,
    *,
    kind: ReviewKind,
    subject_id: str,
    brand: str,
    account_id: str,
    clock: Clock,
    opened_by: str = "",
    corrects: str = "",
) -> ReviewItem:
    """Puts a subject into the queue of its first stage. One that was returned goes back there for another round.

    Args:
        unit: The caller's transaction.
        kind: What it is.
        subject_id: Its id in the area that owns it, 1 to 64 characters.
        brand: Whose reviewers see it.
        account_id: The applicant; empty when he has no account.
        clock: The time.
        opened_by: Member of staff who asks for the review, if it was not the applicant.
        corrects: Id of a subject that was returned and that this one takes the place of; empty: none, or itself.

    Raises:
        ReviewOpen: The subject is being reviewed.
        ReviewStateRefused: It had its final decision.
        BrandUnknown.
    """
    terms, now_ms = unit.terms(kind, brand), clock.now_ms()
    found = unit.of_subject(kind, corrects or subject_id)
    if found is None:
        item = ReviewItem(
            review_id=ids.new_id(ids.REVIEW, now_ms),
            kind=kind,
            subject_id=subject_id,
            brand=brand,
            account_id=account_id,
            opened_by=opened_by,
            path=terms.path,
            priority=terms.priority,
            opened_ms=now_ms,
            due_ms=now_ms + terms.due_ms,
        )
        unit.add(item)
        note_down(unit, item, ReviewAction.OPENED, clock=clock, actor=opened_by)
        return item
    if found.state in OPEN:
        raise ReviewOpen("it is being reviewed")
    found.check_becomes(ReviewState.WAITING)
    item = unit.change(
        dataclasses.replace(
            found,
            subject_id=subject_id,
            state=ReviewState.WAITING,
            stage=1,
            path=terms.path,
            round=found.round + 1,
            opened_by=opened_by,
            opened_ms=now_ms,
            due_ms=now_ms + terms.due_ms,
            correct_by_ms=0,
            finished_ms=0,
        )
    )
    note_down(unit, item, ReviewAction.REOPENED, clock=clock, actor=opened_by)
    return item


def withdraw_review(unit: ReviewUnit, *, kind: ReviewKind, subject_id: str, clock: Clock) -> ReviewItem | None:
    """Takes a subject out of the queue, also out of the hands of a reviewer; None if it was never in it.

    What was withdrawn before stays as it is.

    Raises:
        ReviewStateRefused: It had its final decision.
        ReviewChanged: Another one was faster.
    """
    found = unit.of_subject(kind, subject_id)
    if found is None or found.state is ReviewState.WITHDRAWN:
        return found
    return _withdrawn(unit, found, ReviewAction.WITHDRAWN, clock)


def close_reviews(unit: ReviewUnit, *, account_id: str, clock: Clock) -> Sequence[ReviewItem]:
    """Ends what has no final decision of an account, in the transaction that ends the account; returns what it ended.

    Called before that transaction changes the account: a decision changes the item first as well, and one of the two
    waits for the other. What was decided by then stays decided; who decides later gets ReviewChanged.
    """
    return [
        _withdrawn(unit, item, ReviewAction.ACCOUNT_CLOSED, clock) for item in unit.unfinished(account_id) if account_id
    ]


def _withdrawn(unit: ReviewUnit, found: ReviewItem, action: ReviewAction, clock: Clock) -> ReviewItem:
    found.check_becomes(ReviewState.WITHDRAWN)
    item = unit.change(
        dataclasses.replace(
            found,
            state=ReviewState.WITHDRAWN,
            claimed_by="",
            claim_until_ms=0,
            correct_by_ms=0,
            finished_ms=clock.now_ms(),
        )
    )
    note_down(unit, item, action, clock=clock)
    return item
