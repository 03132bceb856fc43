"""Finds cancelled accounts that nobody may ask back any more, uploads under a data key, and unused codes that ended.

Revision 0018.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TOMBSTONE = "ix_account_tombstone_brand_cancelled_at"
_OBJECT = "ix_upload_object_key_version"
_CODE = "ix_enrolment_code_unused"


def upgrade() -> None:
    """Adds the indexes."""
    op.create_index(op.f(_TOMBSTONE), "account_tombstone", ["brand", "cancelled_at"])
    op.create_index(op.f(_OBJECT), "upload_object", ["key_version"])
    unused = sa.text("used_at IS NULL")
    op.create_index(_CODE, "enrolment_code", ["expires_at"], sqlite_where=unused, postgresql_where=unused)


def downgrade() -> None:
    """Drops the indexes."""
    op.drop_index(_CODE, "enrolment_code")
    op.drop_index(op.f(_OBJECT), "upload_object")
    op.drop_index(op.f(_TOMBSTONE), "account_tombstone")
