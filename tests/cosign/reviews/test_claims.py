"""Queue, claims, their ends and what is refused (R-ADM-01)."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from cosign.clock import to_ms
from cosign.errors import NotAuthorised, ResourceNotFound
from cosign.reviews import ReviewKind, ReviewState, Verdict, withdraw_review
from cosign.reviews.faults import ReviewChanged, ReviewClaimed, ReviewNotClaimed, ReviewOpen, ReviewStateRefused
from cosign.reviews.model import TRANSITIONS, ReviewAction, ReviewItem, ReviewPriority
from cosign.reviews.ports import Reviewer
from cosign.reviews.usecases import claims, show
from tests.cosign.reviews.conftest import BRAND, SUPERVISOR, Desk, reviewer

ONE, TWO = reviewer(1), reviewer(2)


def actions(desk: Desk, item: ReviewItem) -> list[ReviewAction]:
    return [event.action for event in desk.do(lambda unit: unit.history(item.review_id))]


def test_a_subject_is_in_the_queue_once(desk: Desk) -> None:
    """R-ADM-01: an item in review; the SLA comes from the policy of the brand (R-ADM-03: SXQ 1 to 2 hours)."""
    item = desk.hand_in()
    assert item.due_ms == to_ms(desk.clock.now() + dt.timedelta(hours=2))
    with pytest.raises(ReviewOpen):
        desk.hand_in()
    assert desk.hand_in("idv_2").review_id != item.review_id


def test_one_reviewer_at_a_time(desk: Desk) -> None:
    """R-ADM-01: claim lock. The second one is told who has it; the first one may prolong."""
    item = desk.hand_in()
    claimed = desk.claim(item, ONE)
    assert (claimed.state, claimed.claimed_by) == (ReviewState.CLAIMED, ONE.staff_id)
    for version in (item.version, claimed.version):
        with pytest.raises(ReviewClaimed) as refused:
            desk.claim(item, TWO, version)
        assert refused.value.metadata == {"claimed_by": ONE.staff_id}
    desk.clock.forward(minutes=10)
    assert desk.claim(item, ONE).claim_until_ms > claimed.claim_until_ms
    assert actions(desk, item) == [ReviewAction.OPENED, ReviewAction.CLAIMED]


def test_a_claim_ends_by_time(desk: Desk) -> None:
    """R-ADM-01: an ended claim holds nobody up, before the sweep and after it."""
    item, other = desk.hand_in(), desk.hand_in("idv_2")
    desk.claim(item, ONE)
    desk.claim(other, ONE)
    desk.clock.forward(minutes=31)
    with pytest.raises(ReviewNotClaimed):
        desk.decide(item, Verdict.APPROVE, ONE)
    assert desk.claim(item, TWO).claimed_by == TWO.staff_id
    assert desk.do(lambda unit: claims.end_claims(unit, clock=desk.clock, limit=10)) == 1
    assert desk.do(lambda unit: claims.end_claims(unit, clock=desk.clock, limit=10)) == 0
    assert desk.item(other.review_id).state is ReviewState.WAITING
    assert actions(desk, other)[-1] is ReviewAction.LAPSED
    assert desk.item(item.review_id).claimed_by == TWO.staff_id


def test_release_and_reassignment(desk: Desk) -> None:
    """R-ADM-01: one's own claim, or anybody's as supervisor; the new reviewer must be able to claim."""
    item = desk.hand_in()

    def release(who: Reviewer) -> ReviewItem:
        version = desk.item(item.review_id).version
        found: ReviewItem = desk.do(
            lambda unit: claims.release(unit, review_id=item.review_id, reviewer=who, version=version, clock=desk.clock)
        )
        return found

    def reassign(by: Reviewer, to: Reviewer) -> ReviewItem:
        version = desk.item(item.review_id).version
        found: ReviewItem = desk.do(
            lambda unit: claims.reassign(
                unit, review_id=item.review_id, supervisor=by, to=to, version=version, clock=desk.clock
            )
        )
        return found

    with pytest.raises(ReviewStateRefused):
        release(ONE)
    desk.claim(item, ONE)
    with pytest.raises(ReviewNotClaimed):
        release(TWO)
    assert release(ONE).state is ReviewState.WAITING
    desk.claim(item, ONE)
    with pytest.raises(NotAuthorised):
        reassign(ONE, TWO)
    with pytest.raises(NotAuthorised):
        reassign(SUPERVISOR, reviewer(2, stages=frozenset()))
    with pytest.raises(ResourceNotFound):
        reassign(SUPERVISOR, reviewer(2, brands=frozenset({"zb"})))
    assert reassign(SUPERVISOR, TWO).claimed_by == TWO.staff_id
    with pytest.raises(ReviewNotClaimed):
        desk.decide(item, Verdict.APPROVE, ONE)
    assert release(SUPERVISOR).claimed_by == ""


def test_every_transition_that_the_table_lacks_is_refused(desk: Desk) -> None:
    """R-ADM-01: already decided; each refusal names the present state."""
    item = desk.hand_in()
    for state, following in TRANSITIONS.items():
        for target in set(ReviewState) - following:
            with pytest.raises(ReviewStateRefused) as refused:
                _in_state(item, state).check_becomes(target)
            assert refused.value.metadata == {"state": state.value}
    with pytest.raises(ReviewStateRefused):
        desk.decide(item, Verdict.APPROVE)
    desk.claim(item)
    desk.decide(item, Verdict.APPROVE)
    for attempt in (
        lambda: desk.claim(item),
        lambda: desk.decide(item, Verdict.APPROVE),
        lambda: desk.decide(item, Verdict.RETURN, reason_code="data_mismatch"),
        desk.hand_in,
        lambda: desk.do(
            lambda unit: withdraw_review(unit, kind=item.kind, subject_id=item.subject_id, clock=desk.clock)
        ),
    ):
        with pytest.raises(ReviewStateRefused) as refused:
            attempt()
        assert refused.value.metadata == {"state": "approved"}


def test_what_is_withdrawn_leaves_the_hands_of_the_reviewer(desk: Desk) -> None:
    """R-ADM-01: the reviewer who still looks at it is told what became of it."""
    item = desk.hand_in()
    claimed = desk.claim(item)
    gone = desk.do(lambda unit: withdraw_review(unit, kind=item.kind, subject_id="idv_1", clock=desk.clock))
    assert gone.state is ReviewState.WITHDRAWN
    with pytest.raises(ReviewChanged) as refused:
        desk.decide(item, Verdict.APPROVE, version=claimed.version)
    assert refused.value.metadata["state"] == "withdrawn"
    assert desk.do(lambda unit: withdraw_review(unit, kind=item.kind, subject_id="x", clock=desk.clock)) is None


def test_the_queue_shows_what_is_due_first(desk: Desk) -> None:
    """R-ADM-01: filters by kind, brand, state, own and overdue; pages by keyset."""
    late = desk.hand_in("idv_1", brand="bxq")
    appeal = desk.hand_in("apl_1", kind=ReviewKind.ACCOUNT_APPEAL, brand="zb")
    soon = [desk.hand_in(f"idv_{number}") for number in range(2, 5)]
    desk.claim(soon[0], TWO)

    def listed(**filters: Any) -> list[str]:
        found: list[str] = []
        after = ""
        while True:
            page = desk.do(
                lambda unit, after=after: show.queue(
                    unit, clock=desk.clock, after=after, limit=2, **({"reviewer": ONE} | filters)
                )
            )
            found += [item.review_id for item in page.items]
            after = page.cursor
            if not after:
                return found

    in_order = sorted(item.review_id for item in soon)
    assert listed() == [*in_order, late.review_id, appeal.review_id]
    assert listed(kind=ReviewKind.ACCOUNT_APPEAL) == [appeal.review_id]
    assert listed(brand=BRAND, state=ReviewState.WAITING) == sorted(item.review_id for item in soon[1:])
    assert listed(mine=True) == []
    assert listed(mine=True, reviewer=TWO) == [soon[0].review_id]
    assert listed(overdue=True) == []
    desk.clock.forward(hours=2)
    assert listed(overdue=True) == in_order
    desk.claim(soon[0], TWO)
    desk.decide(soon[0], Verdict.APPROVE, TWO)
    assert listed(overdue=True, brand=BRAND) == sorted(item.review_id for item in soon[1:])
    assert listed(state=ReviewState.APPROVED) == [soon[0].review_id]
    depth = desk.do(lambda unit: unit.depth(desk.clock.now_ms()))[ReviewKind.IDENTITY]
    assert (depth.open, depth.overdue, depth.oldest_ms) == (3, 2, late.opened_ms)


def test_overdue_ones_of_every_priority_are_listed(desk: Desk) -> None:
    """R-ADM-01: urgent ones first, page by page, without those that are due later."""
    late = [desk.hand_in(f"idv_{number}") for number in range(4)]
    for item in late[2:]:
        desk.do(lambda unit, item=item: unit.change(dataclasses.replace(item, priority=ReviewPriority.URGENT)))
    desk.clock.forward(hours=1)
    for number, priority in enumerate(ReviewPriority):
        item = desk.hand_in(f"idv_later_{number}")
        desk.do(lambda unit, item=item, to=priority: unit.change(dataclasses.replace(item, priority=to)))
    desk.clock.forward(hours=1)
    found, after = [], ""
    for _ in range(4):
        page = desk.do(
            lambda unit, after=after: show.queue(
                unit, reviewer=ONE, clock=desk.clock, overdue=True, after=after, limit=1
            )
        )
        found += [item.review_id for item in page.items]
        after = page.cursor
    assert after == ""
    names = [item.review_id for item in late]
    assert found == [*sorted(names[2:]), *sorted(names[:2])]


def _in_state(item: ReviewItem, state: ReviewState) -> ReviewItem:
    return dataclasses.replace(item, state=state)
