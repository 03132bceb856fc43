"""Section 5.2, TX-7 and TX-8 as pure functions of the row."""

import random
from dataclasses import replace

import pytest

from keyshare import counters
from keyshare.device_row import TAG_BYTES, DeviceRow, DeviceState, Recovery, key_tag, new_device
from keyshare.errors import TransitionRefused

NOW = 1_800_000_000_000
KEY, OTHER_KEY = "key_a", "key_b"


@pytest.fixture
def row() -> DeviceRow:
    return new_device(device_id="dev_a", user_id="usr_a", tau_next=b"t" * 16, restore_epoch=0, attempts=9, lifetime=50)


@pytest.mark.parametrize(
    ("before", "delay_ms", "state"),
    [
        (9, 0, DeviceState.ACTIVE),
        (8, 0, DeviceState.ACTIVE),
        (7, 15 * 60_000, DeviceState.ACTIVE),
        (6, 0, DeviceState.ACTIVE),
        (5, 0, DeviceState.ACTIVE),
        (4, 24 * 3_600_000, DeviceState.ACTIVE),
        (3, 0, DeviceState.ACTIVE),
        (2, 0, DeviceState.ACTIVE),
        (1, 0, DeviceState.LOCKED),
    ],
)
def test_every_wrong_pin_has_its_effect(row: DeviceRow, before: int, delay_ms: int, state: DeviceState) -> None:
    after = counters.wrong(replace(row, attempts_left=before), KEY, NOW)

    assert after.attempts_left == before - 1
    assert after.lifetime_left == 49
    assert after.lock_until_ms == (NOW + delay_ms if delay_ms else 0)
    assert after.state is state


def test_right_pin_resets_attempts_only(row: DeviceRow) -> None:
    row = replace(row, attempts_left=2, lifetime_left=17, charged=7 * key_tag(KEY))

    assert counters.right(row, KEY, paid=False) == {"attempts_left": 9, "charged": b""}


def test_right_pin_gives_back_only_what_its_own_key_cost(row: DeviceRow) -> None:
    for key_id in (KEY, OTHER_KEY, KEY, OTHER_KEY, KEY):
        row = counters.wrong(row, key_id, NOW)

    row = replace(row, **counters.right(row, OTHER_KEY, paid=False))

    assert (row.attempts_left, row.charged) == (6, 3 * key_tag(KEY))


def test_entries_and_attempts_always_add_up(row: DeviceRow) -> None:
    draw = random.Random(5)
    for _ in range(2_000):
        row = replace(row, lifetime_left=50)
        key_id = draw.choice([KEY, OTHER_KEY, "key_c"])
        match draw.randrange(4):
            case 0 if row.attempts_left > 0:
                row = counters.wrong(row, key_id, NOW)
            case 1 if row.attempts_left > 0:
                row = counters.charge_ahead(row, key_id)
            case 2:
                row = replace(row, **counters.right(row, key_id, paid=draw.random() < 0.5))
            case _ if row.state is DeviceState.LOCKED:
                row = replace(counters.reidentified(row), state=DeviceState.ACTIVE)
        assert len(row.charged) % TAG_BYTES == 0
        assert row.attempts_left + len(row.charged) // TAG_BYTES == 9


def test_lifetime_locks_for_good(row: DeviceRow) -> None:
    after = counters.wrong(replace(row, lifetime_left=1), KEY, NOW)

    assert after.state is DeviceState.LOCKED
    with pytest.raises(TransitionRefused):
        counters.reidentified(after)


def test_55_unlock_by_an_administrator_leaves_the_lifetime(row: DeviceRow) -> None:
    locked = replace(row, state=DeviceState.LOCKED, attempts_left=0, lifetime_left=41, lock_until_ms=NOW + 5)
    locked = replace(locked, charged=9 * key_tag(KEY))

    after = counters.reidentified(locked)

    assert after.lifetime_left == 41
    assert after.state is DeviceState.LOCKED
    assert after.recovery is Recovery.REFRESH
    assert (after.attempts_left, after.charged, after.lock_until_ms) == (9, b"", 0)


