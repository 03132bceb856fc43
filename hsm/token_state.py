"""`token.json` of a software token: which versions exist, which is current, and the restore epoch (RS-2)."""

import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hsm.ports import TokenInsecure, TokenKeyDamaged, TokenKeyMissing, TokenUnavailable

STATE_FILE: Final = "token.json"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class TokenState:
    """Content of the file."""

    current: int
    check_values: Mapping[int, bytes]
    """Readable KEK versions and their 3-byte check values."""
    restore_epoch: int
    destroying: tuple[int, ...] = ()
    """Versions whose file may still have to be removed: a crash came between decision and removal."""


def read_state(folder: Path) -> TokenState:
    """Reads and checks the state file.

    Raises:
        TokenKeyMissing: There is none.
        TokenInsecure: Somebody else may read it.
        TokenKeyDamaged: It does not have the expected form.
        TokenUnavailable: It cannot be read.
    """
    try:
        fd = open_private(folder / STATE_FILE)
        with os.fdopen(fd, "rb") as file:
            raw = json.load(file)
        if raw["format"] != _FORMAT:
            raise ValueError("unknown format")
        checks = {int(version): bytes.fromhex(value) for version, value in raw["check_values"].items()}
        destroying = tuple(int(version) for version in raw["destroying"])
        state = TokenState(int(raw["current"]), checks, int(raw["restore_epoch"]), destroying)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise TokenKeyDamaged(f"{folder / STATE_FILE} does not have the expected form") from fault
    if state.current not in state.check_values:
        raise TokenKeyDamaged(f"{folder / STATE_FILE} names no key for its current version {state.current}")
    return state


def write_state(folder: Path, state: TokenState) -> None:
    """Replaces the state file in one step; it is on disk when this returns.

    Raises:
        TokenUnavailable: It could not be written; the old content stands.
    """
    text = json.dumps(
        {
            "format": _FORMAT,
            "current": state.current,
            "check_values": {str(version): value.hex() for version, value in sorted(state.check_values.items())},
            "restore_epoch": state.restore_epoch,
            "destroying": list(state.destroying),
        },
        indent=2,
    )
    fresh = folder / f"{STATE_FILE}.{secrets.token_hex(8)}"
    try:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / STATE_FILE)
        sync_folder(folder)
    except OSError as fault:
        fresh.unlink(missing_ok=True)
        raise TokenUnavailable(f"cannot write {folder / STATE_FILE}: {fault.strerror}") from fault


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keeps other processes from opening or changing the token, so that none acts on a state that was replaced.

    Raises:
        TokenUnavailable: The folder cannot be locked.
    """
    try:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as fault:
        raise TokenUnavailable(f"cannot open {folder}: {fault.strerror}") from fault
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def open_private(path: Path) -> int:
    """Opens a file for reading and returns its descriptor.

    Raises:
        TokenKeyMissing: No such file.
        TokenInsecure: A link, another owner, or readable or writable by others.
        TokenUnavailable: Cannot be opened.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise TokenKeyMissing(f"{path} is missing") from None
    except OSError as fault:
        if path.is_symlink():
            raise TokenInsecure(f"{path} is a link") from fault
        raise TokenUnavailable(f"cannot open {path}: {fault.strerror}") from fault
    try:
        check_private(path, os.fstat(fd))
    except TokenInsecure:
        os.close(fd)
        raise
    return fd


def check_folder(folder: Path) -> None:
    """Raises TokenInsecure unless the folder is ours alone, TokenKeyMissing if there is none."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        raise TokenKeyMissing(f"{folder} is missing") from None
    except OSError as fault:
        raise TokenUnavailable(f"cannot look at {folder}: {fault.strerror}") from fault
    if not stat.S_ISDIR(status.st_mode):
        raise TokenInsecure(f"{folder} is not a folder")
    check_private(folder, status)


def check_private(path: Path, status: os.stat_result) -> None:
    """Raises TokenInsecure if anybody but the owner, or another owner, may use the file."""
    if status.st_uid != os.geteuid():
        raise TokenInsecure(f"{path} belongs to another user")
    if status.st_mode & 0o077:
        raise TokenInsecure(f"{path} may be used by others: mode {stat.S_IMODE(status.st_mode):04o}")


def sync_folder(folder: Path) -> None:
    """Makes new names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
