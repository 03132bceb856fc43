"""PIN attempts (section 5.2): one budget per device for all its keys and operations (rule 7).

Pure functions over `DeviceRow`. A wrong PIN costs one attempt and one of the lifetime; a right PIN gives back the
attempts that were charged to its own key, and nothing of the lifetime. The keys of a device may have different PINs:
if any right PIN gave back everything, whoever holds the device key could make a key of his own and refill the budget
with it. Charge-first (TX-8) takes both in advance and gives them back for a right PIN.

Every change here keeps attempts_left + entries of `charged` = 9.
"""

from dataclasses import replace
from typing import Final

from keyshare.device_row import TAG_BYTES, Changes, DeviceRow, DeviceState, Recovery, key_tag
from keyshare.errors import TransitionRefused

MAX_ATTEMPTS: Final = 9
LIFETIME_ATTEMPTS: Final = 50

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS

DELAY_MS: Final = {6: 15 * MINUTE_MS, 3: DAY_MS}
"""attempts_left after a wrong PIN, and how long the device is locked then."""

UNCOMMITTED_LIMIT: Final = 3
"""TX-7: evaluations without a commit within `UNCOMMITTED_WINDOW_MS` that start charge-first mode."""
UNCOMMITTED_WINDOW_MS: Final = DAY_MS
CHARGE_FIRST_MS: Final = DAY_MS


def wrong(row: DeviceRow, key_id: str, now_ms: int) -> DeviceRow:
    """TX-4, WRONG: one attempt less, with its delay; LOCKED at the end of either budget."""
    charged = charge_ahead(row, key_id)
    return settle_wrong(charged, charged.attempts_left, now_ms)


def right(row: DeviceRow, key_id: str, *, paid: bool) -> Changes:
    """TX-4, RIGHT: gives back the attempts of this key; of the lifetime only what was charged in advance (TX-8)."""
    tag = key_tag(key_id)
    others = [entry for entry in _entries(row.charged) if entry != tag]
    changes: Changes = {"attempts_left": MAX_ATTEMPTS - len(others), "charged": b"".join(others)}
    if paid:
        changes["lifetime_left"] = min(row.lifetime_left + 1, LIFETIME_ATTEMPTS)
    return changes


def _entries(charged: bytes) -> list[bytes]:
    return [charged[start : start + TAG_BYTES] for start in range(0, len(charged), TAG_BYTES)]


def charge_ahead(row: DeviceRow, key_id: str) -> DeviceRow:
    """TX-8, first transaction: takes the attempt before it is made, and notes the key it is for."""
    if row.attempts_left <= 0 or row.lifetime_left <= 0:
        raise TransitionRefused("no attempts left")
    return replace(
        row,
        attempts_left=row.attempts_left - 1,
        lifetime_left=row.lifetime_left - 1,
        charged=row.charged + key_tag(key_id),
    )


def settle_wrong(row: DeviceRow, attempts_after: int, now_ms: int) -> DeviceRow:
    """Delay and lock of a wrong PIN whose attempt has been taken already.

    Args:
        row: The row without the attempt.
        attempts_after: Value of attempts_left right after this attempt was taken; differs from the row's when
            another attempt was taken since (TX-8).
        now_ms: Present time.
    """
    delay = DELAY_MS.get(attempts_after, 0)
    lock_until = max(row.lock_until_ms, now_ms + delay) if delay else row.lock_until_ms
    if attempts_after > 0 and row.attempts_left > 0 and row.lifetime_left > 0:
        return replace(row, lock_until_ms=lock_until)
    used_up = DeviceState.LOCKED if row.state is DeviceState.ACTIVE else row.state
    return replace(row, state=used_up, lock_until_ms=lock_until, recovery=Recovery.NONE)


def count_uncommitted(row: DeviceRow, evaluations: int, now_ms: int) -> DeviceRow:
    """TX-7, TX-B3: notes evaluations that revealed nothing and were not charged.

    The third within 24 hours turns charge-first mode on for 24 hours.
    """
    fresh = row.uncommitted_evals == 0 or now_ms - row.uncommitted_since_ms > UNCOMMITTED_WINDOW_MS
    count = evaluations if fresh else row.uncommitted_evals + evaluations
    until = row.charge_first_until_ms
    if count >= UNCOMMITTED_LIMIT:
        until = max(until, now_ms + CHARGE_FIRST_MS)
    return replace(
        row,
        uncommitted_evals=count,
        uncommitted_since_ms=now_ms if fresh else row.uncommitted_since_ms,
        charge_first_until_ms=until,
    )


def retry_after_s(row: DeviceRow, now_ms: int) -> int:
    """Seconds until the present delay ends, rounded up; 0 when none is running."""
    return max(0, -(-(row.lock_until_ms - now_ms) // 1000))


def reidentified(row: DeviceRow) -> DeviceRow:
    """What re-identification gives a device (CLONE-8, RF-9).

    A LOCKED device may run REFRESH and CONFIRM; a FROZEN one may run ADOPT. The attempts start again, the lifetime
    never rises. An ACTIVE device without attempts counts as LOCKED: a crash after its last attempt was charged in
    advance (TX-8) leaves it like this.

    Raises:
        TransitionRefused: The device is ACTIVE, or its lifetime is used up.
    """
    if row.lifetime_left <= 0:
        raise TransitionRefused("the lifetime of attempts is used up; the user needs a new key")
    state = row.state
    if state is DeviceState.ACTIVE:
        if row.attempts_left > 0:
            raise TransitionRefused("the device is neither locked nor frozen")
        state = DeviceState.LOCKED
    recovery = Recovery.REFRESH if state is DeviceState.LOCKED else Recovery.ADOPT
    return replace(row, state=state, attempts_left=MAX_ATTEMPTS, charged=b"", lock_until_ms=0, recovery=recovery)
