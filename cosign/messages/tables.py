"""Rows of the messages area."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, Milliseconds, Word, metadata

_UNREAD: Final = text("state = 'unread'")
_FAILED: Final = text("state = 'failed'")
_OPEN: Final = text("state IN ('unread', 'read') AND target_id <> ''")

message: Final = Table(
    "message",
    metadata,
    Column("message_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("category", Word, nullable=False),
    Column("target_kind", Word, nullable=False),
    Column("target_id", Identifier, nullable=False),
    Column("args_sealed", Blob, nullable=False, comment="sealed JSON of the arguments of the texts; empty without any"),
    Column("state", Word, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("created_ms", Milliseconds, nullable=False),
    Column("read_ms", Milliseconds, nullable=False),
    Column("settled_ms", Milliseconds, nullable=False),
    Index(None, "account_id", "message_id"),
    Index("ix_message_category", "account_id", "category", "message_id"),
    Index("ix_message_unread", "account_id", "message_id", "category", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
    Index("ix_message_open_target", "target_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(None, "created_ms"),
)
"""One message in an inbox; ids sort by age, so that a range of time is a range of ids."""

message_inbox: Final = Table(
    "message_inbox",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("revision", Count, nullable=False, comment="raised by every change of the inbox"),
)
"""The revision that waiting readers compare."""

delivery: Final = Table(
    "delivery",
    metadata,
    Column("key", String(96), primary_key=True, comment="key of the row of the outbox"),
    Column("channel", Word, nullable=False),
    Column("provider", Word, nullable=False),
    Column("reference", String(96), nullable=False, comment="what the provider calls it; may be empty"),
    Column("message_id", Identifier, nullable=False, comment="empty for a code"),
    Column("following", String(64), nullable=False, comment="channels that are tried when it fails, with spaces"),
    Column("state", Word, nullable=False),
    Column("reason", String(32), nullable=False, comment="the provider's word for a failure"),
    Column("sent_ms", Milliseconds, nullable=False),
    Column("ended_ms", Milliseconds, nullable=False, comment="when a report changed it; 0 before"),
    Index(None, "provider", "reference"),
    Index(None, "sent_ms"),
    Index("ix_delivery_failed", "sent_ms", sqlite_where=_FAILED, postgresql_where=_FAILED),
)
"""What providers took, and what they report of it."""

early_report: Final = Table(
    "early_report",
    metadata,
    Column("provider", Word, primary_key=True),
    Column("reference", String(96), primary_key=True),
    Column("delivered", Boolean, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("reported_ms", Milliseconds, nullable=False),
    Index(None, "reported_ms"),
)
"""Reports of deliveries that are not recorded yet; for an hour."""
