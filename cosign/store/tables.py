"""Tables that belong to no area."""

from typing import Final

from sqlalchemy import Column, Index, String, Table

from cosign.store.metadata import Blob, Identifier, Milliseconds, metadata

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
