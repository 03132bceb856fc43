"""`SweepUnit` on one SQL connection."""

from sqlalchemy import ColumnElement, delete, select, update

from cosign.signing.key_unit import SqlKeyUnit
from cosign.signing.tables import keygen_pending, seen_request, share
from cosign.store import idempotency
from keyshare.records import ShareState


class SqlSweepUnit(SqlKeyUnit):
    """Implements `cosign.signing.usecases.sweep.SweepUnit`."""

    def delete_pending_keygens(self, now_ms: int) -> int:
        """See the port."""
        return self._connection.execute(delete(keygen_pending).where(keygen_pending.c.expires_ms <= now_ms)).rowcount

    def expire_pending_shares(self, now_ms: int) -> int:
        """See the port."""
        late = (share.c.state == ShareState.PENDING.value, share.c.expires_ms <= now_ms)
        return self._shred(late, ShareState.EXPIRED, now_ms)

    def retired_before(self, changed_before_ms: int, limit: int) -> list[tuple[bytes, int]]:
        """See the port."""
        query = select(share.c.share_id, share.c.changed_ms).where(
            share.c.state == ShareState.RETIRED.value, share.c.changed_ms < changed_before_ms
        )
        return [(row.share_id, row.changed_ms) for row in self._connection.execute(query.limit(limit))]

    def destroy_retired(self, share_ids: list[bytes], now_ms: int) -> int:
        """See the port."""
        chosen = (share.c.state == ShareState.RETIRED.value, share.c.share_id.in_(share_ids))
        return self._shred(chosen, ShareState.DESTROYED, now_ms)

    def delete_seen(self, before_ms: int) -> int:
        """See the port."""
        return self._connection.execute(delete(seen_request).where(seen_request.c.expires_ms < before_ms)).rowcount

    def delete_idempotent(self, now_ms: int) -> int:
        """See the port."""
        return idempotency.sweep(self._connection, now_ms)

    def _shred(self, which: tuple[ColumnElement[bool], ...], state: ShareState, now_ms: int) -> int:
        values = {"sealed": b"", "row_ver": share.c.row_ver + 1, "expires_ms": 0, "changed_ms": now_ms}
        return self._connection.execute(update(share).where(*which).values(state=state.value, **values)).rowcount
