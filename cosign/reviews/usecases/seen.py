"""Finds an item for a reviewer, and checks that it is what he saw."""

from cosign.errors import BrandHidden, NotAuthorised, ResourceNotFound
from cosign.reviews.faults import ReviewChanged, ReviewFourEyes, ReviewNotClaimed, ReviewOwn
from cosign.reviews.model import ReviewItem, ReviewState
from cosign.reviews.ports import Duty, Reviewer, ReviewUnit


def seen_item(unit: ReviewUnit, review_id: str, reviewer: Reviewer) -> ReviewItem:
    """The item.

    Raises:
        ResourceNotFound: No such item, or of a kind that is not the reviewer's.
        BrandHidden: Of a brand that he does not work for.
    """
    found = unit.get(review_id)
    if found is None or found.kind not in reviewer.kinds:
        raise ResourceNotFound("no such review")
    if not reviewer.sees(found):
        raise BrandHidden(review_id)
    return found


def expected_item(unit: ReviewUnit, review_id: str, reviewer: Reviewer, *, version: int) -> ReviewItem:
    """The item, as the reviewer saw it.

    Raises:
        ResourceNotFound: See `seen_item`.
        ReviewChanged: It was changed since; metadata names `state`, `version` and `claimed_by`.
    """
    found = seen_item(unit, review_id, reviewer)
    if found.version != version:
        raise changed(found)
    return found


def changed(item: ReviewItem) -> ReviewChanged:
    """The fault that tells what the item is now."""
    metadata = {"state": item.state.value, "version": str(item.version), "claimed_by": item.claimed_by}
    return ReviewChanged(f"the review is {item.state.value} by now", metadata=metadata)


def check_duty(reviewer: Reviewer, duty: Duty) -> None:
    """Raises NotAuthorised."""
    if duty not in reviewer.duties:
        raise NotAuthorised(f"needs the duty {duty.value}")


def check_separate(unit: ReviewUnit, item: ReviewItem, reviewer: Reviewer) -> None:
    """Four eyes: who asked for it does not review it, and each stage has another reviewer, who is one of that stage.

    Raises:
        NotAuthorised: He does not decide this stage.
        ReviewOwn, ReviewFourEyes.
    """
    if item.present not in reviewer.stages:
        raise NotAuthorised(f"needs a reviewer of the stage {item.present.value}")
    asked = item.opened_by == reviewer.staff_id
    if asked or (reviewer.account_id and item.account_id == reviewer.account_id):
        raise ReviewOwn("nobody reviews what he asked for")
    if item.stage > 1 and reviewer.staff_id in unit.approved_by(item):
        raise ReviewFourEyes("an earlier stage was approved by the same reviewer")


def check_claim(item: ReviewItem, reviewer: Reviewer, *, now_ms: int) -> None:
    """Raises ReviewNotClaimed unless the reviewer holds a claim that runs."""
    if item.state is not ReviewState.CLAIMED or item.claimed_by != reviewer.staff_id or item.claim_until_ms <= now_ms:
        raise ReviewNotClaimed("claim the review first", metadata={"state": item.state.value})
