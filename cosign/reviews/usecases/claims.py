"""Claims: one reviewer at a time works on an item, for a limited time."""

import dataclasses

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.reviews.faults import ReviewClaimed, ReviewStateRefused
from cosign.reviews.model import ReviewAction, ReviewItem, ReviewState
from cosign.reviews.ports import Duty, Reviewer, ReviewUnit
from cosign.reviews.usecases.history import note_down
from cosign.reviews.usecases.seen import (
    changed,
    check_claim,
    check_duty,
    check_separate,
    expected_item,
    seen_item,
)


def claim(unit: ReviewUnit, *, review_id: str, reviewer: Reviewer, version: int, clock: Clock) -> ReviewItem:
    """Takes an item, or prolongs the claim of the same reviewer.

    Raises:
        ResourceNotFound, ReviewChanged: See `expected_item`.
        ReviewClaimed: Another reviewer has it, and his claim runs.
        ReviewStateRefused: It is decided, returned or withdrawn.
        NotAuthorised, ReviewOwn, ReviewFourEyes: See `check_separate`.
    """
    item = seen_item(unit, review_id, reviewer)
    now_ms = clock.now_ms()
    mine = item.claimed_by == reviewer.staff_id
    if item.state is ReviewState.CLAIMED and not mine and item.claim_until_ms > now_ms:
        raise ReviewClaimed("another reviewer has it", metadata={"claimed_by": item.claimed_by})
    if item.version != version:
        raise changed(item)
    item.check_becomes(ReviewState.CLAIMED)
    check_separate(unit, item, reviewer)
    terms = unit.terms(item.kind, item.brand)
    claimed = unit.change(_claimed_by(item, reviewer.staff_id, now_ms + terms.claim_ms))
    if not mine:
        note_down(unit, claimed, ReviewAction.CLAIMED, clock=clock, actor=reviewer.staff_id)
    return claimed


def release(unit: ReviewUnit, *, review_id: str, reviewer: Reviewer, version: int, clock: Clock) -> ReviewItem:
    """Puts an item back into the queue: one's own, or, as supervisor, anybody's.

    Raises:
        ResourceNotFound, ReviewChanged: See `expected_item`.
        ReviewStateRefused: Nobody has it.
        ReviewNotClaimed: Another one has it.
    """
    item = expected_item(unit, review_id, reviewer, version=version)
    if item.state is not ReviewState.CLAIMED:
        raise ReviewStateRefused("nobody has claimed it", state=item.state.value)
    if Duty.SUPERVISE not in reviewer.duties:
        check_claim(item, reviewer, now_ms=clock.now_ms())
    released = unit.change(_waiting(item))
    note_down(unit, released, ReviewAction.RELEASED, clock=clock, actor=reviewer.staff_id)
    return released


def reassign(
    unit: ReviewUnit, *, review_id: str, supervisor: Reviewer, to: Reviewer, version: int, clock: Clock
) -> ReviewItem:
    """Gives an open item to another reviewer, whose claim starts now.

    Raises:
        NotAuthorised: The caller does not supervise, or `to` does not decide this stage.
        ResourceNotFound: No such item, or `to` does not see it.
        ReviewChanged, ReviewStateRefused, ReviewOwn, ReviewFourEyes: As for a claim of `to`.
    """
    check_duty(supervisor, Duty.SUPERVISE)
    item = expected_item(unit, review_id, supervisor, version=version)
    item.check_becomes(ReviewState.CLAIMED)
    if not to.sees(item):
        raise ResourceNotFound("no such reviewer of this review")
    check_separate(unit, item, to)
    terms = unit.terms(item.kind, item.brand)
    given = unit.change(_claimed_by(item, to.staff_id, clock.now_ms() + terms.claim_ms))
    note_down(unit, given, ReviewAction.REASSIGNED, clock=clock, actor=supervisor.staff_id)
    return given


def end_claims(unit: ReviewUnit, *, clock: Clock, limit: int) -> int:
    """Puts items whose claims have ended back into the queue; returns how many."""
    lapsed = unit.lapsed(clock.now_ms(), limit=limit)
    for item in lapsed:
        note_down(unit, unit.change(_waiting(item)), ReviewAction.LAPSED, clock=clock)
    return len(lapsed)


def end_corrections(unit: ReviewUnit, *, clock: Clock, limit: int) -> int:
    """Ends returned items that were not corrected in time; returns how many."""
    over = unit.uncorrected(clock.now_ms(), limit=limit)
    for item in over:
        item.check_becomes(ReviewState.EXPIRED)
        ended = unit.change(dataclasses.replace(item, state=ReviewState.EXPIRED, correct_by_ms=0))
        note_down(unit, ended, ReviewAction.EXPIRED, clock=clock)
    return len(over)


def _claimed_by(item: ReviewItem, staff_id: str, until_ms: int) -> ReviewItem:
    return dataclasses.replace(item, state=ReviewState.CLAIMED, claimed_by=staff_id, claim_until_ms=until_ms)


def _waiting(item: ReviewItem) -> ReviewItem:
    item.check_becomes(ReviewState.WAITING)
    return dataclasses.replace(item, state=ReviewState.WAITING, claimed_by="", claim_until_ms=0)
