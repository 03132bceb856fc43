"""Row 39 to 42: ten thousand parallel guesses with the right PIN among them, through the real batcher on SQLite.

A guesser must not win more often than its budget allows. Two weakened servers, a right branch guarded by the counter
only and an evaluation before the lock, are shown to lose to the same guesser.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cosign.signing import batcher as batcher_module
from cosign.signing.batcher import Batcher
from keyshare.admission import Admission, admit
from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import FakePhone, World

GUESSES = 10_000
ROUNDS = 40
FIELD = 50
"""Independent races per server and guesses per race: enough to tell 9 of 50 from certainty."""


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
    batcher: Batcher[bytes] = Batcher(world.runner, failed=world.failures.append)
    batcher.start()
    answers = await asyncio.gather(*(batcher.submit(world.prepare(one)) for one in requests))
    await batcher.drain()
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

    assert 0 < won <= 18  # 9 of 50 guesses: 7.2 expected of 40, 18 is more than four standard deviations away


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

    assert await wins(tmp_path) >= 39


async def test_42_mutation_evaluation_before_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the outcome is known before the requests queue up, a faster right path overtakes all the others."""

    async def early(world: World, requests: list[FakeRequest]) -> list[Status]:
        return await race(world, sorted(requests, key=lambda one: one.proof == b"wrong"))

    assert await wins(tmp_path, racing=early) >= 39
