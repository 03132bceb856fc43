"""Finds cancelled accounts that nobody may ask back any more.

Revision 0018.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAME = "ix_account_tombstone_brand_cancelled_at"


def upgrade() -> None:
    """Adds the index."""
    op.create_index(op.f(_NAME), "account_tombstone", ["brand", "cancelled_at"])


def downgrade() -> None:
    """Drops the index."""
    op.drop_index(op.f(_NAME), "account_tombstone")
