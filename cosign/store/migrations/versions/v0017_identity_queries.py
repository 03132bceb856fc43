"""When providers are asked for results of real-name attempts.

Revision 0017.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AWAITED = "state IN ('face_pending', 'provider_pending')"


def upgrade() -> None:
    """Adds the columns and their index; attempts that wait now are asked for at once."""
    op.add_column(
        "identity_attempt",
        sa.Column(
            "next_query_ms", _BIG, nullable=False, server_default="0", comment="when its provider is asked; 0: never"
        ),
    )
    op.add_column(
        "identity_attempt",
        sa.Column(
            "queries",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="how often its provider was asked in the background",
        ),
    )
    op.execute(f"UPDATE identity_attempt SET next_query_ms = 1 WHERE {_AWAITED} AND length(session_sealed) > 0")
    queried = sa.text(f"{_AWAITED} AND next_query_ms > 0")
    op.create_index(
        "ix_identity_attempt_queried",
        "identity_attempt",
        ["next_query_ms"],
        sqlite_where=queried,
        postgresql_where=queried,
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_index("ix_identity_attempt_queried", "identity_attempt")
    op.drop_column("identity_attempt", "queries")
    op.drop_column("identity_attempt", "next_query_ms")
