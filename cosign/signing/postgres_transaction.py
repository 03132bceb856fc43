"""`keyshare.ports.ShareTransaction` on PostgreSQL, in three round trips for a micro-batch that signs.

::

    BEGIN, lock devices, lock keys, seen ids (, quotas)      TX-B2
    guarded update of all device rows                        TX-4
    seen ids, audit rows, COMMIT                             TX-B5

What is written last waits in memory for the commit; a transaction that is left without one never sends it.
"""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Connection

from cosign.audit.trail import BatchTrail
from cosign.signing import statements_postgres as sql
from cosign.signing.repository import SqlShareTransaction
from cosign.signing.rows import from_device, to_audit, to_device, to_locked_share
from cosign.store.prepared import Prepared
from cosign.store.wire import Statement, Values, wire_of
from keyshare.batch_locks import BatchLocks, LockedBatch
from keyshare.ports import AuditRow, DeviceChange

IdT = TypeVar("IdT", str, bytes)


class PostgresShareTransaction(SqlShareTransaction):
    """One transaction of the hot path. Only one at a time may use `trail`."""

    def __init__(self, connection: Connection, trail: BatchTrail) -> None:
        super().__init__(connection, trail)
        self._wire = wire_of(connection)
        self._trail = trail
        self._seen: dict[tuple[str, bytes], int] = {}
        self._rows: list[AuditRow] = []

    def lock_batch(self, wanted: BatchLocks) -> LockedBatch:
        """See the port."""
        devices = sql.LOCK_DEVICES if wanted.wait else sql.LOCK_FREE_DEVICES
        shares = sql.LOCK_SHARES if wanted.wait else sql.LOCK_FREE_SHARES
        work = [_with(devices, ids=list(wanted.devices))]
        if wanted.shares:
            work.append(_with(shares, ids=list(wanted.shares)))
        if wanted.seen:
            work.append(_with(sql.SEEN, devices=[one for one, _ in wanted.seen], ids=[one for _, one in wanted.seen]))
        if wanted.pks:
            work.append(_with(sql.DECRYPTIONS, ids=list(wanted.pks)))
        answers = iter(self._wire.send(work))
        found_devices = next(answers).rows
        found_shares = next(answers).rows if wanted.shares else []
        found_seen = next(answers).rows if wanted.seen else []
        used = next(answers).rows if wanted.pks else []
        return LockedBatch(
            devices={stored.row.device_id: stored for row in found_devices if (stored := to_device(row))},
            shares={share.share_id: share for row in found_shares if (share := to_locked_share(row))},
            seen=frozenset((row[0], row[1]) for row in found_seen),
            decryptions={row[0]: row[1] for row in used},
            busy_devices=self._busy(sql.EXISTING_DEVICES, set(wanted.devices) - {row[0] for row in found_devices}),
            busy_shares=self._busy(sql.EXISTING_SHARES, set(wanted.shares) - {row[0] for row in found_shares}),
        )

    def update_devices(self, changes: Sequence[DeviceChange]) -> frozenset[str]:
        """See the port."""
        if not changes:
            return frozenset()
        values: dict[str, object] = {}
        for row, change in enumerate(changes):
            guards = {
                "old_ver": change.before.row_ver,
                "old_state": change.before.state.value,
                "old_ctr": change.before.ctr,
                "paid": 0 if change.guard_attempts else 1,
            }
            values |= sql.numbered(row, from_device(change.after, change.mac) | guards)
        hit = {row[0] for row in sql.update_devices(len(changes)).rows(self._connection, values)}
        return frozenset(change.after.device_id for change in changes) - hit

    def add_seen(self, entries: Sequence[tuple[str, bytes, int]]) -> None:
        """See the port; sent by `commit`."""
        for device_id, req_id, end in entries:
            place = (device_id, req_id)
            self._seen[place] = max(end, self._seen.get(place, 0))

    def append_audit(self, rows: Sequence[AuditRow]) -> None:
        """See the port; sent by `commit`."""
        self._rows.extend(rows)

    def commit(self) -> None:
        """See the port."""
        work: list[tuple[Statement, Values]] = []
        if self._seen:
            entries: dict[str, object] = {}
            for row, ((device_id, req_id), end) in enumerate(self._seen.items()):
                entries |= sql.numbered(row, {"device_id": device_id, "req_id": req_id, "expires_ms": end})
            work.append((sql.add_seen(len(self._seen)).statement(), entries))
        if self._rows:
            statement, values = self._trail.insertion(self._connection, [to_audit(row) for row in self._rows])
            work.append((statement.statement(), values))
        self._wire.send(work, commit=True)
        self._trail.committed()

    def _busy(self, statement: Prepared, missing: set[IdT]) -> frozenset[IdT]:
        """Of what was not locked, what exists: another transaction holds it."""
        if not missing:
            return frozenset()
        return frozenset(row[0] for row in statement.rows(self._connection, {"ids": list(missing)}))


def _with(prepared: Prepared, **values: object) -> tuple[Statement, Values]:
    return prepared.statement(), values
