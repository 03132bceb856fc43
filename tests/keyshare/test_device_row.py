"""SEAL-7: every column is under the MAC, and the encoding is unambiguous."""

from dataclasses import fields, replace

import pytest

from keyshare.device_row import DeviceRow, DeviceState, Recovery, StoredDevice, corrupted, encode_row, new_device
from tests.keyshare.fakes import fake_row_mac

ROW = new_device(device_id="dev_a", user_id="usr_a", tau_next=b"t" * 16, restore_epoch=0, attempts=9, lifetime=50)
OTHER = {"state": DeviceState.LOCKED, "recovery": Recovery.REFRESH}


def _changed(name: str) -> DeviceRow:
    value = getattr(ROW, name)
    if name in OTHER:
        return replace(ROW, **{name: OTHER[name]})  # type: ignore[arg-type]
    if isinstance(value, int):
        return replace(ROW, **{name: value + 1})  # type: ignore[arg-type]
    return replace(ROW, **{name: value + "b" if isinstance(value, str) else b"x" * 16})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in fields(DeviceRow)])
def test_a_change_of_any_column_is_noticed(name: str) -> None:
    mac = fake_row_mac([encode_row(ROW)])[0]

    assert corrupted([StoredDevice(_changed(name), mac)], fake_row_mac)
    assert not corrupted([StoredDevice(ROW, mac)], fake_row_mac)


def test_text_cannot_move_between_columns() -> None:
    assert encode_row(ROW) != encode_row(replace(ROW, device_id="dev_au", user_id="sr_a"))


def test_only_the_altered_rows_are_named() -> None:
    rows = [replace(ROW, device_id=f"dev_{number}") for number in range(5)]
    macs = fake_row_mac([encode_row(row) for row in rows])
    stored = [StoredDevice(row, mac) for row, mac in zip(rows, macs, strict=True)]
    stored[2] = replace(stored[2], mac=bytes(32))
    stored[3] = replace(stored[3], row=replace(rows[3], attempts_left=-1))

    assert corrupted(stored, fake_row_mac) == {"dev_2", "dev_3"}
