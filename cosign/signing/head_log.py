"""RS-3: the head log in a file beside the token, outside of the database.

One JSON object per line, appended and synchronised before and after the commit it tells of. A torn last line is the
trace of a crash and is ignored; anything else that cannot be read stops the start.
"""

import errno
import fcntl
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cosign.errors import SelfTestFailed
from hsm.ports import TokenUnavailable
from keyshare.heads import Head, HeadEntry, HeadEvent, replay

FILE_NAME: Final = "heads.log"
IDENTITY_NAME: Final = "heads.id"


class FileHeadLog:
    """Implements `cosign.signing.ports.HeadRecord` for the processes of one machine. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the token's."""
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        """See the port."""
        self._append(HeadEntry(HeadEvent.ANNOUNCE, key_id, device_id, share_id, previous))

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        """See the port. Need not be on disk at once: an open announcement is settled at the next start."""
        self._append(HeadEntry(HeadEvent.SETTLE, key_id, device_id, share_id), sync=False)

    def ended(self, key_id: str, device_id: str) -> None:
        """See the port."""
        self._append(HeadEntry(HeadEvent.ENDED, key_id, device_id))

    def heads(self) -> dict[tuple[str, str], Head]:
        """State of the log.

        Raises:
            SelfTestFailed: A line in the middle cannot be read.
        """
        return replay(self._entries())

    def unsettled(self) -> dict[tuple[str, str], Head]:
        """See the port."""
        return {place: head for place, head in self.heads().items() if head.announced}

    @property
    def identity(self) -> bytes:
        """See the port; in a file beside the log."""
        path = self._path.with_name(IDENTITY_NAME)
        try:
            if not path.exists():
                temporary = path.with_suffix(f".{secrets.token_hex(4)}")
                temporary.write_bytes(secrets.token_bytes(16))
                with suppress(FileExistsError):
                    os.link(temporary, path)
                temporary.unlink()
            return path.read_bytes()
        except OSError as fault:
            raise TokenUnavailable(f"cannot use {path}: {fault.strerror}") from fault

    def _append(self, entry: HeadEntry, *, sync: bool = True) -> None:
        line = json.dumps(
            {
                "event": entry.event.value,
                "key": entry.key_id,
                "device": entry.device_id,
                "share": entry.share_id.hex(),
                "previous": entry.previous.hex(),
            }
        )
        try:
            with self._lock:
                fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX)
                    _append_line(fd, line.encode() + b"\n")
                    if sync:
                        os.fsync(fd)
                finally:
                    os.close(fd)
        except OSError as fault:
            raise TokenUnavailable(f"cannot write {self._path}: {fault.strerror}") from fault

    def _entries(self) -> Iterator[HeadEntry]:
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as fault:
            raise TokenUnavailable(f"cannot read {self._path}: {fault.strerror}") from fault
        for number, line in enumerate(lines[:-1], start=1):  # what follows the last line end is empty or torn
            try:
                raw = json.loads(line)
                yield HeadEntry(
                    HeadEvent(raw["event"]),
                    raw["key"],
                    raw["device"],
                    bytes.fromhex(raw["share"]),
                    bytes.fromhex(raw["previous"]),
                )
            except (ValueError, KeyError, TypeError) as fault:
                raise SelfTestFailed(f"{self._path}, line {number}, cannot be read") from fault


def _append_line(fd: int, line: bytes) -> None:
    """Appends a whole line or nothing; removes what a crash left of a line before."""
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) != b"\n":
        size = os.pread(fd, size, 0).rfind(b"\n") + 1
        os.ftruncate(fd, size)
    if os.write(fd, line) != len(line):
        os.ftruncate(fd, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
