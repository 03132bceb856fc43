"""Rows of the accounts area. Personal data stands sealed, and indexed where it must be found (`cosign.personal`)."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Identifier, UtcTime, Word, metadata

account: Final = Table(
    "account",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("phone_number_sealed", Blob, nullable=True, comment="null for a login without a number, and once cancelled"),
    Column("phone_number_index", Blob, nullable=True, comment="32 bytes"),
    Column("name_sealed", Blob, nullable=True, comment="as the user gave it, or the verified one"),
    Column("name_index", Blob, nullable=True, comment="32 bytes; of the verified name"),
    Column("document_index", Blob, nullable=True, comment="32 bytes; of the verified document's number"),
    Column("password_hash", String(255), nullable=False, comment="Argon2id, PHC form; empty: none"),
    Column("state", Word, nullable=False),
    Column("person_id", Identifier, nullable=False, comment="empty until verified"),
    Column("mode", Word, nullable=False),
    Column("acting", Identifier, nullable=False, comment="identity chosen last; empty: natural person"),
    Column("avatar_upload_id", Identifier, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("locked_until", UtcTime, nullable=True),
    Column("cancelled_at", UtcTime, nullable=True),
    Column("cancel_reason_sealed", Blob, nullable=True),
    Column("cancel_at", UtcTime, nullable=True, comment="end of the days in which a cancellation can be taken back"),
    Index(None, "brand", "phone_number_index", unique=True),
    Index(None, "brand", "document_index"),
    Index(
        "ix_account_cancel_at",
        "cancel_at",
        sqlite_where=text("cancel_at IS NOT NULL"),
        postgresql_where=text("cancel_at IS NOT NULL"),
    ),
)
"""An account of one brand (账号)."""

former_password: Final = Table(
    "former_password",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("set_at", UtcTime, primary_key=True),
    Column("password_hash", String(255), nullable=False),
)
"""Passwords that may not come back."""

account_identity: Final = Table(
    "account_identity",
    metadata,
    Column("identity_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("enterprise_id", Identifier, nullable=False, index=True),
    Column("ended_at", UtcTime, nullable=True),
)
"""What a user is in an enterprise."""

account_session: Final = Table(
    "account_session",
    metadata,
    Column("session_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("device_id", Identifier, nullable=False, index=True),
    Column("brand", Word, nullable=False),
    Column("generation", Integer, nullable=False, comment="number of the newest refresh token"),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("ended_reason", Word, nullable=False, comment="empty while it lives"),
    Index(None, "account_id", "ended_reason"),
)
"""A login: a family of refresh tokens on one device."""

account_device: Final = Table(
    "account_device",
    metadata,
    Column("device_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("platform", Word, nullable=False),
    Column("os_version", String(32), nullable=False),
    Column("app_version", String(32), nullable=False),
    Column("push_token_sealed", Blob, nullable=True),
    Column("last_login_at", UtcTime, nullable=False),
    Column("biometric_key", Blob, nullable=True, comment="P-256, 33 bytes, SEC 1 compressed"),
    Column("remember_pin", Boolean, nullable=False),
    Column("guide_suppressed_until", UtcTime, nullable=True),
    Index(None, "account_id", "device_id"),
)
"""What an account knows of one of its devices beside `device`."""

login_history: Final = Table(
    "login_history",
    metadata,
    Column("login_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("time", UtcTime, nullable=False, index=True),
    Column("method", Word, nullable=False),
    Column("result", String(32), nullable=False, comment="ok or a reason of the error catalogue"),
    Column("device_id", Identifier, nullable=False),
    Column("device_label", String(64), nullable=False),
    Column("network_sealed", Blob, nullable=False, comment="of the caller, without the last part"),
    Index(None, "account_id", "login_id"),
)
"""Logins, also failed ones."""

sms_code: Final = Table(
    "sms_code",
    metadata,
    Column("brand", Word, primary_key=True),
    Column("phone_number_index", Blob, primary_key=True, comment="32 bytes"),
    Column("purpose", Word, primary_key=True),
    Column("code_index", Blob, nullable=False, comment="keyed hash, 32 bytes"),
    Column("sent_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("tries", Integer, nullable=False, comment="wrong answers"),
    Column("used", Boolean, nullable=False),
)
"""The code a number got last for one purpose."""

verification_ticket: Final = Table(
    "verification_ticket",
    metadata,
    Column("ticket_hash", Identifier, primary_key=True, comment="SHA-256, hexadecimal"),
    Column("brand", Word, nullable=False),
    Column("purpose", Word, nullable=False),
    Column("phone_number_sealed", Blob, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A proved number; the row goes when the ticket is used."""

