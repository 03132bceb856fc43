"""Rows of the staff area. Names and secrets are sealed; of bearers, invitations and codes only hashes are here."""

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, text

from cosign.store.metadata import Blob, Count, Identifier, UtcTime, Word, metadata

staff_member: Final = Table(
    "staff_member",
    metadata,
    Column("staff_id", Identifier, primary_key=True),
    Column("login_name", String(32), nullable=False),
    Column("name_sealed", Blob, nullable=False),
    Column("roles", String(255), nullable=False, comment="words in alphabetic order, separated by commas"),
    Column("brands", String(288), nullable=False, comment="as roles; empty: all"),
    Column("state", Word, nullable=False),
    Column("password_hash", String(255), nullable=False, comment="Argon2id, PHC form; empty while invited"),
    Column("password_set_at", UtcTime, nullable=True),
    Column("must_change_password", Boolean, nullable=False),
    Column("totp_secret_sealed", Blob, nullable=True, comment="base32 of 20 bytes"),
    Column("totp_counter", Count, nullable=False, comment="newest time step that was used"),
    Column("certificate_hash", Blob, nullable=False, comment="SHA-256, 32 bytes; empty: any certificate or none"),
    Column("invitation_hash", Blob, nullable=False, comment="SHA-256, 32 bytes; empty: none"),
    Column("invitation_expires_at", UtcTime, nullable=True),
    Column("locked_until", UtcTime, nullable=True),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "login_name", unique=True),
    Index(None, "roles"),
)
"""A staff account (员工账号)."""

staff_former_password: Final = Table(
    "staff_former_password",
    metadata,
    Column("staff_id", Identifier, primary_key=True),
    Column("set_at", UtcTime, primary_key=True),
    Column("password_hash", String(255), nullable=False),
)
"""Passwords that may not come back."""

staff_recovery_code: Final = Table(
    "staff_recovery_code",
    metadata,
    Column("staff_id", Identifier, primary_key=True),
    Column("code_hash", Blob, primary_key=True, comment="SHA-256, 32 bytes"),
)
"""A code that replaces one of the authenticator; the row goes when it is used."""

staff_session: Final = Table(
    "staff_session",
    metadata,
    Column("session_id", Identifier, primary_key=True),
    Column("staff_id", Identifier, nullable=False),
    Column("token_hash", Blob, nullable=False, comment="SHA-256, 32 bytes"),
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("certificate_hash", Blob, nullable=False, comment="of the certificate shown at the login, or empty"),
    Column("ended_reason", Word, nullable=False, comment="empty while it lives"),
    Index(None, "token_hash", unique=True),
    Index(None, "staff_id", "ended_reason"),
)
"""One login of a member."""

staff_login: Final = Table(
    "staff_login",
    metadata,
    Column("login_id", Identifier, primary_key=True),
    Column("staff_id", Identifier, nullable=False),
    Column("time", UtcTime, nullable=False, index=True),
    Column("result", String(32), nullable=False, comment="done or a reason of the error catalogue"),
    Column("network_sealed", Blob, nullable=False, comment="of the caller, without the last part"),
    Index(None, "staff_id", "login_id"),
)
"""Logins, also failed ones."""

staff_attempt: Final = Table(
    "staff_attempt",
    metadata,
    Column("subject", Blob, primary_key=True, comment="SHA-256 of what is counted, 32 bytes"),
    Column("count", Integer, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)
"""What is counted within a window: failed logins of a name or an address, messages that were sent again."""

staff_unmasking: Final = Table(
    "staff_unmasking",
    metadata,
    Column("unmasking_id", Identifier, primary_key=True),
    Column("staff_id", Identifier, nullable=False),
    Column("account_id", Identifier, nullable=False),
    Column("field", String(32), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("reason_sealed", Blob, nullable=True),
    Column("time", UtcTime, nullable=False),
    Index(None, "account_id", "unmasking_id"),
)
"""Somebody saw a datum of an account in clear text (R-AUD-09)."""

staff_proposal: Final = Table(
    "staff_proposal",
    metadata,
    Column("proposal_id", Identifier, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject_id", Identifier, nullable=False),
    Column("brand", Word, nullable=False, comment="of the subject; empty: none in particular"),
    Column("payload_sealed", Blob, nullable=False),
    Column("reason_sealed", Blob, nullable=False),
    Column("state", Word, nullable=False),
    Column("proposer_id", Identifier, nullable=False),
    Column("decided_by", Identifier, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime, nullable=True),
    Index(None, "kind", "proposal_id"),
    Index(
        "ix_staff_proposal_open",
        "subject_id",
        "kind",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_staff_proposal_overdue",
        "expires_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)
"""What one person wants and a second one has to approve."""
