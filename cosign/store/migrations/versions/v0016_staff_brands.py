"""Brands that members of staff work for, and that proposals belong to.

Revision 0016.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Adds the columns. Members work for all brands as before; proposals about an account get its brand."""
    op.add_column(
        "staff_member",
        sa.Column("brands", sa.String(length=288), nullable=False, server_default="", comment="as roles; empty: all"),
    )
    op.add_column(
        "staff_proposal",
        sa.Column(
            "brand",
            sa.String(length=16),
            nullable=False,
            server_default="",
            comment="of the subject; empty: none in particular",
        ),
    )
    op.execute(
        "UPDATE staff_proposal SET brand = coalesce("
        "(SELECT account.brand FROM account WHERE account.account_id = staff_proposal.subject_id),"
        " (SELECT account.brand FROM account JOIN device ON device.user_id = account.account_id"
        " WHERE device.device_id = staff_proposal.subject_id), '')"
    )


def downgrade() -> None:
    """Drops the columns; every member works for all brands then."""
    op.drop_column("staff_proposal", "brand")
    op.drop_column("staff_member", "brands")
