"""Brand policies, environments, documents, consents and articles.

Revision 0005.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from cosign.store.metadata import UtcTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.String(length=64)
_WORD = sa.String(length=16)


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "brand_policy",
        sa.Column("brand", _WORD, nullable=False),
        sa.Column(
            "version", sa.Integer(), autoincrement=False, nullable=False, comment="1, 2, …; the highest is in force"
        ),
        sa.Column("preset", _WORD, nullable=False, comment="what entries of a newer program come from"),
        sa.Column("document", sa.Text(), nullable=False, comment="complete policy, JSON"),
        sa.Column("applied_at", UtcTime(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("brand", "version", name=op.f("pk_brand_policy")),
    )
    op.create_table(
        "environment",
        sa.Column("environment_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.String(length=255), nullable=False, comment="host:port of the intranet service"),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("disabled_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("environment_id", name=op.f("pk_environment")),
    )
    op.create_index(op.f("ix_environment_brand_environment_id"), "environment", ["brand", "environment_id"])
    op.create_table(
        "content_document",
        sa.Column("document_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts(),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("effective_at", UtcTime(), nullable=True),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_content_document")),
        sa.UniqueConstraint("brand", "kind", "version", name=op.f("uq_content_document_brand_kind_version")),
    )
    op.create_index(
        op.f("ix_content_document_brand_kind_state_effective_at"),
        "content_document",
        ["brand", "kind", "state", "effective_at"],
    )
    op.create_table(
        "content_article",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        *_texts(),
        sa.Column("video_url", sa.String(length=500), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False, comment="JSON list of name and url"),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_content_article")),
    )
    op.create_index(
        op.f("ix_content_article_brand_kind_state_article_id"),
        "content_article",
        ["brand", "kind", "state", "article_id"],
    )
    op.create_index("ix_content_article_all", "content_article", ["brand", "kind", "article_id"])
    op.create_table(
        "consent",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("document_id", _ID, nullable=False),
        sa.Column("device_id", _ID, nullable=False),
        sa.Column("brand", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the accepted texts, 32 bytes"),
        sa.Column("accepted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "document_id", "device_id", name=op.f("pk_consent")),
    )


def downgrade() -> None:
    """Drops the tables."""
    for table in ("consent", "content_article", "content_document", "environment", "brand_policy"):
        op.drop_table(table)


def _texts() -> list[sa.Column[str]]:
    return [
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
    ]