def test_reidentification_of_a_frozen_device_opens_adopt(row: DeviceRow) -> None:
    after = counters.reidentified(replace(row, state=DeviceState.FROZEN))

    assert (after.state, after.recovery) == (DeviceState.FROZEN, Recovery.ADOPT)


def test_an_active_device_without_attempts_counts_as_locked(row: DeviceRow) -> None:
    for _ in range(9):
        row = counters.charge_ahead(row, KEY)
    assert row.state is DeviceState.ACTIVE

    after = counters.reidentified(row)

    assert (after.state, after.recovery, after.attempts_left) == (DeviceState.LOCKED, Recovery.REFRESH, 9)


def test_an_active_device_needs_no_reidentification(row: DeviceRow) -> None:
    with pytest.raises(TransitionRefused):
        counters.reidentified(row)


def test_wrong_pin_of_a_frozen_device_never_ends_the_freeze(row: DeviceRow) -> None:
    frozen = replace(row, state=DeviceState.FROZEN, attempts_left=1, recovery=Recovery.ADOPT)

    after = counters.wrong(frozen, KEY, NOW)

    assert (after.state, after.recovery) == (DeviceState.FROZEN, Recovery.NONE)


def test_charge_ahead_and_refund_cancel_out(row: DeviceRow) -> None:
    charged = counters.charge_ahead(replace(row, attempts_left=9, lifetime_left=20), KEY)

    assert (charged.attempts_left, charged.lifetime_left, charged.charged) == (8, 19, key_tag(KEY))
    assert counters.right(charged, KEY, paid=True) == {"attempts_left": 9, "lifetime_left": 20, "charged": b""}


def test_refund_never_passes_the_cap(row: DeviceRow) -> None:
    assert counters.right(row, KEY, paid=True)["lifetime_left"] == 50


def test_charged_wrong_pin_costs_nothing_more_but_delays(row: DeviceRow) -> None:
    charged = counters.charge_ahead(replace(row, attempts_left=7), KEY)

    after = counters.settle_wrong(charged, charged.attempts_left, NOW)

    assert (after.attempts_left, after.lifetime_left) == (6, 49)
    assert after.lock_until_ms == NOW + 15 * 60_000


def test_delay_of_a_charged_attempt_is_its_own_even_if_another_was_taken_since(row: DeviceRow) -> None:
    after = counters.settle_wrong(replace(row, attempts_left=5), 6, NOW)

    assert after.lock_until_ms == NOW + 15 * 60_000


@pytest.mark.parametrize(("attempts", "lifetime"), [(0, 5), (5, 0)])
def test_nothing_left_cannot_be_charged(row: DeviceRow, attempts: int, lifetime: int) -> None:
    with pytest.raises(TransitionRefused):
        counters.charge_ahead(replace(row, attempts_left=attempts, lifetime_left=lifetime), KEY)


def test_45_third_uncommitted_evaluation_in_a_day_starts_charge_first(row: DeviceRow) -> None:
    for hours in (0, 1):
        row = counters.count_uncommitted(row, 1, NOW + hours * 3_600_000)
        assert row.charge_first_until_ms == 0

    row = counters.count_uncommitted(row, 1, NOW + 2 * 3_600_000)

    assert row.charge_first_until_ms == NOW + 26 * 3_600_000
    assert row.attempts_left == 9


def test_uncommitted_evaluations_of_an_older_day_do_not_count(row: DeviceRow) -> None:
    row = counters.count_uncommitted(row, 2, NOW)
    row = counters.count_uncommitted(row, 1, NOW + 25 * 3_600_000)

    assert (row.uncommitted_evals, row.charge_first_until_ms) == (1, 0)


@pytest.mark.parametrize(("left_ms", "seconds"), [(-5, 0), (0, 0), (1, 1), (1000, 1), (1001, 2)])
def test_retry_after_is_rounded_up(row: DeviceRow, left_ms: int, seconds: int) -> None:
    assert counters.retry_after_s(replace(row, lock_until_ms=NOW + left_ms), NOW) == seconds
