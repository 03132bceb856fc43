"""`SweepUnit` on one SQL connection.

Safe on every node at once: rows that another transaction holds are skipped (SQLite has one writer and ignores that).
"""

from sqlalchemy import ColumnElement, Select, delete, literal_column, select, update

from cosign.signing.key_unit import SqlKeyUnit
from cosign.signing.tables import keygen_pending, share
from cosign.store import idempotency
from keyshare.records import ShareState


class SqlSweepUnit(SqlKeyUnit):
    """Implements `cosign.signing.usecases.sweep.SweepUnit`."""

    def delete_pending_keygens(self, now_ms: int) -> int:
        """See the port."""
        late = select(keygen_pending.c.key_id).where(keygen_pending.c.expires_ms <= now_ms)
        free = late.with_for_update(skip_locked=True)
        return self._connection.execute(delete(keygen_pending).where(keygen_pending.c.key_id.in_(free))).rowcount

    def expire_pending_shares(self, now_ms: int) -> int:
        """See the port."""
        late = select(share.c.share_id).where(_is(ShareState.PENDING), share.c.expires_ms <= now_ms)
        return self._shred(late, ShareState.EXPIRED, now_ms)

    def retired_before(self, changed_before_ms: int, limit: int) -> list[tuple[bytes, int]]:
        """See the port."""
        query = select(share.c.share_id, share.c.changed_ms).where(
            _is(ShareState.RETIRED), share.c.changed_ms < changed_before_ms
        )
        return [(row.share_id, row.changed_ms) for row in self._connection.execute(query.limit(limit))]

    def destroy_retired(self, share_ids: list[bytes], now_ms: int) -> int:
        """See the port."""
        chosen = select(share.c.share_id).where(_is(ShareState.RETIRED), share.c.share_id.in_(share_ids))
        return self._shred(chosen, ShareState.DESTROYED, now_ms)

    def delete_idempotent(self, now_ms: int) -> int:
        """See the port."""
        return idempotency.sweep(self._connection, now_ms)

    def _shred(self, which: Select[tuple[bytes]], state: ShareState, now_ms: int) -> int:
        free = which.with_for_update(skip_locked=True)
        values = {"sealed": b"", "row_ver": share.c.row_ver + 1, "expires_ms": 0, "changed_ms": now_ms}
        return self._connection.execute(
            update(share).where(share.c.share_id.in_(free)).values(state=state.value, **values)
        ).rowcount


def _is(state: ShareState) -> ColumnElement[bool]:
    """The state as part of the text: a parameter would hide it from the partial indexes."""
    return share.c.state == literal_column(f"'{state.value}'")
