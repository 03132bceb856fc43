"""TX-B1 to TX-B6 and TX-5 to TX-8: isolation of items, failing commits, charge-first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from keyshare import counters
from keyshare.batch_items import EventKind
from keyshare.device_row import DeviceState
from keyshare.memory_store import MemoryTransaction
from keyshare.ports import DeviceChange
from protocol.codes import Op, Status
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import FakePhone, MemoryBacking, World


@pytest.fixture
def phones(world: World) -> list[FakePhone]:
    return [world.add_phone(f"dev_{letter}") for letter in "dbca"]


def memory(world: World) -> MemoryBacking:
    assert isinstance(world.store, MemoryBacking)
    return world.store


def test_48_a_device_appears_once_in_a_batch(world: World, phone: FakePhone) -> None:
    items = [world.prepare(world.request(phone)) for _ in range(2)]

    with pytest.raises(ValueError, match="different devices"):
        world.runner.run(items)


def test_at_most_64_items(world: World) -> None:
    items = [world.prepare(world.request(world.add_phone(f"dev_{number}"))) for number in range(65)]

    with pytest.raises(ValueError, match="64"):
        world.runner.run(items)


def test_49_rows_are_locked_in_ascending_order_whatever_the_arrival(
    world: World, phones: list[FakePhone], monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[Sequence[str]] = []
    real: Callable[..., Mapping[str, object]] = MemoryTransaction.lock_devices

    def spy(tx: MemoryTransaction, ids: Sequence[str]) -> Mapping[str, object]:
        locked.append(list(ids))
        return real(tx, ids)

    monkeypatch.setattr(MemoryTransaction, "lock_devices", spy)
    world.serve(*(world.request(phone) for phone in phones))

    assert locked == [["dev_a", "dev_b", "dev_c", "dev_d"]]


def test_results_come_in_the_order_of_arrival(world: World, phones: list[FakePhone]) -> None:
    requests = [world.request(phone, right=number != 1) for number, phone in enumerate(phones)]

    released = world.serve(*requests)

    assert [one.status for one in released] == [Status.OK, Status.PIN_WRONG, Status.OK, Status.OK]


def test_46_a_faulty_item_leaves_the_others_alone(world: World, phones: list[FakePhone]) -> None:
    requests = [world.request(phone, faulty=number == 2) for number, phone in enumerate(phones)]

    released = world.serve(*requests)

    assert [one.status for one in released] == [Status.OK, Status.OK, Status.UNAVAILABLE, Status.OK]
    row = world.row(phones[2])
    assert (row.attempts_left, row.uncommitted_evals) == (9, 1)
    assert world.serve(requests[2])[0].status is Status.STALE


def test_46_a_missed_guard_leaves_the_others_alone(
    world: World, phones: list[FakePhone], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MemoryTransaction.update_devices

    def race(tx: MemoryTransaction, changes: Sequence[DeviceChange]) -> frozenset[str]:
        kept = [change for change in changes if change.before.device_id != "dev_b"]
        return real(tx, kept) | {change.before.device_id for change in changes} - {c.before.device_id for c in kept}

    monkeypatch.setattr(MemoryTransaction, "update_devices", race)
    requests = [world.request(phone) for phone in phones]
    released = world.serve(*requests)

    assert [one.status for one in released] == [Status.OK, Status.UNAVAILABLE, Status.OK, Status.OK]
    store = memory(world)
    assert not [pair for pair in store.tables.seen if pair[0] == "dev_b"]
    assert not [row for row in store.tables.audit if row.device_id == "dev_b"]
    monkeypatch.undo()
    world.ask(phones[0])
    assert world.row(phones[1]).uncommitted_evals == 1


@pytest.mark.parametrize("point", ["begin", "write", "commit", "after_commit"])
def test_47_a_failing_commit_gives_every_item_the_same_bytes(world: World, phones: list[FakePhone], point: str) -> None:
    requests = [world.request(phone, right=number % 2 == 0) for number, phone in enumerate(phones)]
    memory(world).fail_at = point

    released = world.serve(*requests)

    assert {one.status for one in released} == {Status.UNAVAILABLE}
    assert len({one.answer for one in released}) == 1
    assert [str(fault) for fault in world.failures] == [f"failure at {point}"]


def test_47_a_core_that_raises_counts_for_every_item(world: World, phones: list[FakePhone]) -> None:
    def explode() -> None:
        world.evaluator.after = lambda: None
        raise MemoryError

    world.evaluator.after = explode
    released = world.serve(*(world.request(phone) for phone in phones))

    assert {one.status for one in released} == {Status.UNAVAILABLE}
    world.ask(phones[0])
    assert [world.row(phone).uncommitted_evals for phone in phones] == [1, 1, 1, 1]


def test_a_lock_that_is_not_granted_is_busy_and_costs_nothing(world: World, phone: FakePhone) -> None:
    memory(world).fail_at = "lock"

    (released,) = world.serve(world.request(phone))

    assert released.status is Status.BUSY
    world.ask(phone)
    assert world.row(phone).uncommitted_evals == 0


def test_44_unknown_commit_result_leaves_the_lost_answer_path(world: World, phone: FakePhone) -> None:
    memory(world).fail_at = "after_commit"
    request = world.request(phone)

    (released,) = world.serve(request)
    world.receive(phone, request, released.answer)

    assert released.status is Status.UNAVAILABLE
    assert world.row(phone).ctr == 1
    frame = world.ask(phone)
    assert (frame.status, frame.ctr) == (Status.OK, 2)


def test_44_an_answer_that_fails_after_the_commit_is_a_lost_answer(world: World, phones: list[FakePhone]) -> None:
    requests = [world.request(phone) for phone in phones]

    def spoil() -> None:
        def broken(status: int, **fields: object) -> bytes:
            if status == Status.OK:
                raise RuntimeError("cannot build the answer")
            return type(made).answer(made, status, **fields)

        made = world.evaluator.made[0]
        made.answer = broken  # type: ignore[method-assign]

    world.evaluator.after = spoil
    released = world.serve(*requests)

    statuses = [one.status for one in released]
    assert sorted(statuses) == [Status.OK] * 3 + [Status.UNAVAILABLE]
    assert [world.row(phone).ctr for phone in phones] == [1, 1, 1, 1]


def test_43_nothing_is_answered_or_reported_before_the_commit(world: World, phones: list[FakePhone]) -> None:
    requests = [world.request(phone, right=number > 0) for number, phone in enumerate(phones)]
    answered: list[bool] = []
    store = memory(world)
    real = MemoryTransaction.commit

    def watch(tx: MemoryTransaction) -> None:
        answered.extend(request.once.used for request in served)
        real(tx)

    served: list[FakeRequest] = [replace(request, once=type(request.once)()) for request in requests]
    prepared = [world.prepare(request) for request in served]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryTransaction, "commit", watch)
        world.runner.run(prepared)

    assert answered == [False] * 4
    assert all(request.once.used for request in served)
    assert len(store.tables.audit) == 4


def test_45_three_uncommitted_evaluations_start_charge_first_for_a_day(world: World, phone: FakePhone) -> None:
    def fail_commit() -> None:
        memory(world).fail_at = "commit"

    world.evaluator.after = fail_commit
    for _ in range(3):
        world.serve(world.request(phone))
    world.evaluator.after = lambda: None
    frame = world.ask(phone, right=False)

    assert (frame.status, frame.attempts_left) == (Status.PIN_WRONG, 8)
    assert world.row(phone).charge_first_until_ms > world.clock.ms

    (released,) = world.serve(world.request(phone))
    assert EventKind.CHARGE_FIRST in [event.kind for event in released.events]
    world.clock.advance(hours=25)
    (released,) = world.serve(world.request(phone))
    assert EventKind.CHARGE_FIRST not in [event.kind for event in released.events]


def test_45_a_store_that_cannot_take_the_count_evaluates_nothing(world: World, phone: FakePhone) -> None:
    store = memory(world)
    store.fail_at = "commit"
    world.serve(world.request(phone))
    evaluated = len(world.evaluator.evaluated)
    store.fail_at, store.fail_once = "commit", False

    for _ in range(20):
        assert world.serve(world.request(phone))[0].status is Status.UNAVAILABLE

    assert len(world.evaluator.evaluated) == evaluated


@pytest.fixture
def paying() -> World:
    return World(charge_first=True)


def test_charge_first_right_pin_restores_both(paying: World) -> None:
    phone = paying.add_phone()
    paying.edit(phone, attempts_left=5, lifetime_left=30)

    assert paying.ask(phone).status is Status.OK

    row = paying.row(phone)
    assert (row.attempts_left, row.lifetime_left, row.ctr) == (9, 30, 1)


def test_charge_first_wrong_pin_is_charged_once_and_delayed(paying: World) -> None:
    phone = paying.add_phone()
    paying.edit(phone, attempts_left=7)

    frame = paying.ask(phone, right=False)

    row = paying.row(phone)
    assert (row.attempts_left, row.lifetime_left) == (6, 49)
    assert (frame.attempts_left, frame.retry_after_s) == (6, 900)


def test_charge_first_last_attempt_may_be_right(paying: World) -> None:
    phone = paying.add_phone()
    paying.edit(phone, attempts_left=1)

    assert paying.ask(phone).status is Status.OK
    assert paying.row(phone).state is DeviceState.ACTIVE


def test_charge_first_last_attempt_wrong_locks(paying: World) -> None:
    phone = paying.add_phone()
    paying.edit(phone, attempts_left=1)

    assert paying.ask(phone, right=False).status is Status.PIN_WRONG
    assert paying.row(phone).state is DeviceState.LOCKED


def test_charge_first_crash_on_the_last_attempt_can_be_mended(paying: World) -> None:
    phone = paying.add_phone()
    paying.edit(phone, attempts_left=1)
    paying.evaluator.after = lambda: setattr(memory(paying), "fail_at", "commit")
    paying.ask(phone)
    paying.evaluator.after = lambda: None
    row = paying.row(phone)
    assert (row.state, row.attempts_left) == (DeviceState.ACTIVE, 0)
    assert paying.ask(phone).status is Status.LOCKED

    after = counters.reidentified(row)
    paying.edit(phone, state=after.state, attempts_left=after.attempts_left, recovery=after.recovery)

    refreshed = paying.ask(phone, Op.REFRESH)
    phone.key.blobs.append((refreshed.body[:16], refreshed.body[16:]))
    assert paying.ask(phone, Op.CONFIRM).status is Status.OK
    assert paying.row(phone).state is DeviceState.ACTIVE


def test_charge_first_crash_between_the_transactions_leaves_the_charge(paying: World) -> None:
    phone = paying.add_phone()
    request = paying.request(phone)

    def fail_second() -> None:
        memory(paying).fail_at = "commit"

    paying.evaluator.after = fail_second
    (released,) = paying.serve(request)

    assert released.status is Status.UNAVAILABLE
    row = paying.row(phone)
    assert (row.attempts_left, row.lifetime_left, row.ctr) == (8, 49, 0)
    paying.evaluator.after = lambda: None
    assert paying.serve(request)[0].status is Status.STALE
    assert paying.ask(phone).status is Status.OK


def test_charge_first_faults_are_no_free_guesses(paying: World) -> None:
    phone = paying.add_phone()
    for _ in range(9):
        paying.clock.advance(hours=25)
        request = paying.request(phone, faulty=True)
        assert paying.serve(request)[0].status is Status.UNAVAILABLE

    assert paying.ask(phone).status is Status.LOCKED


def test_charge_first_items_share_a_batch_with_others(world: World, phones: list[FakePhone]) -> None:
    world.edit(phones[1], charge_first_until_ms=world.clock.ms + 60_000)

    released = world.serve(*(world.request(phone) for phone in phones))

    assert [one.status for one in released] == [Status.OK] * 4
    assert world.row(phones[1]).attempts_left == 9


def test_a_batch_of_refusals_evaluates_nothing(world: World, phones: list[FakePhone]) -> None:
    requests = [world.request(phone, expires_at_ms=0) for phone in phones]

    assert [one.status for one in world.serve(*requests)] == [Status.EXPIRED] * 4
    assert not world.evaluator.evaluated


def test_sync_is_answered_with_a_and_b(world: World, phone: FakePhone) -> None:
    assert world.ask(phone, Op.SYNC).body == b"\1" + bytes(16)
    lost = world.request(phone)
    world.serve(lost)

    frame = world.ask(phone, Op.SYNC)

    assert frame.body == b"\2" + lost.req_id
    assert phone.record.open_reqs == [lost.req_id]
    assert world.ask(phone).status is Status.OK
