"""Section 4.2: REFRESH and CONFIRM under loss and doubling; no sequence bricks a key or charges a right PIN."""

import itertools
from dataclasses import replace

import pytest

from keyshare.device_row import DeviceState, Recovery
from keyshare.memory_store import MemoryTransaction
from keyshare.records import PENDING_SHARE_MS, ShareState
from protocol.codes import Op, OtChange, Status
from tests.keyshare.fakes import Frame
from tests.keyshare.world import FakePhone, MemoryBacking, World


def refresh(world: World, phone: FakePhone, *, blob: int = -1) -> Frame:
    """REFRESH; the new blob is written next to the old one (RF-5)."""
    frame = world.ask(phone, Op.REFRESH, blob=blob)
    if frame.status is Status.OK:
        phone.key.blobs.append((frame.body[:16], frame.body[16:]))
    return frame


def states(world: World) -> list[ShareState]:
    assert isinstance(world.store, MemoryBacking)
    return sorted(row.state for row in world.store.tables.shares.values())


def test_confirm_promotes_and_retires(world: World, phone: FakePhone) -> None:
    frame = refresh(world, phone)
    assert frame.pending_expires_ms == world.clock.ms + PENDING_SHARE_MS
    assert states(world) == [ShareState.CURRENT, ShareState.PENDING]

    confirmed = world.ask(phone, Op.CONFIRM)

    assert confirmed.status is Status.OK
    assert confirmed.durable
    assert states(world) == [ShareState.CURRENT, ShareState.RETIRED]
    assert world.ask(phone).status is Status.OK
    new_share = phone.key.blobs[-1][0]
    assert world.heads.lines == [("announce", phone.key.key_id, new_share), ("settle", phone.key.key_id, new_share)]


def test_58_two_refreshes_first_never_confirmed(world: World, phone: FakePhone) -> None:
    refresh(world, phone)
    refresh(world, phone, blob=0)
    attempts = world.row(phone).attempts_left

    assert world.ask(phone, Op.CONFIRM, blob=1).status is Status.UNKNOWN_SHARE
    assert world.ask(phone, Op.SIGN, blob=0).status is Status.OK
    assert world.row(phone).attempts_left == attempts
    assert states(world) == [ShareState.CURRENT, ShareState.EXPIRED, ShareState.PENDING]


def test_60_old_pin_after_confirm(world: World, phone: FakePhone) -> None:
    refresh(world, phone)
    world.ask(phone, Op.CONFIRM)

    assert world.ask(phone, Op.SIGN, blob=0).status is Status.UNKNOWN_SHARE
    assert world.ask(phone, Op.SIGN, blob=1, right=False).status is Status.PIN_WRONG


def test_61_pending_share_serves_confirm_only_and_for_a_day(world: World, phone: FakePhone) -> None:
    refresh(world, phone)

    for op in (Op.SIGN, Op.REFRESH, Op.DECRYPT, Op.ADOPT):
        assert world.ask(phone, op, blob=1).status is Status.UNKNOWN_SHARE
    world.clock.advance(ms=PENDING_SHARE_MS)
    assert world.ask(phone, Op.CONFIRM, blob=1).status is Status.UNKNOWN_SHARE
    assert world.ask(phone, Op.SIGN, blob=0).status is Status.OK


def test_61_pending_share_that_expires_between_unsealing_and_lock(world: World, phone: FakePhone) -> None:
    refresh(world, phone)
    prepared = world.prepare(world.request(phone, Op.CONFIRM, expires_at_ms=world.clock.ms + 120_000))
    assert isinstance(world.store, MemoryBacking)
    shares = world.store.tables.shares
    share_id = phone.key.blobs[-1][0]
    shares[share_id] = replace(shares[share_id], expires_ms=world.clock.ms)

    assert world.runner.run([prepared])[0].status is Status.UNKNOWN_SHARE


def test_wrong_pin_refresh_seals_a_dummy_and_stores_nothing(world: World, phone: FakePhone) -> None:
    seals = world.token.seals

    assert world.ask(phone, Op.REFRESH, right=False).status is Status.PIN_WRONG

    assert world.token.seals == seals + 1
    assert states(world) == [ShareState.CURRENT]


def test_a_token_that_fails_during_refresh_is_a_fault_for_both_outcomes(world: World, phone: FakePhone) -> None:
    for right in (True, False):
        prepared = world.prepare(world.request(phone, Op.REFRESH, right=right))
        world.token.unavailable = True
        assert world.runner.run([prepared])[0].status is Status.UNAVAILABLE
        world.token.unavailable = False

    row = world.row(phone)
    assert (row.attempts_left, row.uncommitted_evals) == (9, 2)


