"""Outbox, messages and the operation log.

Revision 0007.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=64)
_WORD = sa.String(length=16)

PARTIAL = (
    ("ix_outbox_due", "outbox", ["kind", "due_ms"], "state = 'waiting'"),
    ("ix_outbox_line", "outbox", ["line", "row_id"], "state = 'waiting' AND line <> ''"),
    ("ix_outbox_dead", "outbox", ["ended_ms", "row_id"], "state = 'dead'"),
    ("ix_outbox_ended", "outbox", ["ended_ms"], "state <> 'waiting' AND state <> 'dead'"),
    ("ix_message_unread", "message", ["account_id", "message_id", "category"], "state = 'unread'"),
    ("ix_message_open_target", "message", ["target_id"], "state IN ('unread', 'read') AND target_id <> ''"),
)
"""Name, table, columns, condition."""

STORAGE = (
    # Rows live for seconds.
    "ALTER TABLE outbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
)


def upgrade() -> None:
    """Adds the tables."""
    _outbox()
    _messages()
    op.create_table(
        "operation_log",
        sa.Column("operation_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("device_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("object_id", _ID, nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False, comment="sealed JSON; empty without any"),
        sa.Column("time_ms", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_operation_log")),
    )
    op.create_index(op.f("ix_operation_log_account_id_operation_id"), "operation_log", ["account_id", "operation_id"])
    op.create_index("ix_operation_log_kind", "operation_log", ["account_id", "kind", "operation_id"])
    for name, table, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "postgresql":
        for statement in STORAGE:
            op.execute(statement)


def downgrade() -> None:
    """Drops the tables."""
    for table in ("operation_log", "message_inbox", "message", "outbox"):
        op.drop_table(table)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("row_id", _BIG, nullable=False, comment="order of rows of one line"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="which handler delivers it"),
        sa.Column("key", sa.String(length=96), nullable=False, comment="idempotency key, also towards the provider"),
        sa.Column(
            "line",
            sa.String(length=96),
            nullable=False,
            comment="rows of one line leave one after another; empty: at once",
        ),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=False,
            comment="personal data in it is sealed; empty once it is not needed",
        ),
        sa.Column("state", _WORD, nullable=False),
        sa.Column(
            "attempts",
            sa.Integer(),
            nullable=False,
            comment="counted when an attempt begins; fences late writers",
        ),
        sa.Column("due_ms", _BIG, nullable=False, comment="next attempt, or end of the lease of a running one"),
        sa.Column("expires_ms", _BIG, nullable=False, comment="never delivered from then on; 0 without end"),
        sa.Column("created_ms", _BIG, nullable=False),
        sa.Column("ended_ms", _BIG, nullable=False, comment="when it left the state waiting; 0 before"),
        sa.Column("reason", sa.String(length=32), nullable=False, comment="why the last attempt failed"),
        sa.Column("reference", sa.String(length=96), nullable=False, comment="what the provider calls the delivery"),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("category", _WORD, nullable=False),
        sa.Column("target_kind", _WORD, nullable=False),
        sa.Column("target_id", _ID, nullable=False),
        sa.Column(
            "args_sealed",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed JSON of the arguments of the texts; empty without any",
        ),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("created_ms", _BIG, nullable=False),
        sa.Column("read_ms", _BIG, nullable=False),
        sa.Column("settled_ms", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_account_id_message_id"), "message", ["account_id", "message_id"])
    op.create_index("ix_message_category", "message", ["account_id", "category", "message_id"])
    op.create_index(op.f("ix_message_created_ms"), "message", ["created_ms"])
    op.create_table(
        "message_inbox",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("revision", _BIG, nullable=False, comment="raised by every change of the inbox"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_message_inbox")),
    )
