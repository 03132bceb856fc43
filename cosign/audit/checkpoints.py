"""Signed heads: made by the running server, kept in the database and in a file outside it.

The file is what notices a database that was cut or put back to an older state: at start the database must still
hold every row the file names. It holds the newest head of each segment, one JSON object per line. It is made before
the core, empty; from then on a missing file is a fault, or deleting it would hide what it is to notice.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.audit import repository
from cosign.audit.model import HEAD_LABEL, Head, head_fields
from cosign.clock import Clock
from cosign.errors import AuditBroken
from cosign.store.unit_of_work import reading, writing
from protocol.errors import BadSignature

HEADS_FILE: Final = "audit-heads.jsonl"

Sign = Callable[[str, Sequence[bytes]], bytes]
"""`ServerCore.sign_statement`: label and fields to a 64-byte signature of the identity key."""


class HeadFile:
    """The heads outside the database."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / HEADS_FILE

    def begin(self) -> None:
        """Makes the file when there is none; for a service that has no core yet."""
        if not self.path.exists():
            self.write([])

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


class Checkpoints:
    """Signs the heads of all segments that have grown."""

    def __init__(self, engine: Engine, *, file: HeadFile, server_id: str, sign: Sign, clock: Clock) -> None:
        self._engine = engine
        self._file = file
        self._server_id = server_id
        self._sign = sign
        self._clock = clock

    def make(self) -> list[Head]:
        """Signs and stores a head for every segment with rows after its last one; returns the new heads."""
        with reading(self._engine) as connection:
            grown = self._grown(connection)
        if not grown:
            return []
        made = [self._signed(segment, seq, digest) for segment, seq, digest in grown]
        with writing(self._engine) as connection:
            made = [head for head in made if not _covered(connection, head)]
            for head in made:
                repository.add_head(connection, head)
        newest = {head.segment: head for head in self._file.read()}
        newest |= {head.segment: head for head in made}
        self._file.write(newest[segment] for segment in sorted(newest))
        return made

    def renew_file(self) -> list[Head]:
        """Starts the file anew with the newest heads in the database, then signs as `make` does.

        To be called only when an operator accepts the database as it is.
        """
        with reading(self._engine) as connection:
            stored = [repository.last_head(connection, segment) for segment in repository.segments(connection)]
        self._file.write(head for head in stored if head is not None)
        return self.make()

    def _grown(self, connection: Connection) -> list[tuple[str, int, bytes]]:
        result = []
        for segment in repository.segments(connection):
            last = repository.last_row(connection, segment)
            head = repository.last_head(connection, segment)
            if last is not None and (head is None or head.seq < last[0]):
                result.append((segment, *last))
        return result

    def _signed(self, segment: str, seq: int, digest: bytes) -> Head:
        time_ms = self._clock.now_ms()
        signature = self._sign(HEAD_LABEL, head_fields(self._server_id, segment, seq, digest, time_ms))
        return Head(self._server_id, segment, seq, digest, time_ms, signature)


def check_heads(engine: Engine, file: HeadFile, identity_public_key: bytes) -> None:
    """Compares the heads outside with the database (§10.1). Run at start, before anything is served.

    Raises:
        AuditBroken: The file is missing or damaged, a head is not signed by the identity key, or the database does
            not hold the row it names.
    """
    with reading(engine) as connection:
        for head in file.read():
            try:
                head.verify(identity_public_key)
            except BadSignature:
                raise AuditBroken(f"{file.path}: the head of segment {head.segment!r} has a wrong signature") from None
            if repository.hash_at(connection, head.segment, head.seq) != head.row_hash:
                raise AuditBroken(
                    f"the database does not hold row {head.seq} of segment {head.segment!r} that was recorded as "
                    "the head: it was cut, altered or put back to an older state"
                )


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


def _covered(connection: Connection, head: Head) -> bool:
    known = repository.last_head(connection, head.segment)
    return known is not None and known.seq >= head.seq
