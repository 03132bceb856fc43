"""Data keys of personal data, the archive of erased accounts, and uploads.

Revision 0004.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "data_key",
        sa.Column("kind", sa.String(length=16), nullable=False, comment="data or index"),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False, comment="from 1"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="record of section 8.1, under the token's key"),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("in_force_ms", BIG, nullable=False, comment="nodes write with it from then on, read at once"),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_data_key")),
    )
    op.create_table(
        "personal_archive",
        sa.Column("archive_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False, comment="what it is, for example `consent`"),
        sa.Column("document_sealed", sa.LargeBinary(), nullable=False, comment="JSON under field `archive`"),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("keep_until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("archive_id", name=op.f("pk_personal_archive")),
    )
    op.create_index(op.f("ix_personal_archive_account_id"), "personal_archive", ["account_id"])
    op.create_index(op.f("ix_personal_archive_keep_until"), "personal_archive", ["keep_until"])
    op.create_table(
        "erasure",
        sa.Column("erasure_id", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("erased_at", UtcTime(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False, comment="JSON: counts by area; no personal data"),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_account_id"), "erasure", ["account_id"])
    _uploads()


def _uploads() -> None:
    op.create_table(
        "upload_object",
        sa.Column(
            "object_id", sa.String(length=64), nullable=False, comment="`obj_` and a ULID, its name in the store"
        ),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="writing, stored or dropped"),
        sa.Column(
            "content_index",
            sa.LargeBinary(),
            nullable=False,
            comment="keyed hash of the content within its owner; empty at first",
        ),
        sa.Column("size", BIG, nullable=False, comment="bytes before they are sealed"),
        sa.Column("key_version", sa.Integer(), nullable=False, comment="of the data key it is sealed under"),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_upload_object")),
    )
    op.create_index("ix_upload_object_content", "upload_object", ["owner_id", "content_index"])
    op.create_index(
        "ix_upload_object_unfinished",
        "upload_object",
        ["changed_at"],
        sqlite_where=sa.text("state <> 'stored'"),
        postgresql_where=sa.text("state <> 'stored'"),
    )
    op.create_table(
        "upload",
        sa.Column("upload_id", sa.String(length=64), nullable=False, comment="`upl_` and a ULID"),
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=32), nullable=False, comment="as found in the content"),
        sa.Column("size", BIG, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("keep_until", UtcTime(), nullable=False, comment="the sweep removes it then"),
        sa.ForeignKeyConstraint(
            ["object_id"], ["upload_object.object_id"], name=op.f("fk_upload_object_id_upload_object")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_object_id"), "upload", ["object_id"])
    op.create_index(op.f("ix_upload_keep_until"), "upload", ["keep_until"])
    op.create_index(op.f("ix_upload_owner_id_upload_id"), "upload", ["owner_id", "upload_id"])


def downgrade() -> None:
    """Drops the tables; what was sealed under the data keys cannot be opened again."""
    for table in ("upload", "upload_object", "erasure", "personal_archive", "data_key"):
        op.drop_table(table)
