"""The clone token (section 5.5): which of two copies of a phone is the second one.

::

    now > expires_at, or issued_at > now + 120 s      EXPIRED   CLONE-1
    req_id seen before                                STALE     CLONE-2
    restore_epoch older than the server's             RESYNC    CLONE-3, only ADOPT passes
    tau = tau_next                                    case A    normal
    tau = tau_cur and last_req is still open          case B    an answer was lost
    otherwise                                         case X    a second copy: FROZEN

`EFFECTS` is the table of section 5.5; nothing else changes `tau_cur`, `tau_next` and `last_req`.
"""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from keyshare.device_row import ZERO16, Changes, DeviceRow, Recovery
from protocol.codes import Op, Outcome, Status

ISSUED_AHEAD_MS: Final = 120_000
"""CLONE-1: how far the phone's clock may run ahead."""

LIFE_MS: Final = 120_000
"""Section 1.5: longest life of a request."""

HIGHEST_CTR: Final = 1 << 62
"""A counter from a header is cut here, so that no phone can make a row that a store cannot hold."""

SEEN_OPEN_MS: Final = 240_000
"""CLONE-4: how long ids of open requests stay in `seen`."""


class CloneCase(enum.StrEnum):
    """What the token of a request tells."""

    A = "A"
    B = "B"
    X = "X"
    ADOPT = "R"
    """The device adopts the server's state after a restore or re-identification (RS-4); no token rule applies."""


@dataclass(frozen=True, slots=True)
class TokenFields:
    """The header fields that CLONE looks at."""

    op: Op
    tau: bytes
    open_reqs: Sequence[bytes]
    issued_at_ms: int
    expires_at_ms: int
    restore_epoch: int


def refuse_early(fields: TokenFields, *, seen: bool, row: DeviceRow, now_ms: int, restore_epoch: int) -> Status | None:
    """CLONE-1 to CLONE-3, in this order; None when the request goes on to the token.

    A device that has not adopted the present restore epoch gets RESYNC also when its phone knows the epoch already:
    its row may be older than its phone, and the token rules would take an honest phone for a copy. Before its
    first right PIN there is nothing to adopt, and key generation passes as long as its token fits.
    """
    if is_expired(fields.issued_at_ms, fields.expires_at_ms, now_ms):
        return Status.EXPIRED
    if seen:
        return Status.STALE
    if fields.op is Op.ADOPT:
        return None
    if fields.restore_epoch < restore_epoch:
        return Status.RESYNC
    if row.adopted_epoch < restore_epoch and not (row.untouched and classify(row, fields) is CloneCase.A):
        return Status.RESYNC
    return None


def is_expired(issued_at_ms: int, expires_at_ms: int, now_ms: int) -> bool:
    """CLONE-1; a request that asks for a longer life than section 1.5 allows counts as expired."""
    too_long = expires_at_ms - issued_at_ms > LIFE_MS
    return now_ms > expires_at_ms or issued_at_ms > now_ms + ISSUED_AHEAD_MS or too_long


def adopts(row: DeviceRow, op: Op, restore_epoch: int) -> bool:
    """RS-4, CLONE-8: whether an ADOPT of this device replaces the token instead of being judged by it."""
    return op is Op.ADOPT and (row.adopted_epoch < restore_epoch or row.recovery is Recovery.ADOPT)


def classify(row: DeviceRow, fields: TokenFields) -> CloneCase:
    """CLONE-A, CLONE-B or CLONE-X. Depends on nothing that a PIN changes.

    Before its first right PIN a device has no token yet when it generates its first key, so that zeros are as good
    as `tau_next` in KEYGEN.
    """
    if compare_digest(fields.tau, row.tau_next):
        return CloneCase.A
    if fields.op is Op.KEYGEN and row.untouched and fields.tau == ZERO16:
        return CloneCase.A
    has_token = row.last_req != ZERO16
    if has_token and compare_digest(fields.tau, row.tau_cur) and row.last_req in fields.open_reqs:
        return CloneCase.B
    return CloneCase.X


class Ending(enum.Enum):
    """How a request that passed CLONE ended, as far as the token is concerned."""

    RIGHT = "right"
    UNPROVEN = "wrong or fault"
    UNCOUNTED = "sync or keygen"


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of the effects table."""

    cur_becomes_next: bool
    fresh_next: bool
    last_becomes_this: bool
    adds_seen: bool


_TOKEN_KEPT: Final = Effect(cur_becomes_next=False, fresh_next=False, last_becomes_this=False, adds_seen=True)

EFFECTS: Final = {
    (CloneCase.A, Ending.RIGHT): Effect(True, True, True, True),
    (CloneCase.B, Ending.RIGHT): Effect(False, True, True, True),
    (CloneCase.A, Ending.UNPROVEN): _TOKEN_KEPT,
    (CloneCase.B, Ending.UNPROVEN): _TOKEN_KEPT,
    (CloneCase.ADOPT, Ending.UNPROVEN): _TOKEN_KEPT,
    (CloneCase.A, Ending.UNCOUNTED): _TOKEN_KEPT,
    (CloneCase.B, Ending.UNCOUNTED): _TOKEN_KEPT,
}
"""Section 5.5. EXPIRED, STALE, RESYNC, BUSY, LOCKED, QUOTA and UNKNOWN_SHARE have no row: they change nothing."""


def ending_of(outcome: Outcome) -> Ending:
    """Ending of an evaluated request."""
    return Ending.RIGHT if outcome is Outcome.RIGHT else Ending.UNPROVEN


def move_token(row: DeviceRow, case: CloneCase, ending: Ending, *, req_id: bytes, fresh: bytes) -> Changes:
    """Changes of the token columns by `EFFECTS`.

    Args:
        row: The locked row.
        case: A or B.
        ending: How the request ended.
        req_id: 16 bytes.
        fresh: 16 random bytes for `tau_next`.
    """
    effect = EFFECTS[case, ending]
    changes: Changes = {}
    if effect.cur_becomes_next:
        changes["tau_cur"] = row.tau_next
    if effect.fresh_next:
        changes["tau_next"] = fresh
    if effect.last_becomes_this:
        changes["last_req"] = req_id
    return changes


def adopt_token(row: DeviceRow, *, tau: bytes, header_ctr: int, req_id: bytes, fresh: bytes, epoch: int) -> Changes:
    """RS-4: the server takes over the phone's token; from here on the token rules hold again."""
    return {
        "tau_cur": tau,
        "tau_next": fresh,
        "last_req": req_id,
        "ctr": max(row.ctr, min(header_ctr, HIGHEST_CTR)) + 1,
        "adopted_epoch": epoch,
        "recovery": Recovery.NONE,
    }


def seen_entries(
    *, req_id: bytes, expires_at_ms: int, open_reqs: Iterable[bytes], now_ms: int
) -> list[tuple[bytes, int]]:
    """CLONE-4: (id, end of life) of what a counted request adds to `seen`. Stored ends may be raised, never lowered."""
    return [(req_id, expires_at_ms), *((one, now_ms + SEEN_OPEN_MS) for one in open_reqs)]
