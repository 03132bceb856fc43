"""TX-4, TX-B4: everything a micro-batch writes besides the device rows, in set-based calls."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from keyshare.batch_items import EventKind
from keyshare.clone import seen_entries
from keyshare.ports import RAW, AuditKind, AuditRow, HeadLog, Promotion, RecordT, ShareTransaction
from keyshare.records import DECRYPTION_QUOTA, OT_SETUPS_MS, CountedSetup, ShareState
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
    replaced = [item.replaced for item in right if item.replaced]
    if replaced:
        tx.replace_records(replaced)
    begun = [count for item in right if (count := _count_setup(item, now_ms))]
    if begun:
        tx.count_setups(begun)
    _promote(tx, [item for item in right if promotes(item)], heads, now_ms)
    used: Counter[bytes] = Counter()
    for item in right:
        if item.prepared.op in (Op.DECRYPT, Op.ECDH) and item.prepared.share:
            used[item.prepared.share.pk] += item.prepared.request.count
    if used:
        tx.count_decryptions(used, DECRYPTION_QUOTA)
    audit = [row for item in items if (row := _audit_row(item, now_ms))]
    if audit:
        tx.append_audit(audit)


def promotes(item: "Item[RecordT]") -> bool:
    """RF-7: a right CONFIRM of a PENDING share. A repeated CONFIRM of a CURRENT one changes nothing."""
    return (
        item.has_result
        and item.prepared.op is Op.CONFIRM
        and item.locked_share is not None
        and item.locked_share.state is ShareState.PENDING
    )


def _count_setup(item: "Item[RecordT]", now_ms: int) -> CountedSetup | None:
    """Section 6.2: one more OT set-up of the key; the count begins anew after a day."""
    share, locked = item.prepared.share, item.locked_share
    if not item.begins_setup or share is None or locked is None:
        return None
    if now_ms - locked.ot_since_ms < OT_SETUPS_MS:
        return CountedSetup(key_id=share.key_id, ot_setups=locked.ot_setups + 1, ot_since_ms=locked.ot_since_ms)
    return CountedSetup(key_id=share.key_id, ot_setups=1, ot_since_ms=now_ms)


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
    raw = prepared.op is Op.ECDH and prepared.request.phase == RAW
    return AuditRow(
        kind=AuditKind.RAW_AGREEMENT if raw else AuditKind.EVALUATED,
        time_ms=now_ms,
        outcome="charged" if item.outcome is None else item.outcome.name.lower(),
        device_id=prepared.device_id,
        request=prepared.request,
        clone_case=case,
        audit_hash=item.evaluation.audit_hash if item.evaluation and item.outcome is Outcome.RIGHT else b"",
        key_id=prepared.share.key_id if prepared.share else "",
        share_id=prepared.share.share_id if prepared.share else b"",
    )
