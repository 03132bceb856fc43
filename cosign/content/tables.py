"""Rows of the content area."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

content_document: Final = Table(
    "content_document",
    metadata,
    Column("document_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title_zh", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("body_zh", Text, nullable=False),
    Column("body_en", Text, nullable=False),
    Column("state", Word, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("effective_at", UtcTime, nullable=True),
    Column("published_at", UtcTime, nullable=True),
    Column("withdrawn_at", UtcTime, nullable=True),
    UniqueConstraint("brand", "kind", "version"),
    Index(None, "brand", "kind", "state", "effective_at"),
)
"""A version of an agreement or other static text."""

content_article: Final = Table(
    "content_article",
    metadata,
    Column("article_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("title_zh", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("body_zh", Text, nullable=False),
    Column("body_en", Text, nullable=False),
    Column("video_url", String(500), nullable=False),
    Column("attachments", Text, nullable=False, comment="JSON list of name and url"),
    Column("state", Word, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("published_at", UtcTime, nullable=True),
    Column("withdrawn_at", UtcTime, nullable=True),
    Index(None, "brand", "kind", "state", "article_id"),
    Index("ix_content_article_all", "brand", "kind", "article_id"),
)
"""An announcement, a guide or a video."""

consent: Final = Table(
    "consent",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("document_id", Identifier, primary_key=True),
    Column("device_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("version", Integer, nullable=False),
    Column("text_hash", Blob, nullable=False, comment="SHA-256 of the accepted texts, 32 bytes"),
    Column("accepted_at", UtcTime, nullable=False),
)
"""An account accepted a version of a document on a device; kept as evidence."""
