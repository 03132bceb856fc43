"""Sections 5.3 to 5.5 end to end over the memory store: replays, losses, clones, budgets."""

from dataclasses import replace

import pytest

from keyshare.batch_items import EventKind
from keyshare.device_row import DeviceState, Recovery, StoredDevice
from keyshare.ports import AuditKind
from keyshare.records import DECRYPTION_QUOTA, KeyState
from protocol.codes import Op, Status
from tests.keyshare.fakes import decode_frame
from tests.keyshare.world import FakePhone, MemoryBacking, World


def test_a_right_pin_moves_the_token_and_is_audited(world: World, phone: FakePhone) -> None:
    before = world.row(phone)

    frame = world.ask(phone)

    after = world.row(phone)
    assert (frame.status, frame.tau, frame.ctr) == (Status.OK, after.tau_next, 1)
    assert (after.tau_cur, after.row_ver) == (before.tau_next, before.row_ver + 1)
    assert isinstance(world.store, MemoryBacking)
    (audit,) = world.store.tables.audit
    assert (audit.kind, audit.outcome, audit.clone_case) == (AuditKind.EVALUATED, "right", "A")


def test_29_same_request_twice_is_stale(world: World, phone: FakePhone) -> None:
    request = world.request(phone)
    world.serve(request)
    before = world.row(phone)

    (again,) = world.serve(request)

    assert again.status is Status.STALE
    assert world.row(phone) == before
    assert world.evaluator.evaluated.count(request.req_id) == 1


def test_30_late_arrival_after_a_newer_request_is_stale(world: World, phone: FakePhone) -> None:
    late = world.request(phone)
    assert world.ask(phone).status is Status.OK

    (released,) = world.serve(late)

    assert released.status is Status.STALE
    assert world.row(phone).state is DeviceState.ACTIVE


@pytest.mark.parametrize("lost", [2, 10])
def test_31_lost_answers_in_a_row_are_allowed(world: World, phone: FakePhone, lost: int) -> None:
    for number in range(lost):
        (released,) = world.serve(world.request(phone))
        assert released.status is Status.OK
        kinds = [event.kind for event in released.events]
        assert kinds == ([EventKind.LOST_ANSWER] if number else [])

    assert world.ask(phone).status is Status.OK


def test_32_sixty_four_taps_without_network_need_a_sync(world: World, phone: FakePhone) -> None:
    world.serve(world.request(phone))
    for _ in range(63):
        world.request(phone)
    assert phone.record.is_full

    assert world.ask(phone, Op.SYNC).status is Status.OK

    assert len(phone.record.open_reqs) == 1
    assert world.ask(phone).status is Status.OK


def test_33_late_answer_of_an_older_request_is_ignored(world: World, phone: FakePhone) -> None:
    older = world.request(phone)
    answer = world.serve(older)[0].answer
    newer = world.request(phone)
    fresh = world.serve(newer)[0].answer

    world.receive(phone, older, answer)
    assert phone.record.ctr == 0
    world.receive(phone, newer, fresh)
    assert phone.record.ctr == 2


@pytest.mark.parametrize("right", [True, False])
def test_34_replay_is_never_charged(world: World, phone: FakePhone, right: bool) -> None:
    request = world.request(phone, right=right)
    world.serve(request)
    before = world.row(phone)

    assert world.serve(request)[0].status is Status.STALE
    world.clock.advance(s=121)
    assert world.serve(request)[0].status is Status.EXPIRED
    assert world.row(phone) == before


def test_35_late_sync_after_a_token_change(world: World, phone: FakePhone) -> None:
    sync = world.request(phone, Op.SYNC)
    assert world.ask(phone).status is Status.OK

    assert world.serve(sync)[0].status is Status.STALE
    world.clock.advance(s=121)
    assert world.serve(sync)[0].status is Status.EXPIRED
    assert world.row(phone).state is DeviceState.ACTIVE


def test_36_failover_that_loses_the_last_commit(world: World, phone: FakePhone) -> None:
    assert world.ask(phone).status is Status.OK
    assert isinstance(world.store, MemoryBacking)
    backup = world.store.tables.copy()
    assert world.ask(phone).status is Status.OK
    world.store.tables = backup
    world.token.raise_restore_epoch()

    frame = world.ask(phone)
    assert (frame.status, frame.restore_epoch) == (Status.RESYNC, 1)
    assert world.row(phone).state is DeviceState.ACTIVE

    adopted = world.ask(phone, Op.ADOPT)
    assert adopted.status is Status.OK
    assert adopted.ctr == 3
    phone.record.restore_epoch = adopted.restore_epoch
    assert world.ask(phone).status is Status.OK


