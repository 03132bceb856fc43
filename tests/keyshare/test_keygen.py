"""KG-2, KG-4, KG-8 in the store: ids, the pending record, the clone rules of KEYGEN."""

from dataclasses import replace
from typing import Any

import pytest

from keyshare.device_row import DeviceState
from keyshare.keygen import KEY_ID_USED, KEYGEN_REFUSED, NO_PENDING_KEYGEN, KeygenRunner
from keyshare.records import PENDING_KEYGEN_MS, KeyState, NewKey, PendingKeygen
from protocol.codes import Op, Status
from tests.keyshare.fakes import FakeRequest, OneTime, decode_frame, encode_frame, fake_row_mac
from tests.keyshare.world import FakePhone, MemoryBacking, World


class Done:
    """`KeygenBegun` and `KeygenFinished` after the commit."""

    def __init__(self) -> None:
        self.once = OneTime()

    def answer(self, **fields: Any) -> bytes:
        self.once.take()
        return encode_frame(Status.OK, b"message", fields)


@pytest.fixture
def runner(world: World) -> KeygenRunner:
    return KeygenRunner(
        store=world.store,
        row_mac=fake_row_mac,
        clock=world.clock,
        restore_epoch=world.token.restore_epoch,
        heads=world.heads,
        report=world.failures.append,
    )


def pending(world: World, phone: FakePhone, k1: bytes = b"k" * 32, key_id: str = "key_new") -> PendingKeygen:
    return PendingKeygen(
        key_id=key_id,
        device_id=phone.device_id,
        user_id=phone.user_id,
        suite="SM2",
        purpose=1,
        k1=k1,
        sealed=b"sealed",
        expires_ms=world.clock.ms + PENDING_KEYGEN_MS,
    )


def new_key(world: World, phone: FakePhone, key_id: str = "key_new") -> NewKey:
    return NewKey(
        key_id=key_id,
        user_id=phone.user_id,
        device_id=phone.device_id,
        suite="SM2",
        purpose=1,
        flags=0,
        pk=b"\2" + bytes(32),
        share_id=b"n" * 16,
        sealed=b"sealed",
        kek_version=1,
        created_ms=world.clock.ms,
    )


def again(request: FakeRequest) -> FakeRequest:
    return replace(request, once=OneTime())


