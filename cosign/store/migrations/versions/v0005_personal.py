"""Data keys of personal data, and uploads.

Revision 0005.
"""

from collections.abc import Sequence

revision: str = "0005"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the tables."""


def downgrade() -> None:
    """Drops the tables."""
