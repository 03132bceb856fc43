"""When providers are asked for results of real-name attempts; documents that end are looked for by brand.

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
_ENDING = sa.text("ended_at IS NULL AND document_expiry IS NOT NULL")


def upgrade() -> None:
    """Adds the columns and indexes; attempts that wait now are asked for at once."""
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
    op.execute(
        "UPDATE identity_attempt SET next_query_ms = 1"
        " WHERE state IN ('face_pending', 'provider_pending') AND length(session_sealed) > 0"
    )
    queried = sa.text("state IN ('face_pending', 'provider_pending') AND next_query_ms > 0")
    op.create_index(
        "ix_identity_attempt_queried",
        "identity_attempt",
        ["next_query_ms"],
        sqlite_where=queried,
        postgresql_where=queried,
    )
    op.create_index(
        "ix_person_ending",
        "person",
        ["brand", "validity", "document_expiry"],
        sqlite_where=_ENDING,
        postgresql_where=_ENDING,
    )
    op.drop_index("ix_person_expiry", "person")


def downgrade() -> None:
    """Drops them."""
    op.create_index(
        "ix_person_expiry",
        "person",
        ["validity", "document_expiry"],
        sqlite_where=_ENDING,
        postgresql_where=_ENDING,
    )
    op.drop_index("ix_person_ending", "person")
    op.drop_index("ix_identity_attempt_queried", "identity_attempt")
    op.drop_column("identity_attempt", "queries")
    op.drop_column("identity_attempt", "next_query_ms")