def test_a_key_is_born_inactive_with_the_first_tau(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    row = world.row(phone)
    waiting = pending(world, phone)
    assert runner.begin(world.request(phone, Op.KEYGEN, tau=bytes(16)), Done(), waiting).status is Status.OK

    released = runner.finish(world.request(phone, Op.KEYGEN, tau=bytes(16)), Done(), waiting, new_key(world, phone))

    assert decode_frame(released.answer).tau == row.tau_next
    assert isinstance(world.store, MemoryBacking)
    share = world.store.find_share(b"n" * 16)
    assert share is not None
    assert share.key_state is KeyState.INACTIVE
    assert world.row(phone) == row
    assert world.store.tables.audit[-1].kind.value == "key_generated"
    assert [line[0] for line in world.heads.lines] == ["announce", "settle"]


def test_a_device_that_has_used_its_token_gets_no_tau(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    world.ask(phone)
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)

    released = runner.finish(world.request(phone, Op.KEYGEN), Done(), waiting, new_key(world, phone))

    frame = decode_frame(released.answer)
    assert (frame.status, frame.tau, frame.ctr) == (Status.OK, bytes(16), 0)


def test_15_m3_twice(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)
    m3 = world.request(phone, Op.KEYGEN)
    assert runner.finish(m3, Done(), waiting, new_key(world, phone)).status is Status.OK

    assert runner.finish(again(m3), Done(), waiting, new_key(world, phone)).status is Status.STALE
    other = runner.finish(world.request(phone, Op.KEYGEN), Done(), waiting, new_key(world, phone))
    assert decode_frame(other.answer).body == NO_PENDING_KEYGEN


def test_15_m1_for_an_existing_key_id(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    taken = pending(world, phone, key_id=phone.key.key_id)

    released = runner.begin(world.request(phone, Op.KEYGEN), Done(), taken)

    assert (released.status, decode_frame(released.answer).body) == (Status.MALFORMED, KEY_ID_USED)


def test_15_m3_for_a_key_id_that_was_taken_meanwhile(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    waiting = pending(world, phone, key_id=phone.key.key_id)
    assert isinstance(world.store, MemoryBacking)
    world.store.tables.pending[waiting.key_id] = waiting

    released = runner.finish(world.request(phone, Op.KEYGEN), Done(), waiting, new_key(world, phone, phone.key.key_id))

    assert decode_frame(released.answer).body == KEY_ID_USED


def test_another_device_cannot_take_a_pending_key_id(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    other = world.add_phone("dev_b")
    runner.begin(world.request(phone, Op.KEYGEN), Done(), pending(world, phone))

    released = runner.begin(world.request(other, Op.KEYGEN), Done(), pending(world, other))

    assert decode_frame(released.answer).body == KEY_ID_USED


def test_kg8_a_new_m1_replaces_the_old_one(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    first, second = pending(world, phone, b"1" * 32), pending(world, phone, b"2" * 32)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), first)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), second)

    late = runner.finish(world.request(phone, Op.KEYGEN), Done(), first, new_key(world, phone))
    good = runner.finish(world.request(phone, Op.KEYGEN), Done(), second, new_key(world, phone))

    assert (late.status, good.status) == (Status.MALFORMED, Status.OK)


def test_kg8_a_wrong_m3_erases_the_pending_record(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)

    refused = runner.refuse(world.request(phone, Op.KEYGEN), waiting)

    assert decode_frame(refused.answer).body == KEYGEN_REFUSED
    assert isinstance(world.store, MemoryBacking)
    assert world.store.find_pending_keygen("key_new") is None


def test_kg8_of_parallel_m3s_only_the_first_is_judged(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    """All were evaluated while the pending record was there."""
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)
    runner.refuse(world.request(phone, Op.KEYGEN), waiting)

    wrong = runner.refuse(world.request(phone, Op.KEYGEN), waiting)
    right = runner.finish(world.request(phone, Op.KEYGEN), Done(), waiting, new_key(world, phone))

    assert (wrong.status, right.status) == (Status.MALFORMED, Status.MALFORMED)
    assert decode_frame(wrong.answer).body == decode_frame(right.answer).body == NO_PENDING_KEYGEN


def test_a_clone_that_generates_a_key_is_frozen(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    world.ask(phone)

    released = runner.begin(world.request(phone, Op.KEYGEN, tau=b"old token 123456"), Done(), pending(world, phone))

    assert released.status is Status.FROZEN
    assert world.row(phone).state is DeviceState.FROZEN
    assert isinstance(world.store, MemoryBacking)
    assert world.store.find_pending_keygen("key_new") is None


@pytest.mark.parametrize("point", ["begin", "write", "commit", "after_commit"])
def test_a_failing_store_gives_no_answer(world: World, phone: FakePhone, runner: KeygenRunner, point: str) -> None:
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)
    assert isinstance(world.store, MemoryBacking)
    world.store.fail_at = point
    done = Done()

    released = runner.finish(world.request(phone, Op.KEYGEN), done, waiting, new_key(world, phone))

    assert released.status is Status.UNAVAILABLE
    assert not done.once.used
    assert (world.store.find_share(b"n" * 16) is None) is (point != "after_commit")


def test_an_altered_row_generates_nothing(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    stored = world.store.stored_device(phone.device_id)
    assert stored is not None
    world.store.put_device(replace(stored, mac=bytes(32)))

    assert runner.begin(world.request(phone, Op.KEYGEN), Done(), pending(world, phone)).status is Status.FROZEN


def fill(world: World, phone: FakePhone, count: int, state: KeyState) -> None:
    """Gives the phone further keys in one state."""
    for _ in range(count):
        world.store.set_key_state(world.add_key(phone).key_id, state)


@pytest.mark.parametrize(("count", "state"), [(16, KeyState.INACTIVE), (255, KeyState.FROZEN)])
def test_a_device_has_a_bounded_number_of_keys(
    world: World, phone: FakePhone, runner: KeygenRunner, count: int, state: KeyState
) -> None:
    waiting = pending(world, phone)
    fill(world, phone, count - 1, state)
    assert runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting).status is Status.OK
    fill(world, phone, 1, state)

    assert runner.begin(world.request(phone, Op.KEYGEN), Done(), pending(world, phone)).status is Status.QUOTA
    m3 = world.request(phone, Op.KEYGEN)
    assert runner.finish(m3, Done(), waiting, new_key(world, phone)).status is Status.QUOTA
    world.store.set_key_state(phone.keys[-1].key_id, KeyState.REVOKED)
    m3 = world.request(phone, Op.KEYGEN)
    assert runner.finish(m3, Done(), waiting, new_key(world, phone)).status is Status.OK


def test_kg8_a_full_device_does_not_learn_which_m3_was_wrong(
    world: World, phone: FakePhone, runner: KeygenRunner
) -> None:
    waiting = pending(world, phone)
    runner.begin(world.request(phone, Op.KEYGEN), Done(), waiting)
    fill(world, phone, 16, KeyState.INACTIVE)

    for _ in range(2):
        assert runner.refuse(world.request(phone, Op.KEYGEN), waiting).status is Status.QUOTA
    m3 = world.request(phone, Op.KEYGEN)
    assert runner.finish(m3, Done(), waiting, new_key(world, phone)).status is Status.QUOTA
    assert isinstance(world.store, MemoryBacking)
    assert world.store.find_pending_keygen("key_new") is None


def test_keys_of_other_devices_do_not_count(world: World, phone: FakePhone, runner: KeygenRunner) -> None:
    fill(world, world.add_phone("dev_b"), 16, KeyState.INACTIVE)

    assert runner.begin(world.request(phone, Op.KEYGEN), Done(), pending(world, phone)).status is Status.OK
