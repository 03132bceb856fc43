"""What providers report of deliveries.

Revision 0015.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORD = sa.String(length=16)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "delivery",
        sa.Column("key", sa.String(length=96), nullable=False, comment="key of the row of the outbox"),
        sa.Column("channel", _WORD, nullable=False),
        sa.Column("provider", _WORD, nullable=False),
        sa.Column(
            "reference", sa.String(length=96), nullable=False, comment="what the provider calls it; may be empty"
        ),
        sa.Column("message_id", sa.String(length=64), nullable=False, comment="empty for a code"),
        sa.Column(
            "following",
            sa.String(length=64),
            nullable=False,
            comment="channels that are tried when it fails, with spaces",
        ),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False, comment="the provider's word for a failure"),
        sa.Column("sent_ms", _BIG, nullable=False),
        sa.Column("ended_ms", _BIG, nullable=False, comment="when a report changed it; 0 before"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_provider_reference"), "delivery", ["provider", "reference"])
    op.create_index(op.f("ix_delivery_sent_ms"), "delivery", ["sent_ms"])
    failed = sa.text("state = 'failed'")
    op.create_index("ix_delivery_failed", "delivery", ["sent_ms"], sqlite_where=failed, postgresql_where=failed)
    op.create_table(
        "early_report",
        sa.Column("provider", _WORD, nullable=False),
        sa.Column("reference", sa.String(length=96), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("reported_ms", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("provider", "reference", name=op.f("pk_early_report")),
    )
    op.create_index(op.f("ix_early_report_reported_ms"), "early_report", ["reported_ms"])


def downgrade() -> None:
    """Drops the tables."""
    op.drop_table("early_report")
    op.drop_table("delivery")
