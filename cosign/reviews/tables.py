"""Rows of the reviews area."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint, text

from cosign.store.metadata import Blob, Identifier, Milliseconds, Word, metadata

_OPEN: Final = text("state IN ('waiting', 'claimed')")
_MINE: Final = text("claimed_by <> ''")
_CLAIMED: Final = text("state = 'claimed'")
_RETURNED: Final = text("state = 'returned'")
_FINISHED: Final = text("finished_ms > 0")
_NAMED: Final = text("reason_code <> ''")
_QUEUE: Final = ("priority", "due_ms", "review_id")
"""The order of the queue. An index for it begins with what its query holds equal."""

review_item: Final = Table(
    "review_item",
    metadata,
    Column("review_id", Identifier, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("account_id", Identifier, nullable=False, comment="the applicant; empty when it was not a user"),
    Column("opened_by", Identifier, nullable=False, comment="member of staff; empty: the applicant"),
    Column("state", Word, nullable=False),
    Column("path", String(64), nullable=False, comment="words of its stages, joined by commas"),
    Column("stage", Integer, nullable=False, comment="number in the path, from 1"),
    Column("round", Integer, nullable=False, comment="how often it was handed in"),
    Column("priority", Integer, nullable=False, comment="0 first"),
    Column("opened_ms", Milliseconds, nullable=False, comment="when it was handed in, the last time"),
    Column("due_ms", Milliseconds, nullable=False),
    Column("claimed_by", Identifier, nullable=False, comment="member of staff, or empty"),
    Column("claim_until_ms", Milliseconds, nullable=False),
    Column("correct_by_ms", Milliseconds, nullable=False, comment="until when a returned item may be corrected"),
    Column("finished_ms", Milliseconds, nullable=False, comment="when the last decision was made; 0 before"),
    Column("version", Integer, nullable=False, comment="raised by every change"),
    UniqueConstraint("kind", "subject_id"),
    Index(None, "account_id"),
    Index("ix_review_item_state", "kind", "state", *_QUEUE),
    Index("ix_review_item_brand", "brand", "kind", "state", *_QUEUE),
    Index("ix_review_item_open", "kind", *_QUEUE, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_review_item_open_brand", "brand", "kind", *_QUEUE, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_review_item_depth", "kind", "opened_ms", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("ix_review_item_mine", "claimed_by", "kind", *_QUEUE, sqlite_where=_MINE, postgresql_where=_MINE),
    Index(
        "ix_review_item_mine_brand", "claimed_by", "brand", "kind", *_QUEUE, sqlite_where=_MINE, postgresql_where=_MINE
    ),
    Index("ix_review_item_lapse", "claim_until_ms", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
    Index("ix_review_item_correction", "correct_by_ms", sqlite_where=_RETURNED, postgresql_where=_RETURNED),
    Index("ix_review_item_finished", "finished_ms", sqlite_where=_FINISHED, postgresql_where=_FINISHED),
)
"""Something that waits for a decision, or had one. The subject itself is a row of another area."""

review_event: Final = Table(
    "review_event",
    metadata,
    Column("event_id", Identifier, primary_key=True),
    Column("review_id", Identifier, nullable=False),
    Column("kind", String(32), nullable=False, comment="of the item"),
    Column("version", Integer, nullable=False, comment="of the item afterwards; orders its rows"),
    Column("action", Word, nullable=False),
    Column("time_ms", Milliseconds, nullable=False),
    Column("actor", Identifier, nullable=False, comment="member of staff; empty: the applicant or a term"),
    Column("stage", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("reason_code", String(32), nullable=False),
    Column("reason_version", Integer, nullable=False),
    Column("note_sealed", Blob, nullable=True, comment="what the reviewer wrote to the applicant"),
    UniqueConstraint("review_id", "version"),
    Index("ix_review_event_reason", "kind", "reason_code", sqlite_where=_NAMED, postgresql_where=_NAMED),
)
"""What happened to an item. Rows are never changed."""

review_reason: Final = Table(
    "review_reason",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("code", String(32), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("newest", Boolean, nullable=False),
    Column("text_zh", String(90), nullable=False),
    Column("text_en", String(90), nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("changed_ms", Milliseconds, nullable=False, comment="0: came with the program"),
    Column("changed_by", Identifier, nullable=False),
)
"""A version of a type of refusal (退回类型)."""
