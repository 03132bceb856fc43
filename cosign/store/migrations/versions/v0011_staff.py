"""Staff accounts, their sessions and logins, and proposals that need a second person.

Revision 0011.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=64)
_WORD = sa.String(length=16)
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the tables."""
    _members()
    _sessions()
    op.create_table(
        "staff_unmasking",
        sa.Column("unmasking_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("time", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("unmasking_id", name=op.f("pk_staff_unmasking")),
    )
    op.create_index(
        op.f("ix_staff_unmasking_account_id_unmasking_id"), "staff_unmasking", ["account_id", "unmasking_id"]
    )
    op.create_index(op.f("ix_account_brand_document_index"), "account", ["brand", "document_index"])
    op.create_table(
        "staff_proposal",
        sa.Column("proposal_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("payload_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("proposer_id", _ID, nullable=False),
        sa.Column("decided_by", _ID, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_staff_proposal")),
    )
    op.create_index(op.f("ix_staff_proposal_kind_proposal_id"), "staff_proposal", ["kind", "proposal_id"])
    where = sa.text("state = 'open'")
    op.create_index(
        "ix_staff_proposal_open",
        "staff_proposal",
        ["subject_id", "kind"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_index(
        "ix_staff_proposal_overdue", "staff_proposal", ["expires_at"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    """Drops the tables."""
    op.drop_index(op.f("ix_account_brand_document_index"), "account")
    for table in (
        "staff_proposal",
        "staff_unmasking",
        "staff_attempt",
        "staff_login",
        "staff_session",
        "staff_recovery_code",
        "staff_former_password",
        "staff_member",
    ):
        op.drop_table(table)


def _members() -> None:
    op.create_table(
        "staff_member",
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("login_name", sa.String(length=32), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "roles", sa.String(length=255), nullable=False, comment="words in alphabetic order, separated by commas"
        ),
        sa.Column("state", _WORD, nullable=False),
        sa.Column(
            "password_hash",
            sa.String(length=255),
            nullable=False,
            comment="Argon2id, PHC form; empty while invited",
        ),
        sa.Column("password_set_at", _TIME, nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_secret_sealed", sa.LargeBinary(), nullable=True, comment="base32 of 20 bytes"),
        sa.Column("totp_counter", _BIG, nullable=False, comment="newest time step that was used"),
        sa.Column(
            "certificate_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256, 32 bytes; empty: any certificate or none",
        ),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes; empty: none"),
        sa.Column("invitation_expires_at", _TIME, nullable=True),
        sa.Column("locked_until", _TIME, nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_staff_member")),
    )
    op.create_index(op.f("ix_staff_member_login_name"), "staff_member", ["login_name"], unique=True)
    op.create_index(op.f("ix_staff_member_roles"), "staff_member", ["roles"])
    op.create_table(
        "staff_former_password",
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("set_at", _TIME, nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "set_at", name=op.f("pk_staff_former_password")),
    )
    op.create_table(
        "staff_recovery_code",
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.PrimaryKeyConstraint("staff_id", "code_hash", name=op.f("pk_staff_recovery_code")),
    )


def _sessions() -> None:
    op.create_table(
        "staff_session",
        sa.Column("session_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column(
            "certificate_hash",
            sa.LargeBinary(),
            nullable=False,
            comment="of the certificate shown at the login, or empty",
        ),
        sa.Column("ended_reason", _WORD, nullable=False, comment="empty while it lives"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_staff_session")),
    )
    op.create_index(op.f("ix_staff_session_expires_at"), "staff_session", ["expires_at"])
    op.create_index(op.f("ix_staff_session_token_hash"), "staff_session", ["token_hash"], unique=True)
    op.create_index(op.f("ix_staff_session_staff_id_ended_reason"), "staff_session", ["staff_id", "ended_reason"])
    op.create_table(
        "staff_login",
        sa.Column("login_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False, comment="done or a reason of the error catalogue"),
        sa.Column("network_sealed", sa.LargeBinary(), nullable=False, comment="of the caller, without the last part"),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_staff_login")),
    )
    op.create_index(op.f("ix_staff_login_time"), "staff_login", ["time"])
    op.create_index(op.f("ix_staff_login_staff_id_login_id"), "staff_login", ["staff_id", "login_id"])
    op.create_table(
        "staff_attempt",
        sa.Column("subject", sa.LargeBinary(), nullable=False, comment="SHA-256 of what is counted, 32 bytes"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_staff_attempt")),
    )
    op.create_index(op.f("ix_staff_attempt_expires_at"), "staff_attempt", ["expires_at"])
