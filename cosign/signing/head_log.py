"""RS-3: the head log in a file beside the token, outside of the database.

One JSON object per line, appended and synchronised before and after the commit it tells of. A torn last line is the
trace of a crash and is ignored; anything else that cannot be read stops the start.
"""

import errno
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cosign.errors import SelfTestFailed
from hsm.ports import TokenUnavailable
from keyshare.heads import Head, HeadEntry, HeadEvent, replay

FILE_NAME: Final = "heads.log"


class FileHeadLog:
    """Implements `keyshare.ports.HeadLog`. Thread-safe within one process."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the token's."""
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        """See the port."""
        self._append(HeadEntry(HeadEvent.ANNOUNCE, key_id, device_id, share_id, previous))

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        """See the port. Need not be on disk at once: an open announcement is resolved by `resolve`."""
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

    def resolve(self, current: dict[tuple[str, str], bytes]) -> int:
        """After an ordinary crash: settles announcements whose commit happened, by the shares of the database.

        Never after a restore: then the database is the one that may be wrong. Returns how many were settled.
        """
        open_heads = [(place, head) for place, head in self.heads().items() if head.announced]
        for place, head in open_heads:
            share_id = current.get(place)
            if share_id in (head.announced, head.share_id) and share_id:
                self._append(HeadEntry(HeadEvent.SETTLE, *place, share_id))
        return len(open_heads)

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
