"""Rows of the audit trail. Rows are only ever inserted."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from cosign.store.metadata import metadata

audit_row: Final = Table(
    "audit_row",
    metadata,
    Column("segment", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("event", String(32), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("device_id", String(64), nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("share_id", LargeBinary, nullable=False),
    Column("op", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("policy", LargeBinary, nullable=False),
    Column("clone_case", String(1), nullable=False),
    Column("audit_hash", LargeBinary, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("ctx", LargeBinary, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("enc_hash", LargeBinary, nullable=False),
    Column("sig_dev", LargeBinary, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("row_hash", LargeBinary, nullable=False),
    Index("ix_audit_row_device", "device_id", "time_ms"),
)
"""One row of the chain of `segment`; `seq` counts from 1 without gaps."""

audit_checkpoint: Final = Table(
    "audit_checkpoint",
    metadata,
    Column("segment", String(64), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("server_id", String(64), nullable=False),
    Column("row_hash", LargeBinary, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
"""A head signed by the core's identity key."""
