"""Logins through carriers, WeChat, Alipay and network identity.

Revision 0013.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.String(length=64)
_WORD = sa.String(length=16)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "linked_account",
        sa.Column("binding_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("provider", _WORD, nullable=False),
        sa.Column(
            "subject_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="provider and id of the user there; see ExternalUser",
        ),
        sa.Column("subject_index", sa.LargeBinary(), nullable=False, comment="32 bytes"),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True, comment="how he is called there"),
        sa.Column("level", _WORD, nullable=False, comment="of network identity, else empty"),
        sa.Column("bound_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_linked_account")),
    )
    op.create_index(
        op.f("ix_linked_account_brand_subject_index"), "linked_account", ["brand", "subject_index"], unique=True
    )
    op.create_index(
        op.f("ix_linked_account_account_id_provider"), "linked_account", ["account_id", "provider"], unique=True
    )
    op.create_table(
        "linked_authorisation",
        sa.Column("state_hash", _ID, nullable=False, comment="SHA-256, hexadecimal"),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("provider", _WORD, nullable=False),
        sa.Column("holder", _ID, nullable=False, comment="hash of a device key, or a device id"),
        sa.Column("account_id", _ID, nullable=False, comment="that wants to be bound; empty for a login"),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_linked_authorisation")),
    )
    op.create_table(
        "linked_code",
        sa.Column("code_hash", _ID, nullable=False, comment="SHA-256, hexadecimal"),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_linked_code")),
    )
    op.create_table(
        "linked_pending",
        sa.Column("ticket_hash", _ID, nullable=False, comment="SHA-256, hexadecimal"),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("provider", _WORD, nullable=False),
        sa.Column("holder", _ID, nullable=False, comment="hash of a device key"),
        sa.Column("subjects_sealed", sa.LargeBinary(), nullable=False, comment="JSON list"),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True, comment="how he is called there"),
        sa.Column("level", _WORD, nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_linked_pending")),
    )
    for table in ("linked_authorisation", "linked_code", "linked_pending"):
        op.create_index(op.f(f"ix_{table}_expires_at"), table, ["expires_at"])


def downgrade() -> None:
    """Drops the tables."""
    for table in ("linked_pending", "linked_code", "linked_authorisation", "linked_account"):
        op.drop_table(table)
