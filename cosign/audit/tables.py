"""Rows of the audit trail. Rows are only ever inserted."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table

from cosign.store.metadata import Blob, Identifier, Milliseconds, metadata

audit_row: Final = Table(
    "audit_row",
    metadata,
    Column("segment", Identifier, primary_key=True),
    Column("seq", Milliseconds, primary_key=True, autoincrement=False),
    Column("time_ms", Milliseconds, nullable=False),
    Column("event", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("device_id", Identifier, nullable=False),
    Column("key_id", Identifier, nullable=False),
    Column("share_id", Blob, nullable=False),
    Column("op", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("digests", Blob, nullable=False),
    Column("policy", Blob, nullable=False),
    Column("clone_case", String(1), nullable=False),
    Column("audit_hash", Blob, nullable=False),
    Column("header", Blob, nullable=False),
    Column("ctx", Blob, nullable=False),
    Column("body_hash", Blob, nullable=False),
    Column("enc_hash", Blob, nullable=False),
    Column("sig_dev", Blob, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("row_hash", Blob, nullable=False),
    Index(None, "device_id", "time_ms"),
)
"""One row of the chain of `segment`; `seq` counts from 1 without gaps."""

audit_checkpoint: Final = Table(
    "audit_checkpoint",
    metadata,
    Column("segment", Identifier, primary_key=True),
    Column("seq", Milliseconds, primary_key=True, autoincrement=False),
    Column("server_id", Identifier, nullable=False),
    Column("row_hash", Blob, nullable=False),
    Column("time_ms", Milliseconds, nullable=False),
    Column("signature", Blob, nullable=False),
)
"""A head signed by the core's identity key."""

operation_log: Final = Table(
    "operation_log",
    metadata,
    Column("operation_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("device_id", Identifier, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("object_id", Identifier, nullable=False),
    Column("content_sealed", Blob, nullable=False, comment="sealed JSON; empty without any"),
    Column("time_ms", Milliseconds, nullable=False),
    Index(None, "account_id", "operation_id"),
    Index("ix_operation_log_kind", "account_id", "kind", "operation_id"),
)
"""What users did (R-AUD-02); bound by a row of the chain. Ids sort by age."""
