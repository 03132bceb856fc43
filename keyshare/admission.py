"""TX-2: whether a request may be evaluated, decided under the lock and before any share is used.

The order is part of the specification: EXPIRED, STALE and RESYNC before the state, FROZEN and CLONE-X before LOCKED,
and only then the share, the key and the quota. Nothing here depends on the PIN.
"""

from dataclasses import dataclass
from typing import Final

from keyshare import counters
from keyshare.clone import CloneCase, TokenFields, adopts, classify, refuse_early
from keyshare.device_row import DeviceRow, DeviceState, Recovery
from keyshare.ports import OpenedRequest
from protocol.codes import Op, Status

UNCOUNTED: Final = frozenset({Op.SYNC, Op.KEYGEN})
"""Operations without PIN proof: they cost no attempt and move no token."""

_RECOVERY_OPS: Final = {
    Recovery.NONE: frozenset[Op](),
    Recovery.REFRESH: frozenset({Op.REFRESH, Op.CONFIRM}),
    Recovery.ADOPT: frozenset({Op.ADOPT}),
}


@dataclass(frozen=True, slots=True)
class Admission:
    """Result of TX-2 for one request."""

    status: Status | None
    """Answer without evaluation, or None: the request goes on."""
    case: CloneCase | None = None
    """None when the token was not looked at."""
    retry_after_s: int = 0

    @property
    def freezes(self) -> bool:
        """CLONE-X: the device must be frozen by this transaction."""
        return self.case is CloneCase.X


def token_fields(request: OpenedRequest, op: Op) -> TokenFields:
    """Header fields of a request that CLONE looks at; `op` is its own."""
    return TokenFields(
        op=op,
        tau=request.tau,
        open_reqs=request.open_reqs,
        issued_at_ms=request.issued_at_ms,
        expires_at_ms=request.expires_at_ms,
        restore_epoch=request.restore_epoch,
    )


def admit(
    row: DeviceRow, fields: TokenFields, *, seen: bool, now_ms: int, restore_epoch: int, paid: bool = False
) -> Admission:
    """Judges a request of an intact device row by clone rules, state and counters.

    Args:
        row: The locked row.
        fields: From the header.
        seen: CLONE-2; for a paid request its own id does not count.
        now_ms: Present time.
        restore_epoch: The server's.
        paid: TX-8, second transaction: the attempt was taken already, so the counters are not asked again.
    """
    early = refuse_early(fields, seen=seen, row=row, now_ms=now_ms, restore_epoch=restore_epoch)
    if early is not None:
        return Admission(early)
    adopting = adopts(row, fields.op, restore_epoch)
    opened = _RECOVERY_OPS[row.recovery]
    if adopting and row.state is DeviceState.LOCKED and row.recovery is Recovery.REFRESH:
        opened |= {Op.ADOPT}  # after a restore REFRESH and CONFIRM get RESYNC until the epoch is adopted
    if row.state is DeviceState.FROZEN and fields.op not in opened:
        return Admission(Status.FROZEN)
    case = CloneCase.ADOPT if adopting else classify(row, fields)
    if case is CloneCase.X:
        return Admission(Status.FROZEN, case)
    if fields.op is Op.SYNC:
        return Admission(None, case)
    if row.state is DeviceState.LOCKED and fields.op not in opened:
        return Admission(Status.LOCKED, case)
    if row.lock_until_ms > now_ms:
        return Admission(Status.LOCKED, case, counters.retry_after_s(row, now_ms))
    if not paid and (row.attempts_left <= 0 or row.lifetime_left <= 0):
        return Admission(Status.LOCKED, case)
    return Admission(None, case)
