"""Where a PIN comes from. What is read stays in the core, so the tests see only that something was read."""

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hsm.pkcs11 import TokenUri
from hsm.pkcs11.pin_source import PinSource
from hsm.ports import TokenInsecure, TokenRefused
from protocol.pkcs11 import Pin
from tests.hsm.softhsm import pin

BASE = "pkcs11:token=t;object=kek?module-path=/usr/lib/libx.so"


def source(pin_source: str = "") -> PinSource:
    text = f"{BASE}&pin-source={pin_source}" if pin_source else BASE
    return PinSource(TokenUri.parse(text), Pin)


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    path.write_text("1234567\n")
    path.chmod(0o600)
    pins = source(f"file:{path}")

    first = pins.get()
    assert pins.get() is first
    path.write_text("another PIN")
    assert pins.changed()
    assert pins.get() is not first
    assert not pins.changed()


def test_a_descriptor_is_read_once() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"1234567\n")
    os.close(writer)
    try:
        pins = source(f"fd:{reader}")
        assert pins.get() is pins.get()
    finally:
        os.close(reader)


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 256])
def test_an_empty_or_overlong_pin_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pin"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(TokenRefused, match=str(path)):
        source(f"file:{path}").get()


def test_missing_open_and_unnamed_sources_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    with pytest.raises(TokenRefused, match="cannot read"):
        source(f"file:{path}").get()
    path.write_text("1234567")
    path.chmod(0o604)
    with pytest.raises(TokenInsecure):
        source(f"file:{path}").get()
    with pytest.raises(TokenRefused, match="nobody to ask"):
        source().get()


def test_parts_of_two_operators_are_joined() -> None:
    assert isinstance(pin("first part").join(pin("second part")), Pin)
    for one, other in (("short", "long enough"), ("long enough", "short"), ("x" * 200, "y" * 100)):
        with pytest.raises(OSError, match="part"):
            pin(one).join(pin(other))


def test_the_terminal_does_not_echo() -> None:
    """In a process of its own, whose terminal is ours to read."""
    controller, terminal = pty.openpty()
    code = (
        "import os; from protocol.pkcs11 import Pin; from hsm.pkcs11.pin_source import ask_on_terminal;"
        "os.close(os.open(os.ttyname(0), os.O_RDWR)); ask_on_terminal('PIN', Pin); print('read')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=terminal, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    os.close(terminal)
    shown = b""
    while b"PIN: " not in shown:
        shown += os.read(controller, 100)
    os.write(controller, b"4711-4711\n")
    out, _ = process.communicate(timeout=30)
    os.set_blocking(controller, False)
    with contextlib.suppress(OSError):
        shown += os.read(controller, 100)
    os.close(controller)
    assert out == "read\n"
    assert b"4711" not in shown
