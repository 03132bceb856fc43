"""Rows of the devices area."""

from typing import Final

from sqlalchemy import Column, Index, String, Table, text

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

device: Final = Table(
    "device",
    metadata,
    Column("device_id", Identifier, primary_key=True),
    Column("user_id", Identifier, nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("public_key", Blob, nullable=False, unique=True, comment="P-256, 33 bytes, SEC 1 compressed"),
    Column("state", Word, nullable=False, comment="active, blocked or unbound"),
    Column("enrolled_at", UtcTime, nullable=False),
    Column("unbound_at", UtcTime, nullable=True),
    Column("blocked_by", Word, nullable=False, server_default="", comment="user or account, while blocked"),
    Index(None, "user_id", "device_id"),
)
"""A registered device."""

enrolment_code: Final = Table(
    "enrolment_code",
    metadata,
    Column("code_hash", Blob, primary_key=True, comment="PBKDF2 of the code, 32 bytes"),
    Column("user_id", Identifier, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=True),
    Column("device_id", Identifier, nullable=True, comment="the device that spent it"),
    Index(
        "ix_enrolment_code_unused",
        "expires_at",
        sqlite_where=text("used_at IS NULL"),
        postgresql_where=text("used_at IS NULL"),
    ),
)
"""A one-time enrolment code (绑定码)."""

device_session: Final = Table(
    "device_session",
    metadata,
    Column("token_hash", Blob, primary_key=True, comment="SHA-256 of the bearer token, 32 bytes"),
    Column("device_id", Identifier, nullable=False, index=True),
    Column("user_id", Identifier, nullable=False, index=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("session_id", Identifier, nullable=False, server_default="", index=True, comment="the login, if any"),
    Column("brand", Word, nullable=False, server_default=""),
    Column("acting", Identifier, nullable=False, server_default="", comment="identity the user acts as"),
)
"""A bearer token of a device. Those of an account belong to a login, `account_session`."""

proof_nonce: Final = Table(
    "proof_nonce",
    metadata,
    Column("public_key", Blob, primary_key=True, comment="device key, 33 bytes"),
    Column("nonce", Blob, primary_key=True, comment="16 bytes"),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""Nonces of device proofs that could still be repeated."""
