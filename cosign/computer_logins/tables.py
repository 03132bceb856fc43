"""Rows of the logins of computers. What a computer or a QR code shows is stored as a hash only."""

from typing import Final

from sqlalchemy import Column, Index, Integer, String, Table

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

computer_login: Final = Table(
    "computer_login",
    metadata,
    Column("login_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("ticket_hash", Blob, nullable=False, comment="SHA-256, 32 bytes; of the QR code"),
    Column("secret_hash", Blob, nullable=False, comment="SHA-256, 32 bytes; of what the computer holds"),
    Column("number_index", Blob, nullable=False, comment="keyed hash of the number it shows, 32 bytes"),
    Column("tries", Integer, nullable=False, comment="wrong numbers"),
    Column("label", String(64), nullable=False, comment="browser and system, as the page told"),
    Column("network_sealed", Blob, nullable=False, comment="of the computer, without the last part"),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("account_id", Identifier, nullable=False, comment="empty until scanned; so the next three"),
    Column("device_id", Identifier, nullable=False),
    Column("session_id", Identifier, nullable=False, comment="the phone's login"),
    Column("acting", Identifier, nullable=False),
    Index(None, "ticket_hash", unique=True),
)
"""A computer that waits for the approval of a phone."""

computer_session: Final = Table(
    "computer_session",
    metadata,
    Column("computer_id", Identifier, primary_key=True),
    Column("token_hash", Blob, nullable=False, comment="SHA-256, 32 bytes"),
    Column("account_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("device_id", Identifier, nullable=False, comment="the phone that approved it"),
    Column("session_id", Identifier, nullable=False, comment="the login of that phone, with which this one ends"),
    Column("acting", Identifier, nullable=False),
    Column("label", String(64), nullable=False),
    Column("network_sealed", Blob, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("ended_reason", Word, nullable=False, comment="empty while it lives"),
    Index(None, "token_hash", unique=True),
    Index(None, "account_id", "computer_id"),
)
"""A computer that was let in."""
