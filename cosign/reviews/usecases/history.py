"""Writes the history of an item."""

from cosign import ids
from cosign.clock import Clock
from cosign.reviews.model import ReviewAction, ReviewEvent, ReviewItem, ReviewReason
from cosign.reviews.ports import ReviewUnit


def note_down(
    unit: ReviewUnit,
    item: ReviewItem,
    action: ReviewAction,
    *,
    clock: Clock,
    actor: str = "",
    reason: ReviewReason | None = None,
    note: str = "",
    stage: int = 0,
) -> None:
    """Adds a row for what was done to `item`; `stage` if it was done in another one than it is in now."""
    now_ms = clock.now_ms()
    unit.add_event(
        ReviewEvent(
            event_id=ids.new_id(ids.REVIEW_EVENT, now_ms),
            review_id=item.review_id,
            version=item.version,
            action=action,
            time_ms=now_ms,
            actor=actor,
            stage=stage or item.stage,
            round=item.round,
            reason_code="" if reason is None else reason.code,
            reason_version=0 if reason is None else reason.version,
            note=note,
        )
    )
