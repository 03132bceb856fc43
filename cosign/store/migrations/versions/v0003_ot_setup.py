"""OT set-ups of ECDSA shares: their state, and how many a key has begun today (section 6.2).

Revision 0003.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_MILLISECONDS = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the columns; keys made so far have no set-up."""
    comment = "whether an ECDSA share can sign (SEAL-8)"
    op.add_column(
        "share", sa.Column("ot_state", sa.String(length=16), nullable=False, server_default="none", comment=comment)
    )
    comment = "OT set-ups begun since `ot_since_ms` (section 6.2)"
    op.add_column(
        "joint_key", sa.Column("ot_setups", sa.Integer(), nullable=False, server_default="0", comment=comment)
    )
    op.add_column("joint_key", sa.Column("ot_since_ms", _MILLISECONDS, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drops the columns; ECDSA keys need a new set-up afterwards."""
    op.drop_column("joint_key", "ot_since_ms")
    op.drop_column("joint_key", "ot_setups")
    op.drop_column("share", "ot_state")
