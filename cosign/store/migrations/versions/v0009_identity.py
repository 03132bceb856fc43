"""Real-name attempts, verified persons, callbacks of providers.

Revision 0009.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.String(length=64)
_WORD = sa.String(length=16)
_TIME = sa.DateTime(timezone=True)

PARTIAL = (
    (
        "uq_identity_attempt_living",
        "identity_attempt",
        ["account_id"],
        (
            "account_id <> '' AND state IN"
            " ('in_progress', 'face_pending', 'provider_pending', 'manual_draft', 'manual_review')"
        ),
    ),
    ("uq_identity_attempt_provider", "identity_attempt", ["provider", "provider_ref"], "provider_ref <> ''"),
    (
        "ix_identity_attempt_expiring",
        "identity_attempt",
        ["expires_at"],
        "state IN ('in_progress', 'face_pending', 'provider_pending', 'manual_draft')",
    ),
    ("uq_person_account", "person", ["account_id"], "ended_at IS NULL AND account_id <> ''"),
    (
        "uq_person_document",
        "person",
        ["document_scope", "document_number_index"],
        "ended_at IS NULL AND document_scope <> ''",
    ),
    (
        "ix_person_expiry",
        "person",
        ["validity", "document_expiry"],
        "ended_at IS NULL AND document_expiry IS NOT NULL",
    ),
)
"""Name, table, columns, condition; `uq_` is unique."""


def upgrade() -> None:
    """Adds the tables."""
    _attempts()
    _people()
    op.create_table(
        "identity_callback",
        sa.Column("provider", _WORD, nullable=False),
        sa.Column("event_id", sa.String(length=96), nullable=False, comment="of the provider, unique per event"),
        sa.Column("provider_ref", sa.String(length=96), nullable=False),
        sa.Column("disposition", _WORD, nullable=False, comment="what became of it"),
        sa.Column("received_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_identity_callback")),
    )
    op.create_index(op.f("ix_identity_callback_received_at"), "identity_callback", ["received_at"])
    for name, table, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, unique=name.startswith("uq_"), sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Drops the tables."""
    for table in ("identity_callback", "person", "identity_attempt"):
        op.drop_table(table)


def _attempts() -> None:
    op.create_table(
        "identity_attempt",
        sa.Column("attempt_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False, comment="empty for a person without an account"),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("device_id", _ID, nullable=False),
        sa.Column("purpose", _WORD, nullable=False),
        sa.Column("method", _WORD, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("level", _WORD, nullable=False, comment="empty until it passed"),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("provider", _WORD, nullable=False),
        sa.Column("provider_ref", sa.String(length=96), nullable=False),
        sa.Column(
            "session_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="what the phone needs for the provider; empty: nothing",
        ),
        sa.Column("evidence", sa.String(length=96), nullable=False),
        sa.Column("card_last_four", sa.String(length=4), nullable=False),
        sa.Column("upload_ids", sa.String(length=512), nullable=False, comment="separated by commas"),
        sa.Column(
            "claimed_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON of what the person claims; empty: nothing yet",
        ),
        sa.Column(
            "read_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON of what was read from the card; empty: nothing",
        ),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=False, comment="what a reviewer wrote; empty: nothing"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_identity_attempt")),
    )
    op.create_index(op.f("ix_identity_attempt_created_at"), "identity_attempt", ["created_at"])
    op.create_index(op.f("ix_identity_attempt_account_id_attempt_id"), "identity_attempt", ["account_id", "attempt_id"])


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("record_id", _ID, nullable=False, comment="person id, slash, version"),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="from 1"),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("document_type", _WORD, nullable=False),
        sa.Column("document_scope", _ID, nullable=False, comment="brand, type and country of the document"),
        sa.Column("document_expiry", sa.Date(), nullable=True, comment="null: unknown or never"),
        sa.Column("validity", _WORD, nullable=False, comment="empty, warned or expired: what was told of its end"),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("document_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("document_number_index", sa.LargeBinary(), nullable=False, comment="32 bytes"),
        sa.Column("details_sealed", sa.LargeBinary(), nullable=False, comment="JSON of everything else"),
        sa.Column("level", _WORD, nullable=False),
        sa.Column("method", _WORD, nullable=False),
        sa.Column("attempt_id", _ID, nullable=False),
        sa.Column("verified_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True, comment="null: the version in force"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_person_id_version"), "person", ["person_id", "version"], unique=True)
    op.create_index(op.f("ix_person_account_id"), "person", ["account_id"])
