"""The audit heads in a file beside the database: enough for one machine.

It holds the newest head of each segment, one JSON object per line. It is made before the core, empty; from then on a
missing file is a fault, or deleting it would hide what it is to notice.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cosign.audit.model import Head
from cosign.errors import AuditBroken

HEADS_FILE: Final = "audit-heads.jsonl"


class HeadFile:
    """Implements `cosign.audit.ports.HeadStore` for the processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / HEADS_FILE

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    def begin(self) -> None:
        """Makes the file when there is none; for a service that has no core yet."""
        if not self.path.exists():
            self.write([])

    def exists(self) -> bool:
        """See the port."""
        return self.path.exists()

    def read(self) -> list[Head]:
        """All heads.

        Raises:
            AuditBroken: The file is missing or damaged.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise AuditBroken(
                f"{self.path} is missing: without it nobody notices a database that was cut; bring it back, or accept "
                "the database as it is by `cosignctl audit checkpoint --accept-missing-heads`"
            ) from None
        try:
            return [_head_of(json.loads(line)) for line in text.splitlines()]
        except (ValueError, KeyError, TypeError):
            raise AuditBroken(f"{self.path} is damaged") from None

    def merge(self, heads: Iterable[Head]) -> None:
        """See the port."""
        with self._locked():
            newest = {head.segment: head for head in self.read()}
            for head in heads:
                if head.segment not in newest or newest[head.segment].seq < head.seq:
                    newest[head.segment] = head
            self.write(newest[segment] for segment in sorted(newest))

    def write(self, heads: Iterable[Head]) -> None:
        """Replaces the file so that a crash leaves the old or the new content."""
        text = "".join(json.dumps(as_json(head), sort_keys=True) + "\n" for head in heads)
        temporary = self.path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def set_aside(self) -> None:
        """Renames the file to the first free `audit-heads.N.jsonl`: a restored database starts a new one."""
        if not self.path.exists():
            return
        number = 1
        while (kept := self.path.with_name(f"audit-heads.{number}.jsonl")).exists():
            number += 1
        self.path.rename(kept)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time reads and replaces the file."""
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def as_json(head: Head) -> dict[str, object]:
    """A head as JSON values; bytes as hexadecimal text."""
    return {
        "server_id": head.server_id,
        "segment": head.segment,
        "seq": head.seq,
        "row_hash": head.row_hash.hex(),
        "time_ms": head.time_ms,
        "signature": head.signature.hex(),
    }


def _head_of(document: dict[str, object]) -> Head:
    return Head(
        server_id=str(document["server_id"]),
        segment=str(document["segment"]),
        seq=int(str(document["seq"])),
        row_hash=bytes.fromhex(str(document["row_hash"])),
        time_ms=int(str(document["time_ms"])),
        signature=bytes.fromhex(str(document["signature"])),
    )
