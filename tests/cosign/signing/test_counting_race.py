"""Row 39 to 42: ten thousand parallel guesses with the right PIN among them, through the real batcher on SQLite.

A guesser must not win more often than its budget allows. Two weakened servers, a right branch guarded by the counter
only and an evaluation before the lock, are shown to lose to the same guesser.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cosign.signing import batcher as batcher_module
from cosign.signing.batcher import Batcher
from keyshare.admission import Admission, admit
from keyshare.batch_items import Prepared
from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from keyshare.ports import OpenedRequest
from keyshare.transaction import BatchRunner
from protocol.codes import Op, Outcome, Status
from tests.cosign.signing.backing import SqlBacking
from tests.cosign.signing.prepared_stage import Asked, PreparedStage, submit
from tests.keyshare.fakes import FakeEvaluation, FakeEvaluator, FakeRequest
from tests.keyshare.world import FakePhone, World

GUESSES = 10_000
ROUNDS = 40
FIELD = 50
"""Independent races per server and guesses per race: enough to tell 9 of 50 from certainty."""
MOST_WINS = 18
"""What the budget allows: 7.2 wins are expected, 18 is more than four standard deviations away."""


def guesses(world: World, phone: FakePhone, count: int, seed: int) -> list[FakeRequest]:
    """`count` requests of one state of the phone: one right PIN, the rest wrong, in random order."""
    record = phone.record
    right = random.Random(seed).randrange(count)
    share_id, share = phone.key.blobs[0]
    return [
        FakeRequest(
            op=Op.SIGN,
            device_id=phone.device_id,
            user_id=phone.user_id,
            key_id=phone.key.key_id,
            share_id=share_id,
            proof=share if number == right else b"wrong",
            tau=record.tau,
            ctr=record.ctr,
            issued_at_ms=world.clock.ms,
            expires_at_ms=world.clock.ms + 120_000,
            pk=phone.key.pk,
        )
        for number in range(count)
    ]


async def race(world: World, requests: list[FakeRequest]) -> list[Status]:
    """All guesses at once, through one batcher."""
    batcher: Batcher[Asked] = Batcher(PreparedStage(world.runner), failed=world.failures.append)
    batcher.start()
    answers = await asyncio.gather(*(submit(batcher, world.prepare(one)) for one in requests))
    await asyncio.to_thread(batcher.drain)
    return [one.status for one in answers]


Race = Callable[[World, list[FakeRequest]], Awaitable[list[Status]]]


@pytest.fixture(autouse=True)
def unbounded_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher_module, "MAX_WAITING", 2 * GUESSES)
    monkeypatch.setattr(batcher_module, "MAX_WAITING_PER_DEVICE", 2 * GUESSES)
    monkeypatch.setattr(batcher_module, "LONGEST_WAIT_SECONDS", 600.0)
    monkeypatch.setattr("keyshare.counters.DELAY_MS", {})  # the delays would end the race after three guesses


async def test_39_ten_thousand_parallel_guesses_get_the_budget_and_no_more(tmp_path: Path) -> None:
    world = World(SqlBacking(tmp_path / "race.db", durable=False))
    phone = world.add_phone()
    statuses = await race(world, guesses(world, phone, GUESSES, seed=1))

    evaluated = len(world.evaluator.evaluated)
    if Status.OK in statuses:  # nine guesses of ten thousand may hit; the token has moved then, and the rest is a clone
        assert evaluated <= MAX_ATTEMPTS
        assert statuses.count(Status.FROZEN) + evaluated == GUESSES
    else:
        assert evaluated == statuses.count(Status.PIN_WRONG) == MAX_ATTEMPTS
        assert statuses.count(Status.LOCKED) == GUESSES - MAX_ATTEMPTS
        assert world.row(phone).state is DeviceState.LOCKED


async def wins(tmp_path: Path, racing: Race = race) -> int:
    """How many of `ROUNDS` races find the right PIN."""
    store = SqlBacking(tmp_path / "races.db", durable=False)
    won = 0
    for number in range(ROUNDS):
        world = World(store)
        phone = world.add_phone(f"dev_{number}")
        statuses = await racing(world, guesses(world, phone, FIELD, seed=number))
        won += Status.OK in statuses
    return won


async def test_39_a_race_is_won_as_often_as_the_budget_says(tmp_path: Path) -> None:
    won = await wins(tmp_path)

    assert 0 < won <= MOST_WINS


async def test_41_mutation_right_branch_guarded_by_the_counter_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without LOCKED, attempts and the attempts guard the right PIN always gets through."""

    def careless(*args: Any, **options: Any) -> Admission:
        admission = admit(*args, **options)
        return Admission(None, admission.case) if admission.status is Status.LOCKED else admission

    monkeypatch.setattr("keyshare.batch_step.admit", careless)
    monkeypatch.setattr("keyshare.counters.charge_ahead", lambda row, _key_id: row)
    monkeypatch.setattr("keyshare.counters.settle_wrong", lambda row, *_: row)

    assert await wins(tmp_path) > MOST_WINS


class EvaluatedAhead:
    """Implements `keyshare.ports.Evaluator` by what was found before the lock."""

    def __init__(self, evaluator: FakeEvaluator) -> None:
        self._evaluator = evaluator
        self._found: dict[bytes, FakeEvaluation] = {}

    def look(self, prepared: Prepared[bytes]) -> int:
        """Evaluates at once; tells the outcome."""
        assert prepared.record is not None
        (found,) = self._evaluator.evaluate([(prepared.request, prepared.record)])
        self._found[prepared.req_id] = found
        return found.outcome

    def evaluate(self, items: Sequence[tuple[OpenedRequest, bytes]]) -> list[FakeEvaluation]:
        return [self._found.pop(request.req_id) for request, _ in items]


async def race_evaluated_first(world: World, requests: list[FakeRequest]) -> list[Status]:
    """TX-3 before TX-1: only admission, counters and commit are under the lock; the right path is 5 ms faster."""
    ahead = EvaluatedAhead(world.evaluator)
    runner = BatchRunner(world.store, replace(world.collaborators, evaluator=ahead))
    batcher: Batcher[Asked] = Batcher(PreparedStage(runner), failed=world.failures.append)
    batcher.start()

    async def handle(request: FakeRequest) -> Status:
        prepared = world.prepare(request)
        if ahead.look(prepared) != Outcome.RIGHT:
            await asyncio.sleep(0.005)
        return (await submit(batcher, prepared)).status

    statuses = await asyncio.gather(*(handle(one) for one in requests))
    await asyncio.to_thread(batcher.drain)
    return list(statuses)


async def test_42_mutation_evaluation_before_the_lock(tmp_path: Path) -> None:
    """With every guard in place, the race for the commit is won by the right PIN: the budget protects nothing."""
    assert await wins(tmp_path, racing=race_evaluated_first) > MOST_WINS
