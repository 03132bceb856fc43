"""Reviews: items, their history, and the dictionary of reasons with what every deployment begins with.

Revision 0012.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ID = sa.String(length=64)
_WORD = sa.String(length=16)
_KIND = sa.String(length=32)

_QUEUE = ["priority", "due_ms", "review_id"]

PARTIAL = (
    ("ix_review_item_open", "review_item", ["kind", *_QUEUE], "state IN ('waiting', 'claimed')"),
    ("ix_review_item_open_brand", "review_item", ["brand", "kind", *_QUEUE], "state IN ('waiting', 'claimed')"),
    ("ix_review_item_depth", "review_item", ["kind", "opened_ms"], "state IN ('waiting', 'claimed')"),
    ("ix_review_item_mine", "review_item", ["claimed_by", "kind", *_QUEUE], "claimed_by <> ''"),
    ("ix_review_item_mine_brand", "review_item", ["claimed_by", "brand", "kind", *_QUEUE], "claimed_by <> ''"),
    ("ix_review_item_lapse", "review_item", ["claim_until_ms"], "state = 'claimed'"),
    ("ix_review_item_correction", "review_item", ["correct_by_ms"], "state = 'returned'"),
    ("ix_review_item_finished", "review_item", ["finished_ms"], "finished_ms > 0"),
    ("ix_review_event_reason", "review_event", ["kind", "reason_code"], "reason_code <> ''"),
)
"""Name, table, columns, condition."""

REASONS = (
    ("identity", "picture_unclear", "证件照片不清晰或不完整", "The pictures of the document are unclear or incomplete"),
    ("identity", "data_mismatch", "填写信息与证件不一致", "The data given differ from the document"),
    ("identity", "face_mismatch", "本人照片或视频与证件不符", "The portrait or video does not fit the document"),
    ("identity", "document_expired", "证件已过期", "The document has expired"),
    ("identity", "document_type", "证件类型不受支持", "This kind of document is not accepted"),
    ("identity", "document_taken", "该证件已被其他账号使用", "The document is used by another account"),
    ("account_appeal", "not_the_holder", "无法确认您是原账号持有人", "You could not be recognised as the holder"),
    ("account_appeal", "number_in_use", "手机号已被其他账号使用", "The phone number has another account by now"),
    ("account_appeal", "not_allowed", "该账号不允许恢复", "This account cannot be restored"),
    ("number_change", "not_the_holder", "无法确认您是账号持有人", "You could not be recognised as the holder"),
    ("number_change", "number_in_use", "新手机号已被其他账号使用", "The new number has another account by now"),
    ("number_change", "not_allowed", "该账号不允许更换手机号", "The number of this account cannot be changed"),
)
"""Kind, code, Chinese and English text."""

_GIVEN = ("review_id", "subject_id", "brand", "account_id", "opened_ms", "due_ms")
_COMMON = {
    "kind": "account_appeal",
    "opened_by": "",
    "state": "waiting",
    "path": "platform",
    "stage": 1,
    "round": 1,
    "priority": 1,
    "claimed_by": "",
    "claim_until_ms": 0,
    "correct_by_ms": 0,
    "finished_ms": 0,
    "version": 1,
}
"""Of every appeal that waits."""


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "review_item",
        sa.Column("review_id", _ID, nullable=False),
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("subject_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("account_id", _ID, nullable=False, comment="the applicant; empty when it was not a user"),
        sa.Column("opened_by", _ID, nullable=False, comment="member of staff; empty: the applicant"),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("path", sa.String(length=64), nullable=False, comment="words of its stages, joined by commas"),
        sa.Column("stage", sa.Integer(), nullable=False, comment="number in the path, from 1"),
        sa.Column("round", sa.Integer(), nullable=False, comment="how often it was handed in"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="0 first"),
        sa.Column("opened_ms", _BIG, nullable=False, comment="when it was handed in, the last time"),
        sa.Column("due_ms", _BIG, nullable=False),
        sa.Column("claimed_by", _ID, nullable=False, comment="member of staff, or empty"),
        sa.Column("claim_until_ms", _BIG, nullable=False),
        sa.Column("correct_by_ms", _BIG, nullable=False, comment="until when a returned item may be corrected"),
        sa.Column("finished_ms", _BIG, nullable=False, comment="when the last decision was made; 0 before"),
        sa.Column("version", sa.Integer(), nullable=False, comment="raised by every change"),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_review_item_kind_subject_id")),
    )
    op.create_index(op.f("ix_review_item_account_id"), "review_item", ["account_id"])
    op.create_index("ix_review_item_state", "review_item", ["kind", "state", *_QUEUE])
    op.create_index("ix_review_item_brand", "review_item", ["brand", "kind", "state", *_QUEUE])
    op.create_table(
        "review_event",
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("review_id", _ID, nullable=False),
        sa.Column("kind", _KIND, nullable=False, comment="of the item"),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the item afterwards; orders its rows"),
        sa.Column("action", _WORD, nullable=False),
        sa.Column("time_ms", _BIG, nullable=False),
        sa.Column("actor", _ID, nullable=False, comment="member of staff; empty: the applicant or a term"),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(length=32), nullable=False),
        sa.Column("reason_version", sa.Integer(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True, comment="what the reviewer wrote to the applicant"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_review_event")),
        sa.UniqueConstraint("review_id", "version", name=op.f("uq_review_event_review_id_version")),
    )
    for name, table, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    _reasons()
    _appeals()


def downgrade() -> None:
    """Drops the tables."""
    for table in ("review_reason", "review_event", "review_item"):
        op.drop_table(table)


def _appeals() -> None:
    """Appeals that wait already come into the queue, due three days after they were made."""
    connection = op.get_bind()
    moment = sa.DateTime(timezone=True)
    appeal = sa.table("account_appeal", sa.column("appeal_id"), sa.column("account_id"), sa.column("state"),
                      sa.column("submitted_at", moment))  # fmt: skip
    account = sa.table("account", sa.column("account_id"), sa.column("brand"))
    waiting = (
        sa.select(appeal.c.appeal_id, appeal.c.account_id, appeal.c.submitted_at, account.c.brand)
        .join(account, account.c.account_id == appeal.c.account_id)
        .where(appeal.c.state == "in_review")
    )
    item = sa.table("review_item", *(sa.column(name) for name in (*_GIVEN, *_COMMON)))
    for row in connection.execute(waiting).all():
        submitted = row.submitted_at if row.submitted_at.tzinfo else row.submitted_at.replace(tzinfo=dt.UTC)
        submitted_ms = round(submitted.timestamp() * 1000)
        values = {
            "review_id": f"rev_{row.appeal_id.removeprefix('apl_')}",
            "subject_id": row.appeal_id,
            "brand": row.brand,
            "account_id": row.account_id,
            "opened_ms": submitted_ms,
            "due_ms": submitted_ms + 3 * 24 * 3_600_000,
        }
        connection.execute(sa.insert(item).values(values | _COMMON))


def _reasons() -> None:
    made = op.create_table(
        "review_reason",
        sa.Column("kind", _KIND, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Boolean(), nullable=False),
        sa.Column("text_zh", sa.String(length=90), nullable=False),
        sa.Column("text_en", sa.String(length=90), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("changed_ms", _BIG, nullable=False, comment="0: came with the program"),
        sa.Column("changed_by", _ID, nullable=False),
        sa.PrimaryKeyConstraint("kind", "code", "version", name=op.f("pk_review_reason")),
    )
    rest = {"version": 1, "newest": True, "retired": False, "changed_ms": 0, "changed_by": ""}
    op.bulk_insert(
        made,
        [{"kind": kind, "code": code, "text_zh": zh, "text_en": en} | rest for kind, code, zh, en in REASONS],
    )