def test_36_a_second_copy_cannot_adopt_after_the_first(world: World, phone: FakePhone) -> None:
    world.ask(phone)
    world.token.raise_restore_epoch()
    copy = FakePhone(phone.device_id, phone.user_id, replace(phone.record), phone.keys)
    copy.record.open_reqs = []
    assert world.ask(phone, Op.ADOPT).status is Status.OK

    frame = world.ask(copy, Op.ADOPT)

    assert frame.status is Status.FROZEN
    assert world.row(phone).state is DeviceState.FROZEN


@pytest.mark.parametrize("op", [Op.SIGN, Op.SYNC, Op.REFRESH, Op.CONFIRM, Op.ADOPT])
def test_37_second_copy_is_frozen_at_its_first_contact(world: World, phone: FakePhone, op: Op) -> None:
    world.ask(phone)
    clone = FakePhone(phone.device_id, phone.user_id, replace(phone.record, open_reqs=[], syncs=[]), phone.keys)
    assert world.ask(phone).status is Status.OK

    request = world.request(clone, op)
    (released,) = world.serve(request)

    assert released.status is Status.FROZEN
    assert EventKind.CLONE_DETECTED in [event.kind for event in released.events]
    assert request.req_id not in world.evaluator.evaluated
    assert world.ask(phone).status is Status.FROZEN


def test_37_the_answer_to_a_clone_does_not_depend_on_the_pin(world: World, phone: FakePhone) -> None:
    answers = []
    for right in (True, False):
        fresh = World()
        owner = fresh.add_phone()
        clone = FakePhone(owner.device_id, owner.user_id, replace(owner.record, open_reqs=[]), owner.keys)
        fresh.ask(owner)
        fresh.ask(owner)
        answers.append(fresh.serve(fresh.request(clone, right=right))[0].answer)

    assert answers[0] == answers[1]


def test_40_wrong_pins_use_exactly_the_budget(world: World, phone: FakePhone) -> None:
    statuses = []
    for _ in range(100):
        statuses.append(world.ask(phone, right=False).status)
        if phone.record.is_full:
            world.ask(phone, Op.SYNC)
        world.clock.advance(hours=25)

    assert statuses.count(Status.PIN_WRONG) == 9
    assert statuses[9:] == [Status.LOCKED] * 91
    assert world.row(phone).state is DeviceState.LOCKED
    assert len(world.evaluator.evaluated) == 9


def test_delays_run_after_the_third_and_the_sixth_wrong_pin(world: World, phone: FakePhone) -> None:
    for _ in range(3):
        frame = world.ask(phone, right=False)
    assert (frame.attempts_left, frame.retry_after_s) == (6, 900)
    assert world.ask(phone).status is Status.LOCKED

    world.clock.advance(minutes=15)
    for _ in range(3):
        frame = world.ask(phone, right=False)
    assert (frame.attempts_left, frame.retry_after_s) == (3, 86_400)


def test_52_unknown_device_row_is_refused_without_evaluation(world: World, phone: FakePhone) -> None:
    request = world.request(phone, device_id="dev_unknown")

    (released,) = world.serve(request)

    assert released.status is Status.FROZEN
    assert not world.evaluator.evaluated


@pytest.mark.parametrize("state", [DeviceState.LOCKED, DeviceState.FROZEN])
def test_53_right_pin_on_a_stopped_device_is_not_evaluated(world: World, phone: FakePhone, state: DeviceState) -> None:
    world.edit(phone, state=state)

    assert world.ask(phone).status.name == state.name
    assert not world.evaluator.evaluated


@pytest.mark.parametrize(
    ("state", "status"), [(KeyState.FROZEN, Status.FROZEN), (KeyState.REVOKED, Status.UNKNOWN_SHARE)]
)
def test_53_key_state_is_enforced_under_the_lock(
    world: World, phone: FakePhone, state: KeyState, status: Status
) -> None:
    prepared = world.prepare(world.request(phone))
    world.store.set_key_state(phone.key.key_id, state)

    (released,) = world.runner.run([prepared])

    assert released.status is status
    assert released.stale_share
    assert not world.evaluator.evaluated


