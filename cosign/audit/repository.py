"""Reads and appends audit rows. The only user of `tables.py`."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, insert, select

from cosign.audit.model import AuditEntry, AuditEvent, Head, first_hash, row_hash
from cosign.audit.tables import audit_checkpoint, audit_row
from cosign.store.prepared import Prepared

COLUMNS: Final = tuple(audit_row.c.keys())
"""Order of the values of a row."""
# S608: the names come from our own table, no value is put into the text.
_INSERT_ROW: Final = Prepared(
    f"INSERT INTO audit_row ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"  # noqa: S608
)
_SEGMENTS: Final = Prepared(
    "WITH RECURSIVE found (segment) AS (SELECT min(segment) FROM audit_row UNION ALL "
    "SELECT (SELECT min(r.segment) FROM audit_row r WHERE r.segment > found.segment) FROM found "
    "WHERE found.segment IS NOT NULL) SELECT segment FROM found WHERE segment IS NOT NULL"
)
"""Jumps from name to name in the primary key; DISTINCT would read every row."""
_LAST_ROW: Final = Prepared("SELECT seq, row_hash FROM audit_row WHERE segment = :segment ORDER BY seq DESC LIMIT 1")
_STREAM_CHUNK: Final = 500


def append(connection: Connection, segment: str, entries: Sequence[AuditEntry]) -> None:
    """Appends rows to the chain of `segment` inside the caller's transaction.

    One query and one executemany for a whole micro-batch. The predecessor is read in the same transaction, so
    that a rolled-back batch leaves no trace. Two writers of one segment collide on the primary key: the second
    one's transaction fails, and with it the act it was to record.
    """
    if entries:
        rows, _ = chained_rows(segment, head_of(connection, segment), entries)
        _INSERT_ROW.later(connection, *(dict(zip(COLUMNS, row, strict=True)) for row in rows))


def head_of(connection: Connection, segment: str) -> tuple[int, bytes]:
    """What the next row of a segment follows: `seq` and `row_hash`, or 0 and the first hash."""
    return last_row(connection, segment) or (0, first_hash(segment))


def chained_rows(
    segment: str, head: tuple[int, bytes], entries: Sequence[AuditEntry]
) -> tuple[list[tuple[object, ...]], tuple[int, bytes]]:
    """Rows that append `entries` after `head`, in the order of `COLUMNS`, and the head after them."""
    seq, previous = head
    rows = []
    for entry in entries:
        seq += 1
        previous = row_hash(previous, segment, seq, entry)
        rows.append(_as_row(segment, seq, entry, previous))
    return rows, (seq, previous)


def last_row(connection: Connection, segment: str) -> tuple[int, bytes] | None:
    """`seq` and `row_hash` of the newest row of a segment."""
    found = _LAST_ROW.rows(connection, {"segment": segment})
    return (found[0][0], found[0][1]) if found else None


def hash_at(connection: Connection, segment: str, seq: int) -> bytes | None:
    """Stored `row_hash` of one row, or None if there is no such row."""
    query = select(audit_row.c.row_hash).where(audit_row.c.segment == segment, audit_row.c.seq == seq)
    return connection.execute(query).scalar_one_or_none()


def segments(connection: Connection) -> list[str]:
    """Names of all segments that have a row or a checkpoint, sorted."""
    rows = {row[0] for row in _SEGMENTS.rows(connection, {})}
    heads = set(connection.execute(select(audit_checkpoint.c.segment).distinct()).scalars())
    return sorted(rows | heads)


def rows(connection: Connection, segment: str, after_seq: int = 0) -> Iterator[tuple[int, AuditEntry, bytes]]:
    """Streams (seq, entry, stored row_hash) of a segment in order.

    Raises:
        ValueError: A stored field cannot be an audit field at all, for example an unknown event.
    """
    query = (
        select(audit_row)
        .where(audit_row.c.segment == segment, audit_row.c.seq > after_seq)
        .order_by(audit_row.c.seq)
        .execution_options(yield_per=_STREAM_CHUNK)
    )
    for row in connection.execute(query).mappings():
        yield row["seq"], _as_entry(row), row["row_hash"]


def add_head(connection: Connection, head: Head) -> None:
    """Stores a signed checkpoint."""
    connection.execute(
        insert(audit_checkpoint).values(
            segment=head.segment,
            seq=head.seq,
            server_id=head.server_id,
            row_hash=head.row_hash,
            time_ms=head.time_ms,
            signature=head.signature,
        )
    )


def heads(connection: Connection, segment: str) -> list[Head]:
    """All checkpoints of a segment, oldest first."""
    query = select(audit_checkpoint).where(audit_checkpoint.c.segment == segment).order_by(audit_checkpoint.c.seq)
    return [_as_head(row) for row in connection.execute(query).mappings()]


def last_head(connection: Connection, segment: str) -> Head | None:
    """The newest checkpoint of a segment."""
    query = (
        select(audit_checkpoint)
        .where(audit_checkpoint.c.segment == segment)
        .order_by(audit_checkpoint.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _as_head(row)


def _as_head(row: RowMapping) -> Head:
    return Head(
        server_id=row["server_id"],
        segment=row["segment"],
        seq=row["seq"],
        row_hash=row["row_hash"],
        time_ms=row["time_ms"],
        signature=row["signature"],
    )


def _as_row(segment: str, seq: int, entry: AuditEntry, digest: bytes) -> tuple[object, ...]:
    return (
        segment,
        seq,
        entry.time_ms,
        entry.event.value,
        entry.outcome,
        entry.device_id,
        entry.key_id,
        entry.share_id,
        entry.op,
        entry.count,
        entry.digests,
        entry.policy,
        entry.clone_case,
        entry.audit_hash,
        entry.header,
        entry.ctx,
        entry.body_hash,
        entry.enc_hash,
        entry.sig_dev,
        entry.actor,
        digest,
    )


def _as_entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        time_ms=row["time_ms"],
        event=AuditEvent(row["event"]),
        outcome=row["outcome"],
        device_id=row["device_id"],
        key_id=row["key_id"],
        share_id=row["share_id"],
        op=row["op"],
        count=row["n"],
        digests=row["digests"],
        policy=row["policy"],
        clone_case=row["clone_case"],
        audit_hash=row["audit_hash"],
        header=row["header"],
        ctx=row["ctx"],
        body_hash=row["body_hash"],
        enc_hash=row["enc_hash"],
        sig_dev=row["sig_dev"],
        actor=row["actor"],
    )
