"""The OT set-up of an ECDSA share under the transaction rule: one transition table, destroyed in one commit (EC-6)."""

import pytest

from keyshare.batch_items import EventKind
from keyshare.errors import TransitionRefused
from keyshare.memory_store import MemoryStore
from keyshare.records import MAX_OT_SETUPS, OT_SETUPS_MS, OT_TRANSITIONS, OtState, next_ot_state
from protocol.codes import Op, OtChange, Status
from tests.keyshare.fakes import Frame
from tests.keyshare.world import FakePhone, World

P256 = "P256"


def state(world: World, phone: FakePhone) -> OtState:
    """As stored."""
    share_id = phone.key.blobs[-1][0]
    with world.store.begin() as tx:
        return tx.lock_shares([share_id])[share_id].ot_state


def sign(world: World, phone: FakePhone, **options: object) -> Frame:
    return world.ask(phone, Op.EC_SIGN, suite=P256, **options)


def set_up(world: World, phone: FakePhone, phase: int, ot: OtChange) -> Frame:
    return world.ask(phone, Op.OT_SETUP, suite=P256, phase=phase, ot=ot)


def test_a_new_ecdsa_key_is_ready_and_other_keys_have_no_set_up() -> None:
    world = World()
    assert state(world, world.add_phone("dev_a", suite=P256)) is OtState.READY
    assert state(world, world.add_phone("dev_b", suite=P256, purpose=2)) is OtState.NONE
    assert state(world, world.add_phone("dev_c")) is OtState.NONE


def test_row_79_a_failed_check_is_committed_with_its_outcome() -> None:
    """The PIN was right: nothing is charged, the token moves, the answer has no result, the next request is refused."""
    world = World()
    phone = world.add_phone(suite=P256)
    before = world.row(phone)
    request = world.request(phone, Op.EC_SIGN, suite=P256, ot=OtChange.DESTROYED)
    (released,) = world.serve(request)
    frame = world.receive(phone, request, released.answer)
    assert frame.status is Status.OT_DESTROYED
    assert frame.body == b""
    assert frame.tau == world.row(phone).tau_next != before.tau_next
    assert [event.kind for event in released.events] == [EventKind.OT_DESTROYED]
    assert released.stale_share
    assert state(world, phone) is OtState.DESTROYED
    assert world.row(phone).attempts_left == before.attempts_left

    evaluated = len(world.evaluator.evaluated)
    assert sign(world, phone).status is Status.OT_DESTROYED
    assert len(world.evaluator.evaluated) == evaluated, "EC-5: not evaluated"
    assert world.ask(phone, Op.ADOPT, suite=P256).status is Status.OK, "the key is otherwise fine"


def test_ec6_a_token_that_fails_does_not_save_the_set_up() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    share_id = phone.key.blobs[-1][0]
    before = world.store.find_share(share_id)
    prepared = world.prepare(world.request(phone, Op.EC_SIGN, suite=P256, ot=OtChange.DESTROYED))
    world.token.unavailable = True
    (released,) = world.runner.run([prepared])
    world.token.unavailable = False

    assert released.status is Status.OT_DESTROYED
    assert [event.kind for event in released.events] == [EventKind.OT_DESTROYED]
    assert state(world, phone) is OtState.DESTROYED
    after = world.store.find_share(share_id)
    assert before is not None
    assert after is not None
    assert (after.sealed, after.row_ver) == (before.sealed, before.row_ver + 1)


def test_a_token_that_fails_is_a_fault_of_any_other_change() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    prepared = world.prepare(world.request(phone, Op.OT_SETUP, suite=P256, phase=1, ot=OtChange.BEGUN))
    world.token.unavailable = True
    assert world.runner.run([prepared])[0].status is Status.UNAVAILABLE
    assert state(world, phone) is OtState.READY


def test_a_new_set_up_repairs_the_share() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    sign(world, phone, ot=OtChange.DESTROYED)
    assert set_up(world, phone, 1, OtChange.BEGUN).status is Status.OK
    assert state(world, phone) is OtState.NONE
    assert sign(world, phone).status is Status.OT_DESTROYED
    assert set_up(world, phone, 2, OtChange.READY).status is Status.OK
    assert state(world, phone) is OtState.READY
    assert sign(world, phone).status is Status.OK


def test_row_83_a_part_2_that_does_not_fit_leaves_no_set_up() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    set_up(world, phone, 1, OtChange.BEGUN)
    request = world.request(phone, Op.OT_SETUP, suite=P256, phase=2, ot=OtChange.FAILED)
    (released,) = world.serve(request)
    assert released.status is Status.OT_DESTROYED
    assert [event.kind for event in released.events] == [EventKind.OT_SETUP_FAILED]
    assert state(world, phone) is OtState.NONE


def test_a_wrong_pin_changes_no_set_up() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    assert sign(world, phone, right=False, ot=OtChange.DESTROYED).status is Status.PIN_WRONG
    assert state(world, phone) is OtState.READY


def test_nothing_is_destroyed_without_its_commit() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    assert isinstance(world.store, MemoryStore)
    world.store.fail_at = "commit"
    assert sign(world, phone, ot=OtChange.DESTROYED).status is Status.UNAVAILABLE
    assert state(world, phone) is OtState.READY


def test_row_80_parallel_cheating_requests_are_evaluated_once() -> None:
    """128 requests made at once: the first destroys the set-up, the others are refused unevaluated."""
    world = World()
    phone = world.add_phone(suite=P256)
    requests = [world.request(phone, Op.EC_SIGN, suite=P256, ot=OtChange.DESTROYED, open_reqs=[]) for _ in range(64)]
    statuses = [world.serve(request)[0].status for request in requests]
    assert statuses[0] is Status.OT_DESTROYED
    assert len(world.evaluator.evaluated) == 1
    assert set(statuses[1:]) <= {Status.OT_DESTROYED, Status.FROZEN}


def test_a_key_begins_ten_set_ups_per_day() -> None:
    world = World()
    phone = world.add_phone(suite=P256)
    for _ in range(MAX_OT_SETUPS):
        assert set_up(world, phone, 1, OtChange.BEGUN).status is Status.OK
    assert set_up(world, phone, 1, OtChange.BEGUN).status is Status.QUOTA
    assert world.ask(phone, Op.REFRESH, suite=P256).status is Status.QUOTA
    assert set_up(world, phone, 2, OtChange.READY).status is Status.OK, "the last one may end"
    world.clock.ms += OT_SETUPS_MS
    assert set_up(world, phone, 1, OtChange.BEGUN).status is Status.OK


@pytest.mark.parametrize("change", [change for change in OtChange if change is not OtChange.UNCHANGED])
@pytest.mark.parametrize("before", list(OtState))
def test_only_the_table_moves_the_state(before: OtState, change: OtChange) -> None:
    after = OT_TRANSITIONS[change].get(before)
    if after is None:
        with pytest.raises(TransitionRefused):
            next_ot_state(before, change)
    else:
        assert next_ot_state(before, change) is after
