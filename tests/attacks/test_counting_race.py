"""Attack: parallel PIN guesses against the counting transaction (TX-1 to TX-5, rows 39 to 42).

The weakened forms evaluate with the real core but count badly. The real transaction lets exactly the budget through,
wherever the right PIN stands among the guesses.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from keyshare.device_row import DeviceState
from protocol.codes import Op, Outcome, Status
from protocol.reference.phone import Phone, Sign
from protocol.reference.transcript import SUITE_SM2
from tests.attacks.service import ATTEMPTS, Service
from tests.protocol.malice import header_for
from tests.protocol.sides import new_reference_phone
from tests.protocol.world import DEVICE_ID, ENTROPY, KnownKey

GUESSES = 40
DIGEST = bytes(31) + b"\5"


@pytest.fixture
def phone(service: Service, signing_key: KnownKey) -> Phone:
    made = new_reference_phone(service.server.target)
    service.enrol(DEVICE_ID, made.device_public)
    service.add_key(signing_key, DEVICE_ID)
    return made


def guess(service: Service, phone: Phone, key: KnownKey, *, right: bool) -> bytes:
    """One request: with the share, or with the share that some wrong PIN gives."""
    header = header_for(
        key, Op.SIGN, tau=service.tau, open_reqs=[], ctr=0, restore_epoch=0, issued_at_ms=service.clock.ms
    )
    share = key.phone if right else replace(key.phone, share=ENTROPY.scalar(SUITE_SM2))
    return Sign(phone, header, share, [DIGEST]).envelope


def guesses(service: Service, phone: Phone, key: KnownKey, right_at: int) -> list[bytes]:
    return [guess(service, phone, key, right=n == right_at) for n in range(GUESSES)]


def weak_commit(outcomes: list[Outcome], *, guard_right: bool) -> bool:
    """Commits in the order given; tells whether a RIGHT one got through."""
    left = ATTEMPTS
    for outcome in outcomes:
        if outcome is Outcome.RIGHT:
            return left > 0 or not guard_right
        left = max(0, left - 1)
    return False


Order = Callable[[list[Outcome]], list[Outcome]]


def shuffled(outcomes: list[Outcome]) -> list[Outcome]:
    return random.sample(outcomes, len(outcomes))


def right_first(outcomes: list[Outcome]) -> list[Outcome]:
    """The right path is a little faster and wins the race for the commit."""
    return sorted(outcomes, key=lambda outcome: outcome is not Outcome.RIGHT)


@pytest.mark.parametrize(
    ("order", "guard_right"),
    [(shuffled, False), (right_first, True)],
    ids=["right branch guarded by the counter only", "evaluated before the lock"],
)
def test_rows_41_42_the_attack_beats_weakened_counting(
    service: Service, phone: Phone, signing_key: KnownKey, order: Order, guard_right: bool
) -> None:
    record = service.server.custody.to_native(signing_key.server.encode())
    outcomes = []
    for envelope in guesses(service, phone, signing_key, right_at=GUESSES - 1):
        (result,) = service.server.core.evaluate([(service.server.core.open_request(envelope), record)])
        outcomes.append(Outcome(result.outcome))
    assert outcomes.count(Outcome.RIGHT) == 1
    assert weak_commit(order(outcomes), guard_right=guard_right)


@pytest.mark.parametrize("right_at", [3, 20, GUESSES - 1])
def test_row_39_parallel_guesses_stop_at_the_first_delay(
    service: Service, phone: Phone, signing_key: KnownKey, right_at: int
) -> None:
    """Three wrong PINs lock for a quarter of an hour: the right one behind them is not even evaluated."""
    statuses = [service.submit(one).status for one in guesses(service, phone, signing_key, right_at)]
    assert statuses == [Status.PIN_WRONG] * 3 + [Status.LOCKED] * (GUESSES - 3)
    assert service.evaluator.count == 3
    assert service.row(DEVICE_ID).attempts_left == ATTEMPTS - 3


def test_row_40_patient_guessing_gets_exactly_the_budget(service: Service, phone: Phone, signing_key: KnownKey) -> None:
    """Row 40: waiting for every delay to pass, nine guesses are evaluated; after them the right PIN is not."""
    for _ in range(3 * ATTEMPTS):
        service.submit(guess(service, phone, signing_key, right=False))
        service.clock.ms += 25 * 3_600_000
    assert service.evaluator.count == ATTEMPTS
    row = service.row(DEVICE_ID)
    assert (row.state, row.attempts_left) == (DeviceState.LOCKED, 0)
    assert service.submit(guess(service, phone, signing_key, right=True)).status is Status.LOCKED
    assert service.evaluator.count == ATTEMPTS


def test_rows_29_34_a_repeated_guess_costs_once(service: Service, phone: Phone, signing_key: KnownKey) -> None:
    """Rows 29 and 34: a repeat is STALE, without charge, freeze or evaluation."""
    envelope = guess(service, phone, signing_key, right=False)
    statuses = [service.submit(envelope).status for _ in range(5)]
    assert statuses == [Status.PIN_WRONG] + [Status.STALE] * 4
    assert (service.evaluator.count, service.row(DEVICE_ID).attempts_left) == (1, ATTEMPTS - 1)


def test_the_right_pin_within_the_budget_works(service: Service, phone: Phone, signing_key: KnownKey) -> None:
    statuses = [service.submit(one).status for one in guesses(service, phone, signing_key, right_at=2)[:3]]
    assert statuses == [Status.PIN_WRONG, Status.PIN_WRONG, Status.OK]
    assert service.row(DEVICE_ID).attempts_left == ATTEMPTS
