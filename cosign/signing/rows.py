"""Rows of the hot path to values of the key-share layer and back. A row that cannot be a value is left out."""

from collections.abc import Sequence
from typing import Any, Final

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.signing.statements import DEVICE_COLUMNS
from keyshare.device_row import DeviceRow, DeviceState, Recovery, StoredDevice
from keyshare.ports import AuditKind, AuditRow
from keyshare.records import KeyState, LockedShare, OtState, ShareRow, ShareState

_EVENTS = {
    AuditKind.EVALUATED: AuditEvent.KEY_OPERATION,
    AuditKind.RAW_AGREEMENT: AuditEvent.RAW_AGREEMENT,
    AuditKind.REJECTED: AuditEvent.REJECTED,
    AuditKind.KEY_GENERATED: AuditEvent.KEY_GENERATED,
}


_DEVICE_STATES: Final = {state.value: state for state in DeviceState}
_SHARE_STATES: Final = {state.value: state for state in ShareState}
_KEY_STATES: Final = {state.value: state for state in KeyState}
_OT_STATES: Final = {state.value: state for state in OtState}
_RECOVERIES: Final = {one.value: one for one in Recovery}


def as_bytes(value: Any) -> bytes:
    """A blob as it was read; a damaged column of another kind becomes an empty record, which never opens."""
    return value if isinstance(value, bytes) else b""


def to_device(row: Sequence[Any]) -> StoredDevice | None:
    """A `dev_state` row in the order of `DEVICE_COLUMNS`; None if a word is unknown, which counts as corrupted."""
    state, recovery = _DEVICE_STATES.get(row[3]), _RECOVERIES.get(row[15])
    if state is None or recovery is None:
        return None
    value = DeviceRow(
        device_id=row[0],
        user_id=row[1],
        row_ver=row[2],
        state=state,
        attempts_left=row[4],
        lifetime_left=row[5],
        lock_until_ms=row[6],
        ctr=row[7],
        tau_cur=row[8],
        tau_next=row[9],
        last_req=row[10],
        uncommitted_evals=row[11],
        uncommitted_since_ms=row[12],
        charge_first_until_ms=row[13],
        adopted_epoch=row[14],
        recovery=recovery,
        charged=row[16],
    )
    return StoredDevice(value, as_bytes(row[17]))


def device_values(row: DeviceRow, mac: bytes) -> tuple[object, ...]:
    """A device row in the order of `DEVICE_COLUMNS`."""
    return (
        row.device_id,
        row.user_id,
        row.row_ver,
        row.state.value,
        row.attempts_left,
        row.lifetime_left,
        row.lock_until_ms,
        row.ctr,
        row.tau_cur,
        row.tau_next,
        row.last_req,
        row.uncommitted_evals,
        row.uncommitted_since_ms,
        row.charge_first_until_ms,
        row.adopted_epoch,
        row.recovery.value,
        row.charged,
        mac,
    )


def from_device(row: DeviceRow, mac: bytes) -> dict[str, object]:
    """The same by name: columns of an insertion, and parameters of UPDATE_DEVICE without its guards."""
    return dict(zip(DEVICE_COLUMNS, device_values(row, mac), strict=True))


def to_share(row: Sequence[Any]) -> ShareRow | None:
    """A row in the order of `SHARE_COLUMNS`."""
    try:
        state, key_state = ShareState(row[9]), KeyState(row[12])
    except ValueError:
        return None
    return ShareRow(
        share_id=row[0],
        key_id=row[1],
        user_id=row[2],
        device_id=row[3],
        suite=row[4],
        purpose=row[5],
        flags=row[6],
        pk=row[7],
        sealed=as_bytes(row[8]),
        state=state,
        row_ver=row[10],
        expires_ms=row[11],
        key_state=key_state,
    )


def to_locked_share(row: Sequence[Any]) -> LockedShare | None:
    """A row of `lock_shares`."""
    state, key_state, ot_state = _SHARE_STATES.get(row[1]), _KEY_STATES.get(row[5]), _OT_STATES.get(row[6])
    if state is None or key_state is None or ot_state is None:
        return None
    return LockedShare(
        share_id=row[0],
        state=state,
        row_ver=row[2],
        expires_ms=row[3],
        changed_ms=row[4],
        key_state=key_state,
        ot_state=ot_state,
        ot_setups=row[7],
        ot_since_ms=row[8],
    )


def to_audit(row: AuditRow) -> AuditEntry:
    """The audit trail's form of an act of the key-share layer."""
    request = row.request
    if request is None:
        return AuditEntry(
            time_ms=row.time_ms,
            event=_EVENTS[row.kind],
            outcome=row.outcome,
            device_id=row.device_id,
            clone_case=row.clone_case,
        )
    return AuditEntry(
        time_ms=row.time_ms,
        event=_EVENTS[row.kind],
        outcome=row.outcome,
        device_id=row.device_id,
        key_id=row.key_id,
        share_id=row.share_id,
        op=request.op,
        count=request.count,
        digests=b"".join(request.digests),
        policy=request.policy,
        clone_case=row.clone_case,
        audit_hash=row.audit_hash,
        header=request.header,
        ctx=request.ctx,
        body_hash=request.body_hash,
        enc_hash=request.enc_hash,
        sig_dev=request.sig_dev,
    )
