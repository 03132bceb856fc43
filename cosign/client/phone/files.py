"""Files of a phone's home: private, written atomically, locked by one process."""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cosign.client.phone.errors import HomeBroken, HomeInUse

_PRIVATE_FOLDER: Final = 0o700
_PRIVATE_FILE: Final = 0o600


def make_private_folder(folder: Path) -> None:
    """Creates `folder` with mode 0700, or checks that an existing one is closed to others.

    Raises:
        HomeBroken: It cannot be created, belongs to somebody else or others may enter it.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError as error:
        raise HomeBroken(f"{folder}: {error.strerror}") from None
    if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
        raise HomeBroken(f"{folder} must belong to you and be closed to others; run: chmod 700 {folder}")


def write_durably(path: Path, content: bytes) -> None:
    """Replaces `path` in one step; when this returns the new content survives a crash.

    Raises:
        HomeBroken: The disk is full or refuses; the old content is untouched.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        with open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as fd:
            view = memoryview(content)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise HomeBroken(f"{path}: {error.strerror}") from None


def sync_folder(folder: Path) -> None:
    """Makes renames and removals in `folder` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def open_private(path: Path, flags: int) -> Iterator[int]:
    """Opens a file that only its owner may read and gives the descriptor; never follows a symbolic link.

    Raises:
        HomeBroken: An existing file is open to others.
        OSError: As `os.open`.
    """
    fd = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE_FILE)
    try:
        if stat.S_IMODE(os.fstat(fd).st_mode) & 0o077:
            raise HomeBroken(f"{path} is readable by others; run: chmod 600 {path}")
        yield fd
    finally:
        os.close(fd)


class HomeLock:
    """Keeps other processes away from one device record. Released by `release` or when the process ends."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock at once. Raises HomeInUse when another process, or another object here, holds it."""
        path = folder / "lock"
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _PRIVATE_FILE)
        except OSError as error:
            raise HomeBroken(f"{path}: {error.strerror}") from None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._fd, 32).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise HomeInUse(f"{folder} is locked by process {holder or 'unknown'}") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Lets the next process in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