def test_a_share_that_changed_since_it_was_unsealed_is_busy(world: World, phone: FakePhone) -> None:
    prepared = world.prepare(world.request(phone))
    world.store.set_key_state(phone.key.key_id, KeyState.FROZEN)
    world.store.set_key_state(phone.key.key_id, KeyState.ACTIVE)

    (released,) = world.runner.run([prepared])

    assert (released.status, released.stale_share) == (Status.BUSY, True)


def test_54_guesses_over_keys_and_operations_share_one_budget(world: World, phone: FakePhone) -> None:
    keys = [phone.key, world.add_key(phone), world.add_key(phone, purpose=2)]
    ops = [Op.SIGN, Op.REFRESH, Op.DECRYPT]
    wrong = 0
    for number in range(30):
        world.clock.advance(hours=25)
        key = keys[number % 3]
        wrong += world.ask(phone, ops[number % 3], right=False, key=key).status is Status.PIN_WRONG

    assert wrong == 9
    assert world.row(phone).state is DeviceState.LOCKED


def test_55_unlocked_device_must_refresh_first(world: World, phone: FakePhone) -> None:
    world.edit(phone, state=DeviceState.LOCKED, attempts_left=9, lifetime_left=41, recovery=Recovery.REFRESH)

    assert world.ask(phone).status is Status.LOCKED
    refreshed = world.ask(phone, Op.REFRESH)
    phone.key.blobs.append((refreshed.body[:16], refreshed.body[16:]))
    assert world.ask(phone, Op.SIGN, blob=0).status is Status.LOCKED
    assert world.ask(phone, Op.CONFIRM).status is Status.OK
    assert world.ask(phone).status is Status.OK
    assert world.row(phone).lifetime_left == 41


def test_55_unlocked_device_adopts_after_a_restore_and_still_must_refresh(world: World, phone: FakePhone) -> None:
    world.edit(phone, state=DeviceState.LOCKED, attempts_left=9, lifetime_left=41, recovery=Recovery.REFRESH)
    world.token.raise_restore_epoch()

    assert world.ask(phone, Op.REFRESH).status is Status.RESYNC
    adopted = world.ask(phone, Op.ADOPT)
    assert adopted.status is Status.OK
    phone.record.restore_epoch = adopted.restore_epoch
    assert world.row(phone).state is DeviceState.LOCKED
    assert world.ask(phone).status is Status.LOCKED
    refreshed = world.ask(phone, Op.REFRESH)
    phone.key.blobs.append((refreshed.body[:16], refreshed.body[16:]))
    assert world.ask(phone, Op.CONFIRM).status is Status.OK
    assert world.ask(phone).status is Status.OK


def test_a_locked_device_does_not_adopt_without_reidentification(world: World, phone: FakePhone) -> None:
    world.edit(phone, state=DeviceState.LOCKED, attempts_left=0)
    world.token.raise_restore_epoch()

    assert world.ask(phone, Op.ADOPT).status is Status.LOCKED
    assert not world.evaluator.evaluated


@pytest.mark.parametrize("refusal", [Status.POLICY, Status.UNKNOWN_SHARE, Status.UNAVAILABLE])
def test_56_refusal_before_evaluation_costs_nothing(world: World, phone: FakePhone, refusal: Status) -> None:
    before = world.row(phone)
    prepared = replace(world.prepare(world.request(phone)), refusal=refusal)

    (released,) = world.runner.run([prepared])

    assert released.status is refusal
    assert world.row(phone) == before
    assert not world.evaluator.evaluated


def test_56_a_refused_repeat_is_stale_all_the_same(world: World, phone: FakePhone) -> None:
    request = world.request(phone)
    world.serve(request)

    prepared = replace(world.prepare(replace(request, once=type(request.once)())), refusal=Status.POLICY)

    assert world.runner.run([prepared])[0].status is Status.STALE


