"""Manual reviews of identity, links for persons without an account.

Revision 0010.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.String(length=64)
_WORD = sa.String(length=16)
_TIME = sa.DateTime(timezone=True)

PARTIAL = (
    ("ix_identity_link_expiring", "expires_at", "state IN ('issued', 'phone_proved', 'checking')"),
    ("uq_identity_link_continuation", "continuation_hash", "continuation_hash <> ''"),
)
"""Name, column of `identity_link`, condition; `uq_` is unique."""


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "identity_manual",
        sa.Column("attempt_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("files", sa.String(length=512), nullable=False, comment="`portrait=upl_…`, separated by commas"),
        sa.Column("submitted_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False, comment="when the decision is expected"),
        sa.Column("decided_by", sa.String(length=32), nullable=False, comment="member of staff; empty before"),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_identity_manual")),
    )
    op.create_index(op.f("ix_identity_manual_account_id"), "identity_manual", ["account_id"])
    _links()


def downgrade() -> None:
    """Drops the tables."""
    for table in ("identity_link", "identity_manual"):
        op.drop_table(table)


def _links() -> None:
    op.create_table(
        "identity_link",
        sa.Column("link_id", _ID, nullable=False, comment="`idl_` and a ULID"),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token, 32 bytes"),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("claim_ref", _ID, nullable=False, comment="opaque name of what the proof is for"),
        sa.Column("issued_by", _ID, nullable=False, comment="account or `operator`"),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("expected_sealed", sa.LargeBinary(), nullable=False, comment="JSON of who is expected"),
        sa.Column(
            "continuation_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 in hexadecimal; empty before the code",
        ),
        sa.Column("attempt_id", _ID, nullable=False, comment="the newest check; empty before"),
        sa.Column("checks", sa.Integer(), nullable=False, comment="how many were begun"),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("erase_at", _TIME, nullable=True, comment="when a finished one goes, with its check"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_identity_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_identity_link_token_hash")),
    )
    op.create_index(op.f("ix_identity_link_attempt_id"), "identity_link", ["attempt_id"])
    op.create_index(op.f("ix_identity_link_erase_at"), "identity_link", ["erase_at"])
    op.create_index(op.f("ix_identity_link_claim_ref_link_id"), "identity_link", ["claim_ref", "link_id"])
    for name, column, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(
            name,
            "identity_link",
            [column],
            unique=name.startswith("uq_"),
            sqlite_where=where,
            postgresql_where=where,
        )
