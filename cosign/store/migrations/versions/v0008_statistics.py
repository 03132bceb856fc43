"""Cheaper statistics of the tables that signing writes, on PostgreSQL.

Revision 0008.

`audit_row` grows by a wide row with every signature. An automatic ANALYZE reads 30,000 of its rows and sorts every
column, which keeps a processor for a third of a second, again and again while the table is young. Only columns that a
query compares need statistics, and a small sample is enough for keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SMALL_SAMPLE: Final = 10
"""The sample has 300 times as many rows."""
_COMPARED: Final[Mapping[str, Sequence[str]]] = {
    "audit_row": ("segment", "seq", "time_ms", "device_id"),
    "seen_request": ("device_id", "req_id", "expires_ms"),
}
_NEVER_COMPARED: Final[Mapping[str, Sequence[str]]] = {
    "audit_row": (
        *("event", "outcome", "key_id", "share_id", "op", "n", "digests", "policy", "clone_case", "audit_hash"),
        *("header", "ctx", "body_hash", "enc_hash", "sig_dev", "actor", "row_hash"),
    ),
}


def _statements() -> Iterator[str]:
    for target, tables in ((_SMALL_SAMPLE, _COMPARED), (0, _NEVER_COMPARED)):
        for table, columns in tables.items():
            actions = ", ".join(f"ALTER COLUMN {column} SET STATISTICS {target}" for column in columns)
            yield f"ALTER TABLE {table} {actions}"


def upgrade() -> None:
    """Sets how much ANALYZE collects; SQLite has nothing of the kind."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _statements():
            op.execute(statement)


def downgrade() -> None:
    """The statistics stay as they are."""
