"""Accounts, identities, sessions, codes and login history.

Revision 0006.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the tables, and to devices and bearer tokens what a login brings."""
    _comment_device_state("active, blocked or unbound", was="active or unbound")
    blocked = "user or account, while blocked"
    op.add_column(
        "device", sa.Column("blocked_by", sa.String(length=16), nullable=False, server_default="", comment=blocked)
    )
    for name, length, default, comment in (
        ("session_id", 64, "", "the login, if any"),
        ("brand", 16, "", None),
        ("acting", 64, "", "identity the user acts as"),
    ):
        column = sa.Column(name, sa.String(length), nullable=False, server_default=default, comment=comment)
        op.add_column("device_session", column)
    op.create_index(op.f("ix_device_session_session_id"), "device_session", ["session_id"], unique=False)
    op.create_index(op.f("ix_device_session_user_id"), "device_session", ["user_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column(
            "phone_number_sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="null for a login without a number, and once cancelled",
        ),
        sa.Column("phone_number_index", sa.LargeBinary(), nullable=True, comment="32 bytes"),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True, comment="as the user gave it, or the verified one"),
        sa.Column("name_index", sa.LargeBinary(), nullable=True, comment="32 bytes; of the verified name"),
        sa.Column(
            "document_index", sa.LargeBinary(), nullable=True, comment="32 bytes; of the verified document's number"
        ),
        sa.Column("password_hash", sa.String(length=255), nullable=False, comment="Argon2id, PHC form; empty: none"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False, comment="empty until verified"),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column(
            "acting", sa.String(length=64), nullable=False, comment="identity chosen last; empty: natural person"
        ),
        sa.Column("avatar_upload_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("locked_until", UtcTime(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancel_reason_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_index(
        op.f("ix_account_brand_phone_number_index"), "account", ["brand", "phone_number_index"], unique=True
    )
    op.create_table(
        "account_appeal",
        sa.Column("appeal_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phone_number_sealed", sa.LargeBinary(), nullable=False, comment="where the account can be reached"),
        sa.Column("submitted_at", UtcTime(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True, comment="what the reviewer wrote"),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_account_appeal")),
    )
    op.create_index(op.f("ix_account_appeal_account_id"), "account_appeal", ["account_id"], unique=False)
    op.create_index(op.f("ix_account_appeal_state"), "account_appeal", ["state"], unique=False)
    op.create_table(
        "account_device",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("os_version", sa.String(length=32), nullable=False),
        sa.Column("app_version", sa.String(length=32), nullable=False),
        sa.Column("push_token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("last_login_at", UtcTime(), nullable=False),
        sa.Column("biometric_key", sa.LargeBinary(), nullable=True, comment="P-256, 33 bytes, SEC 1 compressed"),
        sa.Column("remember_pin", sa.Boolean(), nullable=False),
        sa.Column("guide_suppressed_until", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_account_device")),
    )
    op.create_index(
        op.f("ix_account_device_account_id_device_id"), "account_device", ["account_id", "device_id"], unique=False
    )
    op.create_table(
        "account_identity",
        sa.Column("identity_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("enterprise_id", sa.String(length=64), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_account_identity")),
    )
    op.create_index(op.f("ix_account_identity_account_id"), "account_identity", ["account_id"], unique=False)
    op.create_index(op.f("ix_account_identity_enterprise_id"), "account_identity", ["enterprise_id"], unique=False)
    op.create_table(
        "account_session",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False, comment="number of the newest refresh token"),
        sa.Column("refreshed_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("ended_reason", sa.String(length=16), nullable=False, comment="empty while it lives"),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_account_session")),
    )
    op.create_index(
        op.f("ix_account_session_account_id_ended_reason"),
        "account_session",
        ["account_id", "ended_reason"],
        unique=False,
    )
    op.create_index(op.f("ix_account_session_device_id"), "account_session", ["device_id"], unique=False)
    op.create_index(op.f("ix_account_session_expires_at"), "account_session", ["expires_at"], unique=False)
    op.create_table(
        "account_tombstone",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("phone_number_index", sa.LargeBinary(), nullable=False, comment="32 bytes"),
        sa.Column(
            "name_index",
            sa.LargeBinary(),
            nullable=False,
            comment="32 bytes; of the verified name, empty when never verified",
        ),
        sa.Column("document_index", sa.LargeBinary(), nullable=False, comment="32 bytes; empty when never verified"),
        sa.Column("phone_number_sealed", sa.LargeBinary(), nullable=False, comment="the one it had"),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("cancelled_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_tombstone")),
    )
    op.create_index(
        op.f("ix_account_tombstone_brand_phone_number_index"),
        "account_tombstone",
        ["brand", "phone_number_index"],
        unique=False,
    )
    op.create_table(
        "captcha",
        sa.Column("captcha_id", sa.String(length=64), nullable=False),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("answer_index", sa.LargeBinary(), nullable=False, comment="keyed hash, 32 bytes"),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("captcha_id", name=op.f("pk_captcha")),
    )
    op.create_index(op.f("ix_captcha_expires_at"), "captcha", ["expires_at"], unique=False)
    op.create_table(
        "former_password",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "set_at", name=op.f("pk_former_password")),
    )
    op.create_table(
        "login_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False, comment="SHA-256, 32 bytes"),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_login_challenge")),
    )
    op.create_index(op.f("ix_login_challenge_expires_at"), "login_challenge", ["expires_at"], unique=False)
    op.create_table(
        "login_history",
        sa.Column("login_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("result", sa.String(length=32), nullable=False, comment="ok or a reason of the error catalogue"),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("device_label", sa.String(length=64), nullable=False),
        sa.Column("network_sealed", sa.LargeBinary(), nullable=False, comment="of the caller, without the last part"),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_login_history")),
    )
    op.create_index(
        op.f("ix_login_history_account_id_login_id"), "login_history", ["account_id", "login_id"], unique=False
    )
    op.create_index(op.f("ix_login_history_time"), "login_history", ["time"], unique=False)
    op.create_table(
        "sms_code",
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("phone_number_index", sa.LargeBinary(), nullable=False, comment="32 bytes"),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False, comment="keyed hash, 32 bytes"),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, comment="wrong answers"),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "phone_number_index", "purpose", name=op.f("pk_sms_code")),
    )
    op.create_index(op.f("ix_sms_code_expires_at"), "sms_code", ["expires_at"], unique=False)
    op.create_table(
        "usage_count",
        sa.Column("subject", sa.LargeBinary(), nullable=False, comment="keyed hash of what is counted, 32 bytes"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False, comment="first one of the window"),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_usage_count")),
    )
    op.create_index(op.f("ix_usage_count_expires_at"), "usage_count", ["expires_at"], unique=False)
    op.create_table(
        "verification_ticket",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False, comment="SHA-256, hexadecimal"),
        sa.Column("brand", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("phone_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_verification_ticket")),
    )
    op.create_index(op.f("ix_verification_ticket_expires_at"), "verification_ticket", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drops them; every login ends."""
    _comment_device_state("active or unbound", was="active, blocked or unbound")
    op.drop_index(op.f("ix_verification_ticket_expires_at"), table_name="verification_ticket")
    op.drop_table("verification_ticket")
    op.drop_index(op.f("ix_usage_count_expires_at"), table_name="usage_count")
    op.drop_table("usage_count")
    op.drop_index(op.f("ix_sms_code_expires_at"), table_name="sms_code")
    op.drop_table("sms_code")
    op.drop_index(op.f("ix_login_history_time"), table_name="login_history")
    op.drop_index(op.f("ix_login_history_account_id_login_id"), table_name="login_history")
    op.drop_table("login_history")
    op.drop_index(op.f("ix_login_challenge_expires_at"), table_name="login_challenge")
    op.drop_table("login_challenge")
    op.drop_table("former_password")
    op.drop_index(op.f("ix_captcha_expires_at"), table_name="captcha")
    op.drop_table("captcha")
    op.drop_index(op.f("ix_account_tombstone_brand_phone_number_index"), table_name="account_tombstone")
    op.drop_table("account_tombstone")
    op.drop_index(op.f("ix_account_session_expires_at"), table_name="account_session")
    op.drop_index(op.f("ix_account_session_device_id"), table_name="account_session")
    op.drop_index(op.f("ix_account_session_account_id_ended_reason"), table_name="account_session")
    op.drop_table("account_session")
    op.drop_index(op.f("ix_account_identity_enterprise_id"), table_name="account_identity")
    op.drop_index(op.f("ix_account_identity_account_id"), table_name="account_identity")
    op.drop_table("account_identity")
    op.drop_index(op.f("ix_account_device_account_id_device_id"), table_name="account_device")
    op.drop_table("account_device")
    op.drop_index(op.f("ix_account_appeal_state"), table_name="account_appeal")
    op.drop_index(op.f("ix_account_appeal_account_id"), table_name="account_appeal")
    op.drop_table("account_appeal")
    op.drop_index(op.f("ix_account_brand_phone_number_index"), table_name="account")
    op.drop_table("account")
    op.drop_index(op.f("ix_device_session_user_id"), table_name="device_session")
    op.drop_index(op.f("ix_device_session_session_id"), table_name="device_session")
    for name in ("acting", "brand", "session_id"):
        op.drop_column("device_session", name)
    op.drop_column("device", "blocked_by")


def _comment_device_state(comment: str, *, was: str) -> None:
    if op.get_context().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column(
            "device",
            "state",
            existing_type=sa.String(length=16),
            existing_nullable=False,
            comment=comment,
            existing_comment=was,
        )
