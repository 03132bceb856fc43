"""TX-4: what one outcome makes of the device row. Pure; both outcomes raise row_ver by one."""

from dataclasses import dataclass, replace

from keyshare import counters
from keyshare.clone import CloneCase, adopt_token, ending_of, move_token
from keyshare.device_row import DeviceRow, DeviceState, Recovery, check_transition
from keyshare.ports import OpenedRequest
from protocol.codes import Outcome


@dataclass(frozen=True, slots=True)
class Charge:
    """TX-8: an attempt that was taken before the evaluation."""

    attempts_after: int
    """attempts_left right after it was taken."""


def after_evaluation(
    row: DeviceRow,
    request: OpenedRequest,
    outcome: Outcome,
    case: CloneCase,
    *,
    key_id: str,
    charge: Charge | None,
    promotes: bool,
    fresh_tau: bytes,
    restore_epoch: int,
    now_ms: int,
) -> DeviceRow:
    """The row after one evaluated request.

    Args:
        row: As locked.
        request: Its header.
        outcome: From the core.
        case: A, B or ADOPT.
        key_id: The key that was used, as stored with its share.
        charge: Set in the second transaction of TX-8.
        promotes: RF-7: the request makes a PENDING share CURRENT, which ends a recovery by refresh (RF-9).
        fresh_tau: 16 random bytes; used for a right PIN.
        restore_epoch: The server's.
        now_ms: Present time.
    """
    if outcome is Outcome.FAULT:
        return next_version(row, counters.count_uncommitted(row, 1, now_ms))
    if outcome is Outcome.WRONG:
        if charge is None:
            return next_version(row, counters.wrong(row, key_id, now_ms))
        return next_version(row, counters.settle_wrong(row, charge.attempts_after, now_ms))
    changes = counters.right(row, key_id, paid=charge is not None)
    if case is CloneCase.ADOPT:
        changes |= adopt_token(
            row,
            tau=request.tau,
            header_ctr=request.ctr,
            req_id=request.req_id,
            fresh=fresh_tau,
            epoch=restore_epoch,
        )
        if row.state is DeviceState.LOCKED:  # still to be ended by REFRESH and CONFIRM
            changes["recovery"] = row.recovery
        else:
            changes["state"] = DeviceState.ACTIVE
    else:
        changes |= move_token(row, case, ending_of(outcome), req_id=request.req_id, fresh=fresh_tau)
        changes["ctr"] = row.ctr + 1
        if row.recovery is Recovery.REFRESH and promotes:
            changes |= {"state": DeviceState.ACTIVE, "recovery": Recovery.NONE}
    check_transition(row.state, changes.get("state", row.state))
    return replace(row, **changes, row_ver=row.row_ver + 1)


def frozen(row: DeviceRow) -> DeviceRow:
    """CLONE-X."""
    return next_version(row, replace(row, state=DeviceState.FROZEN, recovery=Recovery.NONE))


def charged(row: DeviceRow, key_id: str) -> DeviceRow:
    """TX-8, first transaction."""
    return next_version(row, counters.charge_ahead(row, key_id))


def next_version(before: DeviceRow, after: DeviceRow) -> DeviceRow:
    """Raises row_ver and refuses a change of state that the table does not have."""
    check_transition(before.state, after.state)
    return replace(after, row_ver=before.row_ver + 1)