def test_71_decryption_quota_is_summed_over_devices(world: World) -> None:
    pk = b"\2" + bytes(32)
    first, second = (world.add_phone(name, purpose=2, pk=pk) for name in ("dev_a", "dev_b"))
    assert isinstance(world.store, MemoryBacking)
    world.store.tables.decryptions[pk] = DECRYPTION_QUOTA - 300

    assert world.ask(first, Op.DECRYPT, count=256).status is Status.OK
    assert world.ask(second, Op.DECRYPT, count=45).status is Status.QUOTA
    assert world.ask(second, Op.DECRYPT, count=44).status is Status.OK
    assert world.ask(first, Op.DECRYPT, count=1).status is Status.QUOTA
    assert world.store.tables.decryptions[pk] == DECRYPTION_QUOTA


def test_a_key_that_is_not_active_decrypts_eight_times(world: World) -> None:
    phone = world.add_phone(purpose=2)
    world.store.set_key_state(phone.key.key_id, KeyState.INACTIVE)

    statuses = [world.ask(phone, Op.DECRYPT).status for _ in range(10)]

    assert statuses == [Status.OK] * 8 + [Status.POLICY] * 2
    assert len(world.evaluator.evaluated) == 8
    world.store.set_key_state(phone.key.key_id, KeyState.ACTIVE)
    assert world.ask(phone, Op.DECRYPT).status is Status.OK


def test_71_quota_holds_within_one_batch(world: World) -> None:
    pk = b"\2" + bytes(32)
    phones = [world.add_phone(name, purpose=2, pk=pk) for name in ("dev_a", "dev_b")]
    assert isinstance(world.store, MemoryBacking)
    world.store.tables.decryptions[pk] = DECRYPTION_QUOTA - 10

    released = world.serve(*(world.request(phone, Op.DECRYPT, count=6) for phone in phones))

    assert sorted(one.status for one in released) == [Status.OK, Status.QUOTA]


def test_seal7_an_altered_row_freezes_the_device_and_keeps_the_evidence(world: World, phone: FakePhone) -> None:
    stored = world.store.stored_device(phone.device_id)
    assert stored is not None
    world.store.put_device(StoredDevice(replace(stored.row, attempts_left=8), stored.mac))

    (released,) = world.serve(world.request(phone))

    assert released.status is Status.FROZEN
    assert [event.kind for event in released.events] == [EventKind.ROW_CORRUPTED]
    assert not world.evaluator.evaluated
    row = world.row(phone)
    assert (row.state, row.attempts_left) == (DeviceState.FROZEN, 8)


@pytest.mark.parametrize("columns", [{"attempts_left": -1}, {"ctr": "many"}, {"tau_next": None}, {"row_ver": 2**70}])
def test_a_row_that_no_row_can_be_disturbs_nobody_else(world: World, columns: dict[str, object]) -> None:
    broken, healthy = world.add_phone("dev_a"), world.add_phone("dev_b")
    requests = [world.request(broken), world.request(healthy)]
    stored = world.store.stored_device("dev_a")
    assert stored is not None
    world.store.put_device(StoredDevice(replace(stored.row, **columns), stored.mac))  # type: ignore[arg-type]

    released = world.serve(*requests)

    assert [one.status for one in released] == [Status.FROZEN, Status.OK]


def test_another_users_header_is_refused(world: World, phone: FakePhone) -> None:
    request = world.request(phone, user_id="usr_other")

    assert world.serve(request)[0].status is Status.POLICY


def test_rejected_requests_leave_device_reason_and_time_only(world: World, phone: FakePhone) -> None:
    world.edit(phone, state=DeviceState.LOCKED)
    world.ask(phone)

    assert isinstance(world.store, MemoryBacking)
    (audit,) = world.store.tables.audit
    assert (audit.kind, audit.outcome, audit.device_id) == (AuditKind.REJECTED, "LOCKED", phone.device_id)
    assert audit.request is None
    assert not audit.key_id


def test_50_right_and_wrong_answers_have_the_same_size_and_fields(world: World, phone: FakePhone) -> None:
    right = world.serve(world.request(phone))[0].answer
    wrong = world.serve(world.request(phone, right=False))[0].answer

    assert len(right) == len(wrong)
    allowed = {"status", "body", "attempts_left", "retry_after_s", "ctr", "tau", "durable", "pending_expires_ms"}
    left, other = vars(decode_frame(right)), vars(decode_frame(wrong))
    assert {name for name in left if left[name] != other[name]} <= allowed
