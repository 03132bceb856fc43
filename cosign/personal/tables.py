"""Rows of this area: data keys, the sealed archive, and what was erased."""

from typing import Final

from sqlalchemy import Column, Integer, String, Table, Text

from cosign.store.metadata import Blob, Identifier, Milliseconds, UtcTime, Word, metadata

data_key: Final = Table(
    "data_key",
    metadata,
    Column("kind", Word, primary_key=True, comment="data or index"),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="from 1"),
    Column("sealed", Blob, nullable=False, comment="record of section 8.1, under the token's key"),
    Column("created_ms", Milliseconds, nullable=False),
    Column("in_force_ms", Milliseconds, nullable=False, comment="nodes write with it from then on, read at once"),
)
"""Data keys and index keys; the highest version in force is the one that is written with."""

personal_archive: Final = Table(
    "personal_archive",
    metadata,
    Column("archive_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, index=True),
    Column("subject", String(32), nullable=False, comment="what it is, for example `consent`"),
    Column("document_sealed", Blob, nullable=False, comment="JSON under field `archive`"),
    Column("created_at", UtcTime, nullable=False),
    Column("keep_until", UtcTime, nullable=False, index=True),
)
"""R-AUD-08: what the law wants kept of an erased account; no index leads from a person to it."""

erasure: Final = Table(
    "erasure",
    metadata,
    Column("erasure_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, index=True),
    Column("actor", String(64), nullable=False),
    Column("reason", Word, nullable=False),
    Column("erased_at", UtcTime, nullable=False),
    Column("report", Text, nullable=False, comment="JSON: counts by area; no personal data"),
)
"""Erasure reports."""
