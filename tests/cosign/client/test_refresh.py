"""Refresh and PIN change: the crash table of section 4.2, message by message and write by write."""

import contextlib
from pathlib import Path

import pytest

from cosign.client.phone import Phone, UnfinishedChange
from cosign.client.phone.errors import ChangeDone, ChangeUndone, PinUnsuitable, Unreachable
from cosign.client.phone.refusals import PinIncorrect
from keyshare.records import PENDING_SHARE_MS, ShareState
from protocol.codes import Purpose, Status
from tests.cosign.client.conftest import CHEAP, PIN, OpenPhone
from tests.cosign.client.crash import Died, DyingHome
from tests.cosign.client.fake_server import FakeServer, lose

NEW = "583920"


def use_as_told(phone: Phone, key_id: str) -> str:
    """Signs with the PIN the phone asks for; tells which one served."""
    told = phone.key(key_id).unfinished
    pin = {UnfinishedChange.NEW_PIN: NEW, UnfinishedChange.OLD_PIN: PIN}.get(told)
    if pin is None:
        pin = NEW if phone._engine.home.state.keys[key_id].active.pin_number > 1 else PIN
    try:
        phone.sign(key_id, [b"m"], pin)
    except ChangeUndone:
        pin = PIN
        phone.sign(key_id, [b"m"], pin)
    except ChangeDone:
        pin = NEW
        phone.sign(key_id, [b"m"], pin)
    return pin


def assert_unharmed(server: FakeServer) -> None:
    """No right PIN was charged, nobody was frozen."""
    assert not {Status.PIN_WRONG, Status.FROZEN} & set(server.statuses)
    assert server.row().attempts_left == 9


