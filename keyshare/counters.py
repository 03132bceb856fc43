"""PIN attempts (section 5.2): one budget per device for all its keys and operations (rule 7).

Pure functions over `DeviceRow`. A wrong PIN costs one attempt and one of the lifetime; a right PIN restores the
attempts only. Charge-first (TX-8) takes both in advance and gives them back for a right PIN.
"""

from dataclasses import replace
from typing import Final

from keyshare.device_row import Changes, DeviceRow, DeviceState, Recovery
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


def wrong(row: DeviceRow, now_ms: int) -> DeviceRow:
    """TX-4, WRONG: one attempt less, with its delay; LOCKED at the end of either budget."""
    charged = charge_ahead(row)
    return settle_wrong(charged, charged.attempts_left, now_ms)


def right(row: DeviceRow, *, paid: bool) -> Changes:
    """TX-4, RIGHT: the attempts start again; the lifetime does not, except for what was charged in advance (TX-8)."""
    if not paid:
        return {"attempts_left": MAX_ATTEMPTS}
    return {"attempts_left": MAX_ATTEMPTS, "lifetime_left": min(row.lifetime_left + 1, LIFETIME_ATTEMPTS)}


def charge_ahead(row: DeviceRow) -> DeviceRow:
    """TX-8, first transaction: takes the attempt before it is made."""
    if row.attempts_left <= 0 or row.lifetime_left <= 0:
        raise TransitionRefused("no attempts left")
    return replace(row, attempts_left=row.attempts_left - 1, lifetime_left=row.lifetime_left - 1)


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
    never rises.

    Raises:
        TransitionRefused: The device is ACTIVE, or its lifetime is used up.
    """
    if row.lifetime_left <= 0:
        raise TransitionRefused("the lifetime of attempts is used up; the user needs a new key")
    if row.state is DeviceState.ACTIVE:
        raise TransitionRefused("the device is neither locked nor frozen")
    recovery = Recovery.REFRESH if row.state is DeviceState.LOCKED else Recovery.ADOPT
    return replace(row, attempts_left=MAX_ATTEMPTS, lock_until_ms=0, recovery=recovery)
