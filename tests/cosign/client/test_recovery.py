"""`Phone.recover`: the way back of a LOCKED or FROZEN phone whose user was identified again (RF-9, CLONE-8)."""

from dataclasses import replace

import pytest

from cosign.client.phone import KeyView, Phone
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import Frozen, KeyLocked, PinIncorrect
from keyshare.counters import DAY_MS, reidentified
from keyshare.device_row import DeviceState
from keyshare.outcomes import next_version
from protocol.codes import Purpose, SyncCase
from tests.cosign.client.conftest import PIN
from tests.cosign.client.fake_server import FakeServer, lose

WRONG_PIN = "802417"


@pytest.fixture
def key(phone: Phone) -> KeyView:
    return phone.keygen(Purpose.SIGN, PIN)


def lock(phone: Phone, key: KeyView, server: FakeServer) -> None:
    """Uses up all attempts, through both pauses."""
    for left in range(8, -1, -1):
        with pytest.raises(PinIncorrect) as refusal:
            phone.sign(key.key_id, [b"m"], WRONG_PIN)
        assert refusal.value.attempts_left == left
        server.clock.ms += refusal.value.retry_after_s * 1000
    assert server.row().state is DeviceState.LOCKED


def freeze(server: FakeServer) -> None:
    server.replace_row(replace(server.row(), state=DeviceState.FROZEN))


def reidentify(server: FakeServer) -> None:
    row = server.row()
    server.replace_row(next_version(row, reidentified(row)))


def test_a_locked_phone_comes_back_by_refresh(phone: Phone, key: KeyView, server: FakeServer) -> None:
    lock(phone, key, server)
    with pytest.raises(KeyLocked):
        phone.recover(key.key_id, PIN)
    reidentify(server)
    with pytest.raises(KeyLocked):
        phone.sign(key.key_id, [b"m"], PIN)

    phone.recover(key.key_id, PIN)

    assert server.methods()[-3:] == ["Sync", "Refresh", "Confirm"]
    phone.sign(key.key_id, [b"m"], PIN)
    assert (server.row().state, server.row().attempts_left, server.row().lifetime_left) == (DeviceState.ACTIVE, 9, 41)


def test_a_wrong_pin_is_charged_while_recovering(phone: Phone, key: KeyView, server: FakeServer) -> None:
    lock(phone, key, server)
    reidentify(server)
    with pytest.raises(PinIncorrect):
        phone.recover(key.key_id, WRONG_PIN)
    assert (server.row().attempts_left, server.row().lifetime_left) == (8, 40)
    phone.recover(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)


@pytest.mark.parametrize("lost", ["Refresh", "Confirm"])
def test_a_lost_answer_is_made_good_by_a_repeat(phone: Phone, key: KeyView, server: FakeServer, lost: str) -> None:
    lock(phone, key, server)
    reidentify(server)
    server.after = lose(lost)
    with pytest.raises(Unreachable):
        phone.recover(key.key_id, PIN)
    phone.recover(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)


def test_a_frozen_phone_comes_back_by_adopt(phone: Phone, key: KeyView, server: FakeServer) -> None:
    freeze(server)
    with pytest.raises(Frozen):
        phone.recover(key.key_id, PIN)
    reidentify(server)
    phone.recover(key.key_id, PIN)
    assert server.methods()[-4:] == ["Sync", "Adopt", "Refresh", "Confirm"]
    assert phone.sync() is SyncCase.A


def test_a_lost_answer_to_adopt_is_made_good(phone: Phone, key: KeyView, server: FakeServer) -> None:
    freeze(server)
    reidentify(server)
    server.after = lose("Adopt")
    with pytest.raises(Unreachable):
        phone.recover(key.key_id, PIN)
    phone.recover(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)


def test_a_frozen_phone_may_have_been_silent_for_days(phone: Phone, key: KeyView, server: FakeServer) -> None:
    freeze(server)
    reidentify(server)
    server.clock.ms += 3 * DAY_MS
    phone.adopt(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)


@pytest.mark.parametrize("direction", ["before", "after"])
def test_a_frozen_phone_may_have_an_unfinished_refresh(
    phone: Phone, key: KeyView, server: FakeServer, direction: str
) -> None:
    setattr(server, direction, lose("Confirm"))
    with pytest.raises(Unreachable):
        phone.refresh(key.key_id, PIN)
    freeze(server)
    reidentify(server)
    phone.recover(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)
    assert phone.sync() is SyncCase.A