def test_a_pin_change_keeps_the_public_key_and_retires_the_old_share(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    phone.change_pin(PIN, NEW)
    assert phone.key(key.key_id).public_key == key.public_key
    phone.sign(key.key_id, [b"m"], NEW)
    states = sorted(row.state for row in server.store.tables.shares.values())
    assert states == [ShareState.CURRENT, ShareState.RETIRED]
    with pytest.raises(PinIncorrect) as refused:
        phone.sign(key.key_id, [b"m"], PIN)
    assert refused.value.attempts_left == 8


@pytest.mark.parametrize("pin", ["12345", "123456", "111111", "x" * 65])
def test_an_unsuitable_new_pin_changes_nothing(phone: Phone, server: FakeServer, pin: str) -> None:
    phone.keygen(Purpose.SIGN, PIN)
    before = len(server.log)
    with pytest.raises(PinUnsuitable):
        phone.change_pin(PIN, pin)
    assert len(server.log) == before


def test_a_wrong_old_pin_is_counted_and_changes_nothing(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    with pytest.raises(PinIncorrect):
        phone.change_pin("802417", NEW)
    phone.sign(key.key_id, [b"m"], PIN)
    phone.change_pin(PIN, NEW)
    phone.sign(key.key_id, [b"m"], NEW)


@pytest.mark.parametrize(
    ("direction", "method", "served"),
    [("before", "Refresh", PIN), ("after", "Refresh", PIN), ("before", "Confirm", NEW), ("after", "Confirm", NEW)],
)
def test_a_lost_message_leaves_one_working_pin(
    phone: Phone, server: FakeServer, direction: str, method: str, served: str
) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    setattr(server, direction, lose(method))
    with pytest.raises(Unreachable):
        phone.change_pin(PIN, NEW)
    assert phone.key(key.key_id).unfinished is not UnfinishedChange.NONE
    assert use_as_told(phone, key.key_id) == served
    phone.change_pin(*((PIN, NEW) if served == PIN else (NEW, "604731")))
    assert phone.key(key.key_id).unfinished is UnfinishedChange.NONE
    assert_unharmed(server)


@pytest.mark.parametrize("direction", ["before", "after"])
@pytest.mark.parametrize("method", ["Refresh", "Confirm"])
def test_repeating_the_change_finishes_it(phone: Phone, server: FakeServer, direction: str, method: str) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    setattr(server, direction, lose(method))
    with pytest.raises(Unreachable):
        phone.change_pin(PIN, NEW)
    phone.change_pin(PIN, NEW)
    phone.sign(key.key_id, [b"m"], NEW)
    assert_unharmed(server)


def test_a_pending_share_that_expired_sends_the_user_back_to_the_old_pin(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.before = lose("Confirm")
    with pytest.raises(Unreachable):
        phone.change_pin(PIN, NEW)
    server.clock.ms += PENDING_SHARE_MS
    with pytest.raises(ChangeUndone):
        phone.sign(key.key_id, [b"m"], NEW)
    assert phone.key(key.key_id).unfinished is UnfinishedChange.OLD_PIN
    phone.sign(key.key_id, [b"m"], PIN)
    assert len(phone._engine.home.state.keys[key.key_id].slots()) == 1
    assert_unharmed(server)


def test_after_a_wrong_pin_the_other_blob_is_not_tried(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.before = lose("Confirm")
    with pytest.raises(Unreachable):
        phone.change_pin(PIN, NEW)
    before = len(server.log)
    with pytest.raises(PinIncorrect):
        phone.sign(key.key_id, [b"m"], PIN)
    assert server.methods()[before:] == ["Confirm"]


def test_the_old_blob_stays_until_an_answer_is_durable(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.durability.covered = False
    phone.change_pin(PIN, NEW)
    phone.sign(key.key_id, [b"m"], NEW)
    slots = phone._engine.home.state.keys[key.key_id].slots
    assert len(slots()) == 2
    server.durability.covered = True
    phone.sign(key.key_id, [b"m"], NEW)
    assert len(slots()) == 1


def test_a_refresh_renews_the_share_under_the_same_pin(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.DECRYPT, PIN)
    before = set(server.store.tables.shares)
    for lost in ("Confirm", "Refresh"):
        server.after = lose(lost)
        with pytest.raises(Unreachable):
            phone.refresh(key.key_id, PIN)
        phone.refresh(key.key_id, PIN)
    current = {row.share_id for row in server.store.tables.shares.values() if row.state is ShareState.CURRENT}
    assert not current & before
    assert_unharmed(server)


def test_several_keys_are_changed_together_also_after_an_interruption(phone: Phone, server: FakeServer) -> None:
    keys = [phone.keygen(purpose, PIN) for purpose in (Purpose.SIGN, Purpose.DECRYPT, Purpose.SIGN)]
    lost = iter([None, Unreachable("lost")])

    def second_refresh(method: str) -> None:
        fault = next(lost, None) if method == "Refresh" else None
        if fault:
            raise fault

    server.before = second_refresh
    with pytest.raises(Unreachable):
        phone.change_pin(PIN, NEW)
    old, none = UnfinishedChange.OLD_PIN, UnfinishedChange.NONE
    assert [key.unfinished for key in phone.status().keys] == [none, old, old]
    with pytest.raises(ChangeDone):
        phone.change_pin(PIN, NEW, key_ids=[keys[0].key_id])
    phone.change_pin(PIN, NEW, key_ids=[key.key_id for key in keys[1:]])
    assert [key.unfinished for key in phone.status().keys] == [none, none, none]
    phone.sign(keys[2].key_id, [b"m"], NEW)
    phone.change_pin(NEW, PIN)
    phone.sign(keys[0].key_id, [b"m"], PIN)
    assert_unharmed(server)


def _count_steps(folder: Path, server: FakeServer) -> int:
    home = DyingHome(folder, "test:1")
    with Phone(home, server, kdf=CHEAP, clock=server.clock) as phone:
        before = home.steps
        phone.change_pin(PIN, NEW)
        return home.steps - before


def _prepare(folder: Path, open_phone: OpenPhone) -> str:
    with open_phone(folder) as phone:
        phone.enrol(code=folder.name, display_name="n")
        return phone.keygen(Purpose.SIGN, PIN).key_id


@pytest.mark.parametrize("repeat", [True, False], ids=["change again", "sign"])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_death_at_every_durable_step_leaves_a_working_key(
    tmp_path: Path, server: FakeServer, open_phone: OpenPhone, after: bool, repeat: bool
) -> None:
    _prepare(tmp_path / "measure", open_phone)
    steps = _count_steps(tmp_path / "measure", server)
    assert steps >= 6
    for step in range(steps):
        server.store.tables.devices.clear()
        folder = tmp_path / f"death-{step}"
        key_id = _prepare(folder, open_phone)
        server.statuses.clear()
        with (
            Phone(DyingHome(folder, "test:1", at=step, after=after), server, kdf=CHEAP, clock=server.clock) as phone,
            pytest.raises(Died),
        ):
            phone.change_pin(PIN, NEW)
        with open_phone(folder) as phone:
            ended = (
                phone._engine.home.state.changing == {} and phone._engine.home.state.keys[key_id].active.pin_number == 2
            )
            if repeat and not ended:
                with contextlib.suppress(ChangeDone):
                    phone.change_pin(PIN, NEW)
                phone.sign(key_id, [b"m"], NEW)
            else:
                use_as_told(phone, key_id)
            assert_unharmed(server)
