"""`keyshare.ports.ShareTransaction` on PostgreSQL, in three round trips for a micro-batch that signs.

::

    BEGIN, lock devices, lock keys, seen ids (, quotas)      TX-B2
    guarded update of all device rows                        TX-4
    seen ids, audit rows, COMMIT                             TX-B5

What is written last waits in memory for the commit; a transaction that is left without one never sends it.
"""

import time
from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import Connection

from cosign.audit.trail import BatchTrail
from cosign.signing import statements_postgres as sql
from cosign.signing.repository import SqlShareTransaction
from cosign.signing.rows import device_values, to_audit, to_device, to_locked_share
from cosign.store.wire import Statement, wire_of
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
        work: list[tuple[Statement, list[object]]] = [(devices, [list(wanted.devices)])]
        if wanted.shares:
            work.append((shares, [list(wanted.shares)]))
        if wanted.seen:
            work.append((sql.SEEN, [[one for one, _ in wanted.seen], [one for _, one in wanted.seen]]))
        if wanted.pks:
            work.append((sql.DECRYPTIONS, [list(wanted.pks)]))
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
        values: list[object] = []
        for change in changes:
            before = change.before
            values += device_values(change.after, change.mac)
            values += (before.row_ver, before.state.value, before.ctr, 0 if change.guard_attempts else 1)
        hit = {row[0] for row in self._wire.run(sql.update_devices(len(changes)), values).rows}
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
        work: list[tuple[Statement, Sequence[object]]] = []
        if self._seen:
            entries = [value for (device_id, req_id), end in self._seen.items() for value in (device_id, req_id, end)]
            work.append((sql.add_seen(len(self._seen)), entries))
        if self._rows:
            work.append(self._trail.insertion(self._connection, [to_audit(row) for row in self._rows]))
        began = time.perf_counter()
        self._wire.send(work, commit=True)
        self.commit_seconds = time.perf_counter() - began
        self._trail.committed()

    def end(self) -> None:
        """See `SqlShareTransaction`. SQLAlchemy knows of the transaction only where key generation used it."""
        self._wire.rollback()
        super().end()

    def _busy(self, statement: Statement, missing: set[IdT]) -> frozenset[IdT]:
        """Of what was not locked, what exists: another transaction holds it."""
        if not missing:
            return frozenset()
        return frozenset(row[0] for row in self._wire.run(statement, [list(missing)]).rows)
