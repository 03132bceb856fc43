"""Tables that belong to no area."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, Milliseconds, Word, metadata

idempotent_request: Final = Table(
    "idempotent_request",
    metadata,
    Column("scope", String(64), primary_key=True, comment="who asked: a device or a platform"),
    Column("method", String(128), primary_key=True),
    Column("request_id", String(36), primary_key=True),
    Column("body_hash", Blob, nullable=False, comment="32 bytes over the canonical request"),
    Column("answer", Blob, nullable=False, comment="serialised answer; never an answer of a key operation"),
    Column("expires_ms", Milliseconds, nullable=False),
    Index(None, "expires_ms"),
)
"""Answers of mutating calls that are not key operations, kept for 24 hours."""

node_heartbeat: Final = Table(
    "node_heartbeat",
    metadata,
    Column("node_id", Identifier, primary_key=True),
    Column("seen_ms", Milliseconds, nullable=False),
)
"""When each node last committed; writing it is how a node finds out that the database takes commits."""

_WAITING: Final = text("state = 'waiting'")
_IN_LINE: Final = text("state = 'waiting' AND line <> ''")
_DEAD: Final = text("state = 'dead'")
_ENDED: Final = text("state <> 'waiting' AND state <> 'dead'")

outbox: Final = Table(
    "outbox",
    metadata,
    Column("row_id", Count, primary_key=True, comment="order of rows of one line"),
    Column("kind", String(32), nullable=False, comment="which handler delivers it"),
    Column("key", String(96), nullable=False, unique=True, comment="idempotency key, also towards the provider"),
    Column("line", String(96), nullable=False, comment="rows of one line leave one after another; empty: at once"),
    Column("payload", Blob, nullable=False, comment="personal data in it is sealed; empty once it is not needed"),
    Column("state", Word, nullable=False),
    Column("attempts", Integer, nullable=False, comment="counted when an attempt begins; fences late writers"),
    Column("due_ms", Milliseconds, nullable=False, comment="next attempt, or end of the lease of a running one"),
    Column("expires_ms", Milliseconds, nullable=False, comment="never delivered from then on; 0 without end"),
    Column("created_ms", Milliseconds, nullable=False),
    Column("ended_ms", Milliseconds, nullable=False, comment="when it left the state waiting; 0 before"),
    Column("reason", String(32), nullable=False, comment="why the last attempt failed"),
    Column("reference", String(96), nullable=False, comment="what the provider calls the delivery"),
    Index("ix_outbox_due", "kind", "due_ms", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_outbox_line", "line", "row_id", sqlite_where=_IN_LINE, postgresql_where=_IN_LINE),
    Index("ix_outbox_dead", "ended_ms", "row_id", sqlite_where=_DEAD, postgresql_where=_DEAD),
    Index("ix_outbox_ended", "ended_ms", sqlite_where=_ENDED, postgresql_where=_ENDED),
    sqlite_autoincrement=True,
)
"""What is to be told to the outside, written in the transaction of the change that causes it."""
