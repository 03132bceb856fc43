"""P9 and P11: random histories against the rules, on the memory store."""

import random

import pytest

from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from protocol.codes import Op, Status
from tests.keyshare.model import Run
from tests.keyshare.world import World


@pytest.mark.parametrize("block", range(8))
def test_p11_honest_runs_never_freeze_and_second_copies_always_do(block: int) -> None:
    """Loss, duplication, reordering and store failures between any two steps; then a clone of the phone's state."""
    caught = 0
    for seed in range(block * 40, block * 40 + 40):
        world = World()
        run = Run(world, random.Random(seed), world.add_phone())
        for _ in range(80):
            run.step(failures=True)
            run.refill()
        assert world.row(run.phone).state is not DeviceState.FROZEN, f"seed {seed} froze an honest phone"
        world.store.fail_at = None  # type: ignore[attr-defined]
        caught += _clone_is_caught(run, seed)
    assert caught >= 30


def _clone_is_caught(run: Run, seed: int) -> bool:
    """Lets one copy work once; the other one must be frozen at its first contact. False if none could work."""
    world = run.world
    clone = run.copy_phone()
    first, second = (clone, run) if seed % 2 else (run, clone)
    if not _works_once(first):
        return False
    for request in run.net:  # the common past arrives late and must stay harmless
        world.serve(request)
    if world.row(run.phone).state is not DeviceState.FROZEN:
        op = Op.SYNC if second.phone.record.is_full or seed % 3 == 0 else Op.SIGN
        released = world.serve(world.request(second.phone, op))[0]
        assert released.status is Status.FROZEN, f"seed {seed} missed a clone"
    assert world.row(run.phone).state is DeviceState.FROZEN
    return True


def _works_once(run: Run) -> bool:
    """One accepted and received operation of this copy."""
    for _ in range(5):
        run.refill()
        run.world.clock.advance(s=241)  # old SYNC ids are over
        if run.phone.record.is_full:
            run.world.ask(run.phone, Op.SYNC)
        elif run.world.ask(run.phone).status is Status.OK:
            return True
    return False


@pytest.mark.parametrize("seed", range(40))
def test_p9_wrong_pins_under_crashes_never_exceed_the_budget(seed: int) -> None:
    """Nothing but wrong PINs, with failures at every step: at most nine answers tell that a PIN was wrong."""
    world = World()
    phone = world.add_phone()
    draw = random.Random(seed)
    told = 0
    for _ in range(100):
        if phone.record.is_full:
            world.ask(phone, Op.SYNC)
        if draw.random() < 0.2:
            world.store.fail_at = draw.choice(("begin", "lock", "write", "commit", "after_commit"))  # type: ignore[attr-defined]
        told += world.ask(phone, right=False).status is Status.PIN_WRONG
        world.clock.advance(hours=25)
    world.store.fail_at = None  # type: ignore[attr-defined]

    row = world.row(phone)
    assert told <= MAX_ATTEMPTS
    assert row.state is DeviceState.LOCKED
    assert row.lifetime_left == 50 - MAX_ATTEMPTS


def test_p9_requests_in_flight_at_the_same_time_share_the_budget() -> None:
    world = World()
    phone = world.add_phone()
    requests = [world.request(phone, right=False) for _ in range(60)]
    statuses = []
    for request in requests:
        if world.row(phone).state is DeviceState.ACTIVE:
            world.edit(phone, lock_until_ms=0)
        statuses.append(world.serve(request)[0].status)

    assert statuses == [Status.PIN_WRONG] * MAX_ATTEMPTS + [Status.LOCKED] * (60 - MAX_ATTEMPTS)