def test_confirm_of_the_current_share_again_is_ok_and_changes_nothing(world: World, phone: FakePhone) -> None:
    refresh(world, phone)
    world.serve(world.request(phone, Op.CONFIRM))
    before = states(world)

    assert world.ask(phone, Op.CONFIRM).status is Status.OK
    assert states(world) == before


def test_55_a_confirm_that_promotes_nothing_leaves_the_device_locked(world: World) -> None:
    phone = world.add_phone(suite="P256")
    world.edit(phone, state=DeviceState.LOCKED, attempts_left=9, lifetime_left=41, recovery=Recovery.REFRESH)

    assert world.ask(phone, Op.CONFIRM).status is Status.OK, "of the CURRENT share"
    assert world.row(phone).recovery is Recovery.REFRESH
    refreshed = world.ask(phone, Op.REFRESH)
    phone.key.blobs.append((refreshed.body[:16], refreshed.body[16:]))
    failed = world.ask(phone, Op.CONFIRM, suite="P256", ot=OtChange.FAILED)
    assert failed.status is Status.OT_DESTROYED
    assert (world.row(phone).state, world.row(phone).recovery) == (DeviceState.LOCKED, Recovery.REFRESH)
    assert world.ask(phone, Op.CONFIRM, suite="P256", ot=OtChange.READY).status is Status.OK
    assert (world.row(phone).state, world.row(phone).recovery) == (DeviceState.ACTIVE, Recovery.NONE)


def test_head_is_announced_before_the_commit_and_left_open_if_it_fails(
    world: World, phone: FakePhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(world, phone)
    assert isinstance(world.store, MemoryBacking)
    store = world.store
    at_commit: list[str] = []
    real = MemoryTransaction.commit

    def fail(tx: MemoryTransaction) -> None:
        at_commit.extend(line[0] for line in world.heads.lines)
        store.fail_at = "commit"
        real(tx)

    monkeypatch.setattr(MemoryTransaction, "commit", fail)
    assert world.ask(phone, Op.CONFIRM).status is Status.UNAVAILABLE

    assert at_commit == ["announce"]
    assert [line[0] for line in world.heads.lines] == ["announce"]
    assert states(world) == [ShareState.CURRENT, ShareState.PENDING]


def test_a_head_log_that_cannot_be_written_stops_the_promotion(world: World, phone: FakePhone) -> None:
    refresh(world, phone)
    world.heads.fail = OSError("disk full")

    assert world.ask(phone, Op.CONFIRM).status is Status.UNAVAILABLE
    assert states(world) == [ShareState.CURRENT, ShareState.PENDING]


@pytest.mark.parametrize("loss", list(itertools.product((False, True), repeat=6)))
@pytest.mark.parametrize("doubled", [False, True])
def test_59_every_loss_and_doubling_of_two_refreshes(loss: tuple[bool, ...], doubled: bool) -> None:
    """The orphan attack of numbered epochs: all patterns of lost answers and kills in two refresh attempts."""
    world = World()
    phone = world.add_phone()
    for attempt in range(2):
        lose_refresh, kill_before_confirm, lose_confirm = loss[3 * attempt : 3 * attempt + 3]
        usable = _use_any_blob(world, phone)
        request = world.request(phone, Op.REFRESH, blob=usable)
        answer = world.serve(request)[0].answer
        if doubled:
            assert world.serve(request)[0].status is Status.STALE
        if lose_refresh:
            continue
        frame = world.receive(phone, request, answer)
        assert frame.status is Status.OK
        phone.key.blobs.append((frame.body[:16], frame.body[16:]))
        if kill_before_confirm:
            continue
        confirm = world.request(phone, Op.CONFIRM)
        answer = world.serve(confirm)[0].answer
        if doubled:
            assert world.serve(confirm)[0].status is Status.STALE
        if not lose_confirm and world.receive(phone, confirm, answer).durable:
            del phone.key.blobs[:-1]

    assert phone.key.blobs[_use_any_blob(world, phone)]
    assert world.row(phone).lifetime_left == 50


def _use_any_blob(world: World, phone: FakePhone) -> int:
    """What the phone does at start: repeats CONFIRM of the newest blob, falls back on UNKNOWN_SHARE only."""
    for index in range(len(phone.key.blobs) - 1, -1, -1):
        op = Op.CONFIRM if index == len(phone.key.blobs) - 1 and index > 0 else Op.SIGN
        status = world.ask(phone, op, blob=index).status
        assert status in (Status.OK, Status.UNKNOWN_SHARE)
        if status is Status.OK:
            return index
    raise AssertionError("the key is bricked")
