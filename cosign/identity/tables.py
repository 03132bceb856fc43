"""Rows of the identity area. Personal data stands sealed; the document number is indexed (`cosign.personal`)."""

from typing import Final

from sqlalchemy import Boolean, Column, Date, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Identifier, Milliseconds, UtcTime, Word, metadata

_LIVING = text(
    "account_id <> '' AND state IN ('in_progress', 'face_pending', 'provider_pending', 'manual_draft', 'manual_review')"
)
_EXPIRING = text("state IN ('in_progress', 'face_pending', 'provider_pending', 'manual_draft')")
_ASKED = text("provider_ref <> ''")
QUERIED: Final = text("state IN ('face_pending', 'provider_pending') AND next_query_ms > 0")
"""Attempts whose provider will be asked for the result."""
_OF_ACCOUNT = text("ended_at IS NULL AND account_id <> ''")
_OF_DOCUMENT = text("ended_at IS NULL AND document_scope <> ''")
_ENDING = text("ended_at IS NULL AND document_expiry IS NOT NULL")

identity_attempt: Final = Table(
    "identity_attempt",
    metadata,
    Column("attempt_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, comment="empty for a person without an account"),
    Column("brand", Word, nullable=False),
    Column("device_id", Identifier, nullable=False),
    Column("purpose", Word, nullable=False),
    Column("method", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("level", Word, nullable=False, comment="empty until it passed"),
    Column("reason", String(32), nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("provider", Word, nullable=False),
    Column("provider_ref", String(96), nullable=False),
    Column("session_sealed", Blob, nullable=False, comment="what the phone needs for the provider; empty: nothing"),
    Column("evidence", String(96), nullable=False),
    Column("card_last_four", String(4), nullable=False),
    Column("upload_ids", String(512), nullable=False, comment="separated by commas"),
    Column("claimed_sealed", Blob, nullable=False, comment="JSON of what the person claims; empty: nothing yet"),
    Column("read_sealed", Blob, nullable=False, comment="JSON of what was read from the card; empty: nothing"),
    Column("note_sealed", Blob, nullable=False, comment="what a reviewer wrote; empty: nothing"),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("changed_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("next_query_ms", Milliseconds, nullable=False, default=0, comment="when its provider is asked; 0: never"),
    Column("queries", Integer, nullable=False, default=0, comment="how often its provider was asked in the background"),
    Index(None, "account_id", "attempt_id"),
    Index("uq_identity_attempt_living", "account_id", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
    Index(
        "uq_identity_attempt_provider",
        "provider",
        "provider_ref",
        unique=True,
        sqlite_where=_ASKED,
        postgresql_where=_ASKED,
    ),
    Index("ix_identity_attempt_expiring", "expires_at", sqlite_where=_EXPIRING, postgresql_where=_EXPIRING),
    Index("ix_identity_attempt_queried", "next_query_ms", sqlite_where=QUERIED, postgresql_where=QUERIED),
)
"""One attempt (实名认证记录)."""

person: Final = Table(
    "person",
    metadata,
    Column("record_id", Identifier, primary_key=True, comment="person id, slash, version"),
    Column("person_id", Identifier, nullable=False),
    Column("version", Integer, nullable=False, comment="from 1"),
    Column("account_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("document_type", Word, nullable=False),
    Column("document_scope", Identifier, nullable=False, comment="brand, type and country of the document"),
    Column("document_expiry", Date, nullable=True, comment="null: unknown or never"),
    Column("validity", Word, nullable=False, default="", comment="empty, warned or expired: what was told of its end"),
    Column("name_sealed", Blob, nullable=False),
    Column("document_number_sealed", Blob, nullable=False),
    Column("document_number_index", Blob, nullable=False, comment="32 bytes"),
    Column("details_sealed", Blob, nullable=False, comment="JSON of everything else"),
    Column("level", Word, nullable=False),
    Column("method", Word, nullable=False),
    Column("attempt_id", Identifier, nullable=False),
    Column("verified_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True, comment="null: the version in force"),
    Index(None, "person_id", "version", unique=True),
    Index(None, "account_id"),
    Index("uq_person_account", "account_id", unique=True, sqlite_where=_OF_ACCOUNT, postgresql_where=_OF_ACCOUNT),
    Index(
        "uq_person_document",
        "document_scope",
        "document_number_index",
        unique=True,
        sqlite_where=_OF_DOCUMENT,
        postgresql_where=_OF_DOCUMENT,
    ),
    Index("ix_person_ending", "brand", "validity", "document_expiry", sqlite_where=_ENDING, postgresql_where=_ENDING),
)
"""Versions of verified persons (实名信息)."""

identity_callback: Final = Table(
    "identity_callback",
    metadata,
    Column("provider", Word, primary_key=True),
    Column("event_id", String(96), primary_key=True, comment="of the provider, unique per event"),
    Column("provider_ref", String(96), nullable=False),
    Column("disposition", Word, nullable=False, comment="what became of it"),
    Column("received_at", UtcTime, nullable=False, index=True),
)
"""Genuine callbacks that were received, so that none counts twice (R-IDV-17)."""
