"""Indexes for what the sweep looks for, and how PostgreSQL keeps rows that change with every request.

Revision 0002.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (
    ("ix_joint_key_inactive", "joint_key", "created_at", "inactive"),
    ("ix_share_retired", "share", "changed_ms", "retired"),
    ("ix_share_pending", "share", "expires_ms", "pending"),
)
"""Name, table, column, state."""

STORAGE = (
    # Room on the page for the next version of a row: the update then touches no index.
    "ALTER TABLE dev_state SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)",
    # Rows live for minutes.
    "ALTER TABLE seen_request SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)",
    "ALTER TABLE public_key_usage SET (fillfactor = 80)",
)


def upgrade() -> None:
    """Adds the indexes."""
    for name, table, column, state in INDEXES:
        where = sa.text(f"state = '{state}'")
        op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "postgresql":
        for statement in STORAGE:
            op.execute(statement)


def downgrade() -> None:
    """Drops them; the storage parameters stay."""
    for name, table, _, state in INDEXES:
        where = sa.text(f"state = '{state}'")
        op.drop_index(name, table_name=table, sqlite_where=where, postgresql_where=where)
