"""Decisions: the item, its history and what comes of it in one transaction."""

import dataclasses
from typing import Final

from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.reviews.faults import ReviewVerdictRefused
from cosign.reviews.model import (
    Decision,
    ReviewAction,
    ReviewItem,
    ReviewReason,
    ReviewState,
    Verdict,
    check_note,
)
from cosign.reviews.ports import Reviewer, ReviewUnit
from cosign.reviews.usecases.history import note_down
from cosign.reviews.usecases.seen import check_claim, check_separate, expected_item

_STATES: Final = {
    Verdict.APPROVE: (ReviewState.APPROVED, ReviewAction.APPROVED),
    Verdict.RETURN: (ReviewState.RETURNED, ReviewAction.RETURNED),
    Verdict.REFUSE: (ReviewState.REFUSED, ReviewAction.REFUSED),
}


def decide(
    unit: ReviewUnit,
    *,
    review_id: str,
    reviewer: Reviewer,
    version: int,
    verdict: Verdict,
    clock: Clock,
    reason_code: str = "",
    note: str = "",
) -> ReviewItem:
    """Decides an item that the reviewer has claimed.

    An approval by a stage that another one follows puts the item into the queue of that stage. Every other decision
    is carried out by the area of the subject, in the same transaction.

    Args:
        unit: One transaction.
        review_id: Which.
        reviewer: Who.
        version: The version he saw.
        verdict: What.
        clock: The time.
        reason_code: From the dictionary of the kind; needed to return and to refuse.
        note: To the applicant, at most 500 characters.

    Raises:
        ResourceNotFound: No such item, or not the reviewer's to see.
        NotAuthorised: He does not decide its stage.
        ReviewChanged: Another one was faster.
        ReviewStateRefused: Nobody has claimed it, or it was decided.
        ReviewNotClaimed: The reviewer has not claimed it, or his claim has ended.
        ReviewOwn, ReviewFourEyes: See `check_separate`.
        ReviewVerdictRefused: A review of this kind does not end this way.
        FieldInvalid: The reason is missing, unknown or retired; the note is too long.
        CosignFault: The area of the subject cannot carry it out.
    """
    item = expected_item(unit, review_id, reviewer, version=version)
    state, action = _STATES[verdict]
    item.check_becomes(state)
    check_claim(item, reviewer, now_ms=clock.now_ms())
    check_separate(unit, item, reviewer)
    subject = unit.subject(item.kind)
    if verdict not in subject.verdicts:
        allowed = ",".join(sorted(one.value for one in subject.verdicts))
        raise ReviewVerdictRefused(f"{item.kind.value} reviews end by {allowed}", metadata={"verdicts": allowed})
    reason = _reason(unit, item, verdict, reason_code)
    written = check_note(note)
    if verdict is Verdict.APPROVE and item.stage < len(item.path):
        return _next_stage(unit, item, reviewer, note=written, clock=clock)
    now_ms = clock.now_ms()
    returned = verdict is Verdict.RETURN
    decided = unit.change(
        dataclasses.replace(
            item,
            state=state,
            claimed_by="",
            claim_until_ms=0,
            correct_by_ms=now_ms + unit.terms(item.kind, item.brand).correct_ms if returned else 0,
            finished_ms=now_ms,
        )
    )
    note_down(unit, decided, action, clock=clock, actor=reviewer.staff_id, reason=reason, note=written)
    subject.decide(
        Decision(
            item=decided,
            verdict=verdict,
            reviewer=reviewer.staff_id,
            reason_code="" if reason is None else reason.code,
            reason="" if reason is None else reason.shown,
            note=written,
        )
    )
    return decided


def _next_stage(unit: ReviewUnit, item: ReviewItem, reviewer: Reviewer, *, note: str, clock: Clock) -> ReviewItem:
    passed = unit.change(
        dataclasses.replace(item, state=ReviewState.WAITING, stage=item.stage + 1, claimed_by="", claim_until_ms=0)
    )
    note_down(
        unit,
        passed,
        ReviewAction.STAGE_APPROVED,
        clock=clock,
        actor=reviewer.staff_id,
        note=note,
        stage=item.stage,
    )
    return passed


def _reason(unit: ReviewUnit, item: ReviewItem, verdict: Verdict, code: str) -> ReviewReason | None:
    if verdict is Verdict.APPROVE:
        if code:
            raise FieldInvalid("reason_code", "has no place in an approval")
        return None
    if not code:
        raise FieldInvalid("reason_code", "is needed")
    found = unit.reasons.get(item.kind, code)
    if found is None or found.retired:
        raise FieldInvalid("reason_code", "is no reason of this kind of review")
    return found
