"""TX-4, TX-B4: everything a micro-batch writes besides the device rows, in set-based calls."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from keyshare.batch_items import EventKind
from keyshare.clone import seen_entries
from keyshare.ports import AuditKind, AuditRow, HeadLog, Promotion, RecordT, ShareTransaction
from keyshare.records import DECRYPTION_QUOTA, ShareState
from protocol.codes import Op, Outcome, Status

if TYPE_CHECKING:
    from keyshare.batch_step import Item

_AUDITED_REFUSALS: Final = frozenset({Status.LOCKED, Status.FROZEN, Status.UNKNOWN_SHARE, Status.QUOTA, Status.POLICY})
"""Refusals worth a row. EXPIRED, STALE, RESYNC and BUSY happen to honest phones and can be caused by replays."""


def write_item_rows(tx: ShareTransaction, items: "Sequence[Item[RecordT]]", *, heads: HeadLog, now_ms: int) -> None:
    """Writes seen ids, shares, quota and audit rows of the items that hold.

    Heads of promotions are announced before the commit (RS-3); `release` settles them after it.
    """
    accepted = [item for item in items if item.admission.status is None]
    right = [item for item in accepted if item.outcome is Outcome.RIGHT]
    _write_seen(tx, accepted, now_ms)
    pending = [item.pending for item in right if item.pending]
    if pending:
        tx.insert_pending_shares(pending)
    _promote(tx, [item for item in right if promotes(item)], heads, now_ms)
    used: Counter[bytes] = Counter()
    for item in right:
        if item.prepared.op is Op.DECRYPT and item.prepared.share:
            used[item.prepared.share.pk] += item.prepared.request.count
    if used:
        tx.count_decryptions(used, DECRYPTION_QUOTA)
    audit = [row for item in items if (row := _audit_row(item, now_ms))]
    if audit:
        tx.append_audit(audit)


def promotes(item: "Item[RecordT]") -> bool:
    """RF-7: a right CONFIRM of a PENDING share. A repeated CONFIRM of a CURRENT one changes nothing."""
    return (
        item.outcome is Outcome.RIGHT
        and item.prepared.op is Op.CONFIRM
        and item.locked_share is not None
        and item.locked_share.state is ShareState.PENDING
    )


def _write_seen(tx: ShareTransaction, accepted: "Sequence[Item[RecordT]]", now_ms: int) -> None:
    entries = [
        (item.prepared.device_id, one, end)
        for item in accepted
        for one, end in seen_entries(
            req_id=item.prepared.req_id,
            expires_at_ms=item.prepared.request.expires_at_ms,
            open_reqs=item.prepared.request.open_reqs,
            now_ms=now_ms,
        )
    ]
    if entries:
        tx.add_seen(entries)


def _promote(tx: ShareTransaction, items: "Sequence[Item[RecordT]]", heads: HeadLog, now_ms: int) -> None:
    rows = [item.prepared.share for item in items if item.prepared.share]
    if not rows:
        return
    replaced = tx.promote([Promotion(row.key_id, row.device_id, row.share_id) for row in rows], now_ms)
    for item, row in zip(items, rows, strict=True):
        heads.announce(row.key_id, row.device_id, row.share_id, replaced.get(row.share_id, b""))
        item.note(EventKind.SHARE_PROMOTED)


def _audit_row(item: "Item[RecordT]", now_ms: int) -> AuditRow | None:
    prepared, status = item.prepared, item.admission.status
    case = item.admission.case.value if item.admission.case else ""
    if status in _AUDITED_REFUSALS:
        return AuditRow(
            kind=AuditKind.REJECTED,
            time_ms=now_ms,
            outcome=status.name,
            device_id=prepared.device_id,
            request=None,
            clone_case=case,
        )
    if status is not None or not (item.outcome is not None or item.pays):
        return None
    return AuditRow(
        kind=AuditKind.EVALUATED,
        time_ms=now_ms,
        outcome="charged" if item.outcome is None else item.outcome.name.lower(),
        device_id=prepared.device_id,
        request=prepared.request,
        clone_case=case,
        audit_hash=item.evaluation.audit_hash if item.evaluation and item.outcome is Outcome.RIGHT else b"",
        key_id=prepared.share.key_id if prepared.share else "",
        share_id=prepared.share.share_id if prepared.share else b"",
    )
