"""Rows of manual reviews and links, beside those of `cosign.identity.tables`."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

_OPEN = text("state IN ('issued', 'phone_proved', 'checking')")
_CONTINUED = text("continuation_hash <> ''")

identity_manual: Final = Table(
    "identity_manual",
    metadata,
    Column("attempt_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, index=True),
    Column("files", String(512), nullable=False, comment="`portrait=upl_…`, separated by commas"),
    Column("submitted_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False, comment="when the decision is expected"),
    Column("decided_by", String(32), nullable=False, comment="member of staff; empty before"),
    Column("decided_at", UtcTime, nullable=True),
)
"""What was handed in for a review by hand (人工审核)."""

identity_link: Final = Table(
    "identity_link",
    metadata,
    Column("link_id", Identifier, primary_key=True, comment="`idl_` and a ULID"),
    Column("token_hash", Blob, nullable=False, unique=True, comment="SHA-256 of the token, 32 bytes"),
    Column("brand", Word, nullable=False),
    Column("claim_ref", Identifier, nullable=False, comment="opaque name of what the proof is for"),
    Column("issued_by", Identifier, nullable=False, comment="account or `operator`"),
    Column("state", Word, nullable=False),
    Column("expected_sealed", Blob, nullable=False, comment="JSON of who is expected"),
    Column("continuation_hash", String(64), nullable=False, comment="SHA-256 in hexadecimal; empty before the code"),
    Column("attempt_id", Identifier, nullable=False, comment="the newest check; empty before", index=True),
    Column("checks", Integer, nullable=False, comment="how many were begun"),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=True),
    Column("erase_at", UtcTime, nullable=True, index=True, comment="when a finished one goes, with its check"),
    Index(None, "claim_ref", "link_id"),
    Index("ix_identity_link_expiring", "expires_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index(
        "uq_identity_link_continuation",
        "continuation_hash",
        unique=True,
        sqlite_where=_CONTINUED,
        postgresql_where=_CONTINUED,
    ),
)
"""Links for persons without an account."""
