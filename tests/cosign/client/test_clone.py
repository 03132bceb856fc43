"""Copied phones (CLONE-X), restored servers (RS-4), and phones that must not be frozen."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cosign.client.phone import Phone
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import Frozen, ResyncNeeded
from keyshare.device_row import DeviceState, Recovery
from protocol.codes import Purpose, Status, SyncCase
from tests.cosign.client.conftest import PIN, OpenPhone
from tests.cosign.client.fake_server import FakeServer, lose


@pytest.fixture
def homes(tmp_path: Path, open_phone: OpenPhone) -> tuple[Path, Path]:
    """A home with one key, and a copy of it."""
    with open_phone(tmp_path / "home") as phone:
        phone.enrol(code="C", display_name="n")
        phone.keygen(Purpose.SIGN, PIN)
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    return tmp_path / "home", tmp_path / "copy"


def _sign(phone: Phone) -> None:
    phone.sign(phone.only_key().key_id, [b"m"], PIN)


CONTACTS: dict[str, Callable[[Phone], object]] = {
    "sign": _sign,
    "sync": lambda phone: phone.sync(),
    "wrong pin": lambda phone: phone.sign(phone.only_key().key_id, [b"m"], "802417"),
}


@pytest.mark.parametrize("owner_first", [True, False])
@pytest.mark.parametrize("second", CONTACTS)
def test_the_second_user_of_a_state_is_frozen_at_first_contact(
    homes: tuple[Path, Path], open_phone: OpenPhone, owner_first: bool, second: str
) -> None:
    first, other = homes if owner_first else homes[::-1]
    with open_phone(first) as phone:
        _sign(phone)
    with open_phone(other) as phone, pytest.raises(Frozen):
        CONTACTS[second](phone)
    with open_phone(first) as phone, pytest.raises(Frozen):
        _sign(phone)


def test_heartbeats_of_both_copies_freeze_nobody(homes: tuple[Path, Path], open_phone: OpenPhone) -> None:
    for folder in homes:
        with open_phone(folder) as phone:
            assert phone.sync() is SyncCase.A


def test_a_copy_cannot_excuse_itself_with_a_lost_answer(
    homes: tuple[Path, Path], server: FakeServer, open_phone: OpenPhone
) -> None:
    with open_phone(homes[0]) as phone:
        _sign(phone)
    server.before = lose("Sign")
    with open_phone(homes[1]) as phone:
        with pytest.raises(Unreachable):
            _sign(phone)
        with pytest.raises(Frozen):
            _sign(phone)


def test_after_a_restore_the_phone_is_adopted_with_its_pin(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    backup = server.store.tables.copy()
    phone.sign(key.key_id, [b"m"], PIN)
    server.store.tables = backup
    server.token.raise_restore_epoch()
    with pytest.raises(ResyncNeeded):
        phone.sync()
    phone.sign(key.key_id, [b"m"], PIN)
    assert server.methods()[-3:] == ["Sign", "Adopt", "Sign"]
    assert phone.sync() is SyncCase.A


def test_a_lost_adoption_is_repeated(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.token.raise_restore_epoch()
    server.after = lose("Adopt")
    with pytest.raises(Unreachable):
        phone.sign(key.key_id, [b"m"], PIN)
    phone.sign(key.key_id, [b"m"], PIN)
    phone.sign(key.key_id, [b"m"], PIN)
    assert Status.FROZEN not in server.statuses


def test_a_phone_without_keys_takes_the_epoch_over(phone: Phone, server: FakeServer) -> None:
    server.token.raise_restore_epoch()
    server.clock.ms += 3_600_000
    phone.keygen(Purpose.SIGN, PIN)


def test_a_frozen_phone_is_adopted_after_its_user_was_identified(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    server.replace_row(replace(server.row(), state=DeviceState.FROZEN))
    with pytest.raises(Frozen):
        phone.adopt(key.key_id, PIN)
    server.replace_row(replace(server.row(), recovery=Recovery.ADOPT))
    phone.adopt(key.key_id, PIN)
    phone.sign(key.key_id, [b"m"], PIN)


def test_after_a_restore_only_one_of_two_copies_is_adopted(
    homes: tuple[Path, Path], server: FakeServer, open_phone: OpenPhone
) -> None:
    server.token.raise_restore_epoch()
    with open_phone(homes[0]) as phone:
        _sign(phone)
    with open_phone(homes[1]) as phone, pytest.raises(Frozen):
        _sign(phone)
