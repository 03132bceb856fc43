"""The first schema: store, signing, devices, audit.

Revision 0001.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates every table."""
    op.create_table(
        "audit_checkpoint",
        sa.Column("segment", sa.String(length=64), nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("server_id", sa.String(length=64), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.Column("time_ms", BIG, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("segment", "seq", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_row",
        sa.Column("segment", sa.String(length=64), nullable=False),
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("time_ms", BIG, nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("share_id", sa.LargeBinary(), nullable=False),
        sa.Column("op", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("policy", sa.LargeBinary(), nullable=False),
        sa.Column("clone_case", sa.String(length=1), nullable=False),
        sa.Column("audit_hash", sa.LargeBinary(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("ctx", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("enc_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sig_dev", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("segment", "seq", name=op.f("pk_audit_row")),
    )
    op.create_index(op.f("ix_audit_row_device_id_time_ms"), "audit_row", ["device_id", "time_ms"], unique=False)
    op.create_table(
        "core_key",
        sa.Column("name", sa.String(length=80), nullable=False, comment="`core`, or `envelope:` and the key id in hex"),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="33 bytes"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column(
            "statement", sa.LargeBinary(), nullable=False, comment="64-byte r‖s of E2E-4; empty for the identity key"
        ),
        sa.Column("not_before_ms", BIG, nullable=False),
        sa.Column("not_after_ms", BIG, nullable=False, comment="readable until then; 0 without end"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_core_key")),
    )
    op.create_table(
        "dev_state",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("row_ver", BIG, nullable=False, comment="raised by every write; part of the MAC"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts_left", sa.Integer(), nullable=False),
        sa.Column("lifetime_left", sa.Integer(), nullable=False),
        sa.Column("lock_until_ms", BIG, nullable=False),
        sa.Column("ctr", BIG, nullable=False),
        sa.Column("tau_cur", sa.LargeBinary(), nullable=False, comment="16 bytes, zeros before the first right PIN"),
        sa.Column("tau_next", sa.LargeBinary(), nullable=False, comment="16 bytes"),
        sa.Column("last_req", sa.LargeBinary(), nullable=False, comment="16 bytes, zeros before the first right PIN"),
        sa.Column("uncommitted_evals", sa.Integer(), nullable=False),
        sa.Column("uncommitted_since_ms", BIG, nullable=False),
        sa.Column("charge_first_until_ms", BIG, nullable=False),
        sa.Column("adopted_epoch", sa.Integer(), nullable=False),
        sa.Column("recovery", sa.String(length=16), nullable=False),
        sa.Column(
            "charged",
            sa.LargeBinary(),
            nullable=False,
            comment="16 bytes for each charged attempt: the key it was for",
        ),
        sa.Column("mac", sa.LargeBinary(), nullable=False, comment="32 bytes over all other columns (SEAL-7)"),
        sa.CheckConstraint(
            "attempts_left >= 0 AND lifetime_left >= 0", name=op.f("ck_dev_state_counters_not_negative")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_dev_state")),
    )
    op.create_table(
        "device",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="P-256, 33 bytes, SEC 1 compressed"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="active or unbound"),
        sa.Column("enrolled_at", UtcTime(), nullable=False),
        sa.Column("unbound_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device")),
        sa.UniqueConstraint("public_key", name=op.f("uq_device_public_key")),
    )
    op.create_index(op.f("ix_device_user_id_device_id"), "device", ["user_id", "device_id"], unique=False)
    op.create_table(
        "device_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the bearer token, 32 bytes"),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_device_session")),
    )
    op.create_index(op.f("ix_device_session_device_id"), "device_session", ["device_id"], unique=False)
    op.create_index(op.f("ix_device_session_expires_at"), "device_session", ["expires_at"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="PBKDF2 of the code, 32 bytes"),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("device_id", sa.String(length=64), nullable=True, comment="the device that spent it"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "idempotent_request",
        sa.Column("scope", sa.String(length=64), nullable=False, comment="who asked: a device or a platform"),
        sa.Column("method", sa.String(length=128), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False, comment="32 bytes over the canonical request"),
        sa.Column(
            "answer", sa.LargeBinary(), nullable=False, comment="serialised answer; never an answer of a key operation"
        ),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("scope", "method", "request_id", name=op.f("pk_idempotent_request")),
    )
    op.create_index(op.f("ix_idempotent_request_expires_ms"), "idempotent_request", ["expires_ms"], unique=False)
    op.create_table(
        "keygen_pending",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.Integer(), nullable=False),
        sa.Column("k1", sa.LargeBinary(), nullable=False, comment="32 bytes, context of the seal"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_keygen_pending")),
    )
    op.create_index(op.f("ix_keygen_pending_device_id"), "keygen_pending", ["device_id"], unique=False)
    op.create_index(op.f("ix_keygen_pending_expires_ms"), "keygen_pending", ["expires_ms"], unique=False)
    op.create_table(
        "node_heartbeat",
        sa.Column("node_id", sa.String(length=64), nullable=False),
        sa.Column("seen_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_node_heartbeat")),
    )
    op.create_table(
        "proof_nonce",
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="device key, 33 bytes"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False, comment="16 bytes"),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("public_key", "nonce", name=op.f("pk_proof_nonce")),
    )
    op.create_index(op.f("ix_proof_nonce_expires_at"), "proof_nonce", ["expires_at"], unique=False)
    op.create_table(
        "public_key_usage",
        sa.Column("pk", sa.LargeBinary(), nullable=False, comment="33 bytes"),
        sa.Column("decryptions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_public_key_usage")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seen_request",
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("req_id", sa.LargeBinary(), nullable=False, comment="16 bytes"),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "req_id", name=op.f("pk_seen_request")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "joint_key",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False, comment="RecordFlag bits, part of the context of its shares"),
        sa.Column("pk", sa.LargeBinary(), nullable=False, comment="33 bytes, SEC 1 compressed"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column(
            "frozen_by", sa.String(length=16), nullable=False, comment="user, operator or restore; empty unless FROZEN"
        ),
        sa.Column(
            "challenge_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the activation plaintext, or empty"
        ),
        sa.Column("share_epoch", sa.Integer(), nullable=False, comment="completed refreshes"),
        sa.Column("row_ver", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["dev_state.device_id"], name=op.f("fk_joint_key_device_id_dev_state")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_joint_key")),
    )
    op.create_index(op.f("ix_joint_key_device_id"), "joint_key", ["device_id"], unique=False)
    op.create_index(op.f("ix_joint_key_user_id_created_at"), "joint_key", ["user_id", "created_at"], unique=False)
    op.create_table(
        "share",
        sa.Column("share_id", sa.LargeBinary(), nullable=False, comment="16 random bytes"),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="record of section 8.1; empty once destroyed"),
        sa.Column("kek_version", sa.Integer(), nullable=False, comment="version inside `sealed`, for the re-seal job"),
        sa.Column("row_ver", sa.Integer(), nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False, comment="end of PENDING; 0 otherwise"),
        sa.Column("changed_ms", BIG, nullable=False, comment="when the present state began"),
        sa.ForeignKeyConstraint(["key_id"], ["joint_key.key_id"], name=op.f("fk_share_key_id_joint_key")),
        sa.PrimaryKeyConstraint("share_id", name=op.f("pk_share")),
    )
    op.create_index(op.f("ix_share_key_id_state"), "share", ["key_id", "state"], unique=False)
    op.create_index(
        "uq_share_one_current",
        "share",
        ["key_id", "device_id"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_index(
        "uq_share_one_pending",
        "share",
        ["key_id", "device_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def downgrade() -> None:
    """Drops every table."""
    op.drop_index(
        "uq_share_one_pending",
        table_name="share",
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.drop_index(
        "uq_share_one_current",
        table_name="share",
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.drop_index(op.f("ix_share_key_id_state"), table_name="share")
    op.drop_table("share")
    op.drop_index(op.f("ix_joint_key_user_id_created_at"), table_name="joint_key")
    op.drop_index(op.f("ix_joint_key_device_id"), table_name="joint_key")
    op.drop_table("joint_key")
    op.drop_table("seen_request")
    op.drop_table("public_key_usage")
    op.drop_index(op.f("ix_proof_nonce_expires_at"), table_name="proof_nonce")
    op.drop_table("proof_nonce")
    op.drop_table("node_heartbeat")
    op.drop_index(op.f("ix_keygen_pending_expires_ms"), table_name="keygen_pending")
    op.drop_index(op.f("ix_keygen_pending_device_id"), table_name="keygen_pending")
    op.drop_table("keygen_pending")
    op.drop_index(op.f("ix_idempotent_request_expires_ms"), table_name="idempotent_request")
    op.drop_table("idempotent_request")
    op.drop_table("enrolment_code")
    op.drop_index(op.f("ix_device_session_expires_at"), table_name="device_session")
    op.drop_index(op.f("ix_device_session_device_id"), table_name="device_session")
    op.drop_table("device_session")
    op.drop_index(op.f("ix_device_user_id_device_id"), table_name="device")
    op.drop_table("device")
    op.drop_table("dev_state")
    op.drop_table("core_key")
    op.drop_index(op.f("ix_audit_row_device_id_time_ms"), table_name="audit_row")
    op.drop_table("audit_row")
    op.drop_table("audit_checkpoint")