captcha: Final = Table(
    "captcha",
    metadata,
    Column("captcha_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("answer_index", Blob, nullable=False, comment="keyed hash, 32 bytes"),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""An image captcha; the row goes with the first answer."""

usage_count: Final = Table(
    "usage_count",
    metadata,
    Column("subject", Blob, primary_key=True, comment="keyed hash of what is counted, 32 bytes"),
    Column("count", Integer, nullable=False),
    Column("since", UtcTime, nullable=False, comment="first one of the window"),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""How often something happened within a window: codes of a day, failed logins."""

login_challenge: Final = Table(
    "login_challenge",
    metadata,
    Column("challenge_hash", Blob, primary_key=True, comment="SHA-256, 32 bytes"),
    Column("device_id", Identifier, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A challenge of a biometric login; the row goes when it is answered."""

certificate_challenge: Final = Table(
    "certificate_challenge",
    metadata,
    Column("challenge_hash", Blob, primary_key=True, comment="SHA-256, 32 bytes"),
    Column("account_id", Identifier, nullable=False, comment="empty: good for nothing"),
    Column("device_id", Identifier, nullable=False),
    Column("key_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""A challenge that a key of the account co-signs; the row goes when it is answered."""

number_change: Final = Table(
    "number_change",
    metadata,
    Column("change_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("number_sealed", Blob, nullable=True, comment="the new one; null once it is over"),
    Column("proof_id", Identifier, nullable=False, comment="the identity check; empty: reviewers decide"),
    Column("device_id", Identifier, nullable=False, comment="of the phone that asked"),
    Column("requested_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    Index(None, "account_id", "change_id"),
    Index(
        "uq_number_change_open",
        "account_id",
        unique=True,
        sqlite_where=text("state IN ('in_review', 'waiting')"),
        postgresql_where=text("state IN ('in_review', 'waiting')"),
    ),
    Index(
        "ix_number_change_due_at",
        "due_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
"""A wish to log in with another number because the old one is lost."""

account_tombstone: Final = Table(
    "account_tombstone",
    metadata,
    Column("account_id", Identifier, primary_key=True),
    Column("brand", Word, nullable=False),
    Column("phone_number_index", Blob, nullable=False, comment="32 bytes"),
    Column("name_index", Blob, nullable=False, comment="32 bytes; of the verified name, empty when never verified"),
    Column("document_index", Blob, nullable=False, comment="32 bytes; empty when never verified"),
    Column("phone_number_sealed", Blob, nullable=False, comment="the one it had"),
    Column("person_id", Identifier, nullable=False),
    Column("cancelled_at", UtcTime, nullable=False),
    Index(None, "brand", "phone_number_index"),
    Index(None, "brand", "cancelled_at"),
)
"""What is left of a cancelled account, for an appeal."""

account_appeal: Final = Table(
    "account_appeal",
    metadata,
    Column("appeal_id", Identifier, primary_key=True),
    Column("account_id", Identifier, nullable=False, index=True),
    Column("secret_hash", Blob, nullable=False, comment="SHA-256, 32 bytes"),
    Column("state", Word, nullable=False, index=True),
    Column("phone_number_sealed", Blob, nullable=False, comment="where the account can be reached"),
    Column("submitted_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime, nullable=True),
    Column("reason_sealed", Blob, nullable=True, comment="what the reviewer wrote"),
)
"""An appeal for a cancelled account."""
