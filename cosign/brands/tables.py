"""Rows of the brands area."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table, Text

from cosign.store.metadata import UtcTime, Word, metadata

brand_policy: Final = Table(
    "brand_policy",
    metadata,
    Column("brand", Word, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="1, 2, …; the highest is in force"),
    Column("preset", Word, nullable=False, comment="what entries of a newer program come from"),
    Column("document", Text, nullable=False, comment="complete policy, JSON"),
    Column("applied_at", UtcTime, nullable=False),
    Column("actor", String(32), nullable=False),
)
"""A version of the policy of a brand; never changed, never deleted."""

environment: Final = Table(
    "environment",
    metadata,
    Column("environment_id", String(64), primary_key=True),
    Column("brand", Word, nullable=False),
    Column("name", String(64), nullable=False),
    Column("endpoint", String(255), nullable=False, comment="host:port of the intranet service"),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime, nullable=True),
    Index(None, "brand", "environment_id"),
)
"""An intranet environment that a QR code leads to (R-ACC-14)."""
