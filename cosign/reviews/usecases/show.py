"""What a reviewer sees: the queue, an item with its subject masked, and, recorded, what lies under the mask."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.reviews.model import ReviewEvent, ReviewItem, ReviewKind, ReviewState, Verdict
from cosign.reviews.ports import Duty, PageOfReviews, QueueFilter, Reviewer, ReviewUnit, SubjectView
from cosign.reviews.usecases.seen import check_claim, check_duty, seen_item


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReview:
    """An item, its subject and its history."""

    item: ReviewItem
    subject: SubjectView
    """Empty once the subject is gone."""
    history: Sequence[ReviewEvent]
    verdicts: Collection[Verdict]
    """How a review of this kind may end."""


def queue(
    unit: ReviewUnit,
    *,
    reviewer: Reviewer,
    clock: Clock,
    kind: ReviewKind | None = None,
    brand: str = "",
    state: ReviewState | None = None,
    mine: bool = False,
    overdue: bool = False,
    after: str = "",
    limit: int,
) -> PageOfReviews:
    """What the reviewer may see of the queue; nothing of other kinds and brands.

    `state` None means all that are open; `overdue` keeps of these what should have been decided by now.
    """
    kinds = reviewer.kinds if kind is None else reviewer.kinds & {kind}
    brands = reviewer.brands
    if brand:
        brands = frozenset({brand}) if brands is None else brands & {brand}
    if not kinds or (brands is not None and not brands):
        return PageOfReviews([], "")
    wanted = QueueFilter(
        kinds=kinds,
        brands=brands,
        state=state,
        claimed_by=reviewer.staff_id if mine else "",
        due_before_ms=clock.now_ms() + 1 if overdue else 0,
    )
    return unit.queue(wanted, after=after, limit=limit)


def show(unit: ReviewUnit, *, review_id: str, reviewer: Reviewer) -> ShownReview:
    """An item with its subject, masked. Raises ResourceNotFound."""
    item = seen_item(unit, review_id, reviewer)
    subject = unit.subject(item.kind)
    try:
        view = subject.view(item.subject_id)
    except ResourceNotFound:
        view = SubjectView(fields=())
    return ShownReview(item=item, subject=view, history=unit.history(review_id), verdicts=subject.verdicts)


def unmask(unit: ReviewUnit, *, review_id: str, name: str, reviewer: Reviewer, clock: Clock) -> str:
    """The whole text of one masked field; the reading is recorded in the same transaction.

    Raises:
        ResourceNotFound: No such item or field, or not the reviewer's to see.
        NotAuthorised: He may not see unmasked data.
        ReviewNotClaimed: He does not work on it.
    """
    item = _working_on(unit, review_id, reviewer, clock)
    subject = unit.subject(item.kind)
    text = subject.unmasked(item.subject_id, name)
    unit.record_reading(item, reviewer, subject.purpose, name)
    return text


def open_file(unit: ReviewUnit, *, review_id: str, name: str, reviewer: Reviewer, clock: Clock) -> str:
    """Id of the upload behind one file of the subject; the reading is recorded in the same transaction.

    Raises:
        As `unmask`.
    """
    item = _working_on(unit, review_id, reviewer, clock)
    subject = unit.subject(item.kind)
    for file in subject.view(item.subject_id).files:
        if file.name == name:
            unit.record_reading(item, reviewer, subject.purpose, name)
            return file.upload_id
    raise ResourceNotFound("no such file")


def _working_on(unit: ReviewUnit, review_id: str, reviewer: Reviewer, clock: Clock) -> ReviewItem:
    item = seen_item(unit, review_id, reviewer)
    check_duty(reviewer, Duty.UNMASK)
    check_claim(item, reviewer, now_ms=clock.now_ms())
    return item
