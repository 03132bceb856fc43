"""Rows of the messages area."""

from typing import Final

from sqlalchemy import Column, Index, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, Milliseconds, Word, metadata

_UNREAD: Final = text("state = 'unread'")
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
