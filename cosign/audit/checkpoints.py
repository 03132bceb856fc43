"""Signed heads: made by the running server, kept in the database and outside it (`cosign.audit.ports.HeadStore`).

What is outside notices a database that was cut or put back to an older state: at start the database must still hold
every row that is named there.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from cosign.audit import repository
from cosign.audit.model import HEAD_LABEL, Head, head_fields
from cosign.audit.ports import HeadStore
from cosign.clock import Clock
from cosign.errors import AuditBroken
from cosign.store.unit_of_work import reading, writing
from protocol.errors import BadSignature

Sign = Callable[[str, Sequence[bytes]], bytes]
"""`ServerCore.sign_statement`: label and fields to a 64-byte signature of the identity key."""


class Checkpoints:
    """Signs the heads of all segments that have grown."""

    def __init__(self, engine: Engine, *, file: HeadStore, server_id: str, sign: Sign, clock: Clock) -> None:
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
        self._file.merge(made)
        return made

    def renew_file(self) -> list[Head]:
        """Starts what is outside anew with the newest heads in the database, then signs as `make` does.

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


def check_heads(engine: Engine, file: HeadStore, identity_public_key: bytes) -> None:
    """Compares the heads outside with the database (§10.1). Run at start, before anything is served.

    Raises:
        AuditBroken: The heads are missing or damaged, a head is not signed by the identity key, or the database does
            not hold the row it names.
    """
    with reading(engine) as connection:
        for head in file.read():
            try:
                head.verify(identity_public_key)
            except BadSignature:
                raise AuditBroken(f"{file.place}: the head of segment {head.segment!r} has a wrong signature") from None
            if repository.hash_at(connection, head.segment, head.seq) != head.row_hash:
                raise AuditBroken(
                    f"the database does not hold row {head.seq} of segment {head.segment!r} that was recorded as "
                    "the head: it was cut, altered or put back to an older state"
                )


def _covered(connection: Connection, head: Head) -> bool:
    known = repository.last_head(connection, head.segment)
    return known is not None and known.seq >= head.seq
