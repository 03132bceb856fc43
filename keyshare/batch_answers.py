"""TX-6, TX-B6: answers of a micro-batch, made after the acknowledged commit, or after its failure."""

from collections.abc import Sequence

from keyshare import counters
from keyshare.batch_items import Collaborators, EventKind, Released
from keyshare.batch_step import BatchStep, Item
from keyshare.batch_write import promotes
from keyshare.clone import CloneCase
from keyshare.device_row import ZERO16
from keyshare.ports import RecordT
from keyshare.records import ShareRow
from protocol.codes import Op, Outcome, Status


def release(step: BatchStep[RecordT], collaborators: Collaborators[RecordT]) -> list[Released]:
    """Answers of a committed step. Items that paid (TX-8) get a place holder; they are answered by the next step."""
    return [_release_item(item, step, collaborators) for item in step.items]


def abandon(step: BatchStep[RecordT], status: Status, collaborators: Collaborators[RecordT]) -> list[Released]:
    """TX-5, TX-B5: the same answer for every item, whatever its outcome was; all results are wiped."""
    released = []
    for item in step.items:
        if item.outcome is not None:
            item.note(EventKind.UNCOMMITTED)
        item.events = [event for event in item.events if event.kind is EventKind.UNCOMMITTED]
        released.append(_bare(item, status, step, collaborators))
    return released


def _release_item(item: Item[RecordT], step: BatchStep[RecordT], collaborators: Collaborators[RecordT]) -> Released:
    status = item.admission.status
    if item.busy:
        return Released(b"", Status.BUSY, requeue=True)
    if item.pays:
        return Released(b"", Status.UNAVAILABLE)
    if promotes(item) and status is None and item.prepared.share:
        _settle_head(collaborators, item.prepared.share)
    if status is None and item.prepared.op is Op.SYNC:
        return _sync(item, step, collaborators)
    if status is None and item.outcome is Outcome.FAULT:
        status = Status.UNAVAILABLE
    if status is not None:
        return _bare(item, status, step, collaborators)
    return _evaluated(item, step, collaborators)


def _settle_head(collaborators: Collaborators[RecordT], share: ShareRow) -> None:
    """RS-3: the promotion is committed. If the log cannot say so, its announcement stays open, which is safe."""
    try:
        collaborators.heads.settle(share.key_id, share.device_id, share.share_id)
    except Exception as fault:
        collaborators.report(fault)


def _evaluated(item: Item[RecordT], step: BatchStep[RecordT], collaborators: Collaborators[RecordT]) -> Released:
    """RIGHT and WRONG: one path, the fields differ inside the layer only."""
    after, evaluation = item.after, item.evaluation
    if after is None or evaluation is None:
        raise RuntimeError("answered without an outcome")
    is_right = item.outcome is Outcome.RIGHT
    promoted_ms = step.now_ms if promotes(item) else item.locked_share.changed_ms if item.locked_share else 0
    status = Status.OK if item.has_result else Status.OT_DESTROYED if is_right else Status.PIN_WRONG
    try:
        answer = evaluation.answer(
            status,
            server_time_ms=collaborators.clock.now_ms(),
            durable=is_right and collaborators.durability.covers(promoted_ms),
            attempts_left=after.attempts_left,
            retry_after_s=counters.retry_after_s(after, step.now_ms),
            ctr=after.ctr,
            tau=after.tau_next if is_right else ZERO16,
            restore_epoch=step.restore_epoch,
            pending_expires_ms=item.pending.expires_ms if is_right and item.pending else 0,
        )
    except Exception as fault:  # the outcome stands; to the phone this is a lost answer (CLONE-B)
        collaborators.report(fault)
        return _bare(item, Status.UNAVAILABLE, step, collaborators)
    return _released(item, answer, status)


def _sync(item: Item[RecordT], step: BatchStep[RecordT], collaborators: Collaborators[RecordT]) -> Released:
    """CLONE-5: u8 case (1 A, 2 B) ‖ last_req; zeros for A."""
    if item.row is None:
        raise RuntimeError("answered without a row")
    lost = item.admission.case is CloneCase.B
    body = bytes([2 if lost else 1]) + (item.row.last_req if lost else ZERO16)
    answer = item.prepared.request.answer(
        Status.OK,
        server_time_ms=collaborators.clock.now_ms(),
        attempts_left=item.row.attempts_left,
        ctr=item.row.ctr,
        restore_epoch=step.restore_epoch,
        body=body,
    )
    return _released(item, answer, Status.OK)


def _bare(
    item: Item[RecordT], status: Status, step: BatchStep[RecordT], collaborators: Collaborators[RecordT]
) -> Released:
    """An answer without anything computed from a share; `retry_after` only for a running delay."""
    locked = status is Status.LOCKED and item.row is not None
    source = item.evaluation or item.prepared.request
    answer = source.answer(
        status,
        server_time_ms=collaborators.clock.now_ms(),
        attempts_left=item.row.attempts_left if locked and item.row else 0,
        retry_after_s=item.admission.retry_after_s if locked else 0,
        restore_epoch=step.restore_epoch,
    )
    return _released(item, answer, status)


def _released(item: Item[RecordT], answer: bytes, status: Status) -> Released:
    return Released(
        answer=answer,
        status=status,
        clone_case=item.admission.case.value if item.admission.case else "",
        events=tuple(item.events),
        stale_share=item.stale_share or item.replaced is not None,
    )


def pending_indices(step: BatchStep[RecordT], indices: Sequence[int]) -> list[int]:
    """Of `indices`, parallel to the items of `step`, those that paid and are evaluated next (TX-8)."""
    return [index for index, item in zip(indices, step.items, strict=True) if item.pays]
