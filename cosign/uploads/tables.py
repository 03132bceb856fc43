"""Rows of this area: what people uploaded, and the stored objects behind it."""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, UtcTime, Word, metadata

upload_object: Final = Table(
    "upload_object",
    metadata,
    Column("object_id", Identifier, primary_key=True, comment="`obj_` and a ULID, its name in the store"),
    Column("owner_id", Identifier, nullable=False),
    Column("state", Word, nullable=False, comment="writing, stored or dropped"),
    Column("content_index", Blob, nullable=False, comment="keyed hash of the content within its owner; empty at first"),
    Column("size", Count, nullable=False, comment="bytes before they are sealed"),
    Column("key_version", Integer, nullable=False, comment="of the data key it is sealed under"),
    Column("changed_at", UtcTime, nullable=False),
    Index("ix_upload_object_content", "owner_id", "content_index"),
    Index(None, "key_version"),
    Index(
        "ix_upload_object_unfinished",
        "changed_at",
        sqlite_where=text("state <> 'stored'"),
        postgresql_where=text("state <> 'stored'"),
    ),
)
"""One sealed object of the store. Its row comes before the object and goes after it, so that a crash loses neither."""

upload: Final = Table(
    "upload",
    metadata,
    Column("upload_id", Identifier, primary_key=True, comment="`upl_` and a ULID"),
    Column("owner_id", Identifier, nullable=False),
    Column("object_id", Identifier, ForeignKey("upload_object.object_id"), nullable=False, index=True),
    Column("purpose", Word, nullable=False),
    Column("media_type", String(32), nullable=False, comment="as found in the content"),
    Column("size", Count, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("keep_until", UtcTime, nullable=False, index=True, comment="the sweep removes it then"),
    Index(None, "owner_id", "upload_id"),
)
"""One upload of one account. Several may share an object, always of the same owner."""
