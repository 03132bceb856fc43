"""The SQL store of the hot path: `keyshare.ports.ShareStore` on one database.

Statements are set-based text (no ORM), the same few for every batch. All device rows of a batch are read by one
ordered lock statement; SQLite's BEGIN IMMEDIATE stands for the lock itself (TX-1). What PostgreSQL does otherwise is
in `postgres_transaction`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cosign.audit.trail import AuditTrail
from cosign.signing import statements as sql
from cosign.signing.key_rows import SqlKeyRows
from cosign.signing.rows import from_device, to_audit, to_device, to_locked_share, to_share
from cosign.store.kept import KeptConnection
from cosign.store.unit_of_work import is_lock_timeout, is_unknown_commit
from cosign.store.waits import Path, Wait, observe_locks, observer
from keyshare.batch_locks import BatchLocks, LockedBatch, lock_one_by_one
from keyshare.device_row import StoredDevice
from keyshare.errors import CommitUnknown, StoreBusy, StoreUnavailable
from keyshare.ports import AuditRow, DeviceChange, Promotion
from keyshare.records import CountedSetup, LockedShare, NewPendingShare, PendingKeygen, ReplacedRecord, ShareRow

T = TypeVar("T")

CUT_SECONDS: Final = 0.5
"""A query that fails within this time met a closed connection and is asked again; a slow failure is one."""


def _admit_all() -> None:
    """Refuses nothing."""


class SqlShareStore:
    """Makes transactions and reads what TX-0 needs."""

    def __init__(self, engine: Engine, audit: AuditTrail, *, refuse: Callable[[], None] = _admit_all) -> None:
        """Keeps one connection for writing.

        Args:
            engine: The database.
            audit: Where acts are recorded.
            refuse: Raises StoreUnavailable while commits would not be durable enough (RS-1).
        """
        self._engine = engine
        self._audit = audit
        self._refuse = refuse
        self._postgres = engine.dialect.name == "postgresql"
        self._trail = audit.for_batches()
        self._writer = KeptConnection(engine)
        self._reader = KeptConnection(engine, isolation_level="AUTOCOMMIT")

    @contextmanager
    def begin(self) -> Iterator["SqlShareTransaction"]:
        """Opens a transaction on the one connection that is kept for writing; see the port."""
        with store_faults(self._engine):
            self._refuse()
            with self._writer.use() as connection:
                try:
                    transaction = self.transaction(connection)
                    yield transaction
                    transaction.end()
                except BaseException:
                    self._trail.forget()
                    raise
                finally:
                    observe_locks(connection, Path.HOT)
                if transaction.commit_seconds:
                    observer(self._engine)(Path.HOT, Wait.COMMIT, transaction.commit_seconds)

    def close(self) -> None:
        """Gives the connections back."""
        self._writer.close()
        self._reader.close()

    def transaction(self, connection: Connection) -> "SqlShareTransaction":
        """The port on a connection without a transaction."""
        if self._postgres:
            from cosign.signing.postgres_transaction import PostgresShareTransaction

            return PostgresShareTransaction(connection, self._trail)
        connection.begin()
        return SqlShareTransaction(connection, self._trail)

    def find_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, ShareRow]:
        """TX-0: the share rows that requests name, with their keys; no lock. Unknown ids are left out."""
        statement, values = sql.find_shares(len(share_ids)), _numbered(share_ids)
        rows = self._read(lambda connection: statement.rows(connection, values))
        return {share.share_id: share for row in rows if (share := to_share(row))}

    def find_pending_keygen(self, key_id: str) -> PendingKeygen | None:
        """TX-0 of M3: the server's half of an unfinished key generation."""
        return self._read(lambda connection: SqlKeyRows(connection).pending_keygen(key_id))

    def request_seen(self, device_id: str, req_id: bytes) -> bool:
        """CLONE-2 for an M3 that has no pending record; no lock."""
        pairs = [(device_id, req_id)]
        return self._read(lambda connection: bool(SqlShareTransaction(connection, self._audit).seen(pairs)))

    def _read(self, ask: Callable[[Connection], T]) -> T:
        """Runs one query. PostgreSQL needs no transaction around it, and a connection that was cut is replaced."""
        with store_faults(self._engine):
            if not self._postgres:
                readonly = self._engine.connect().execution_options(cosign_readonly=True)
                with readonly as connection, connection.begin():
                    return ask(connection)
            began = time.monotonic()
            try:
                with self._reader.use() as connection:
                    return ask(connection)
            except self._engine.dialect.loaded_dbapi.OperationalError:
                if time.monotonic() - began > CUT_SECONDS:
                    raise
            with self._reader.use() as connection:
                return ask(connection)


class SqlShareTransaction(SqlKeyRows):
    """Implements `keyshare.ports.ShareTransaction` on one connection."""

    def __init__(self, connection: Connection, audit: AuditTrail) -> None:
        super().__init__(connection)
        self._audit = audit
        self._for_update = connection.dialect.name != "sqlite"
        self.commit_seconds = 0.0
        """How long `commit` took."""

    def lock_batch(self, wanted: BatchLocks) -> LockedBatch:
        """See the port."""
        return lock_one_by_one(self, wanted)

    def lock_devices(self, device_ids: Sequence[str]) -> Mapping[str, StoredDevice]:
        """See the port."""
        if not device_ids:
            return {}
        statement = sql.lock_devices(len(device_ids), for_update=self._for_update)
        rows = statement.rows(self._connection, _numbered(device_ids))
        return {stored.row.device_id: stored for row in rows if (stored := to_device(row))}

    def lock_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, LockedShare]:
        """See the port."""
        if not share_ids:
            return {}
        statement = sql.lock_shares(len(share_ids), for_update=self._for_update)
        rows = statement.rows(self._connection, _numbered(share_ids))
        return {share.share_id: share for row in rows if (share := to_locked_share(row))}

    def seen(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
        """See the port."""
        if not pairs:
            return frozenset()
        values: dict[str, object] = {}
        for i, (device_id, req_id) in enumerate(pairs):
            values[f"d{i}"] = device_id
            values[f"r{i}"] = req_id
        return frozenset((row[0], row[1]) for row in sql.seen(len(pairs)).rows(self._connection, values))

    def decryptions(self, pks: Sequence[bytes]) -> Mapping[bytes, int]:
        """See the port."""
        if not pks:
            return {}
        statement = sql.decryptions(len(pks), for_update=self._for_update)
        return {row[0]: row[1] for row in statement.rows(self._connection, _numbered(pks))}

    def update_devices(self, changes: Sequence[DeviceChange]) -> frozenset[str]:
        """See the port."""
        if not changes:
            return frozenset()
        hit = sql.UPDATE_DEVICE.run_many(
            self._connection,
            [
                {
                    **from_device(change.after, change.mac),
                    "old_ver": change.before.row_ver,
                    "old_state": change.before.state.value,
                    "old_ctr": change.before.ctr,
                    "paid": 0 if change.guard_attempts else 1,
                }
                for change in changes
            ],
        )
        if hit == len(changes):
            return frozenset()
        ids = [change.after.device_id for change in changes]
        rows = sql.row_versions(len(ids)).rows(self._connection, _numbered(ids))
        present = {row[0]: (row[1], row[2]) for row in rows}
        return frozenset(
            change.after.device_id
            for change in changes
            if present.get(change.after.device_id) != (change.after.row_ver, change.mac)
        )

    def freeze_corrupted(self, device_ids: Sequence[str]) -> None:
        """See the port."""
        if device_ids:
            sql.FREEZE_CORRUPTED.run_many(self._connection, [{"device_id": one} for one in device_ids])

    def add_seen(self, entries: Sequence[tuple[str, bytes, int]]) -> None:
        """See the port."""
        if entries:
            sql.ADD_SEEN.run_many(
                self._connection,
                [{"device_id": device, "req_id": one, "expires_ms": end} for device, one, end in entries],
            )

    def insert_pending_shares(self, shares: Sequence[NewPendingShare]) -> None:
        """See the port."""
        for new in shares:
            sql.EXPIRE_PENDING.run(
                self._connection,
                {"key_id": new.key_id, "device_id": new.device_id, "empty": b"", "now_ms": new.created_ms},
            )
        sql.INSERT_SHARE.run_many(
            self._connection,
            [
                {
                    "share_id": new.share_id,
                    "key_id": new.key_id,
                    "device_id": new.device_id,
                    "state": "pending",
                    "sealed": new.sealed,
                    "kek_version": new.kek_version,
                    "now_ms": new.created_ms,
                    "expires_ms": new.expires_ms,
                }
                for new in shares
            ],
        )

    def replace_records(self, records: Sequence[ReplacedRecord]) -> None:
        """See the port."""
        for new in records:
            values = {
                "share_id": new.share_id,
                "old_ver": new.row_ver,
                "sealed": new.sealed,
                "kek_version": new.kek_version,
                "ot_state": new.ot_state.value,
            }
            if sql.REPLACE_RECORD.run(self._connection, values) != 1:
                raise StoreUnavailable("a share disappeared under the lock")

    def count_setups(self, counts: Sequence[CountedSetup]) -> None:
        """See the port."""
        for one in counts:
            values = {"key_id": one.key_id, "ot_setups": one.ot_setups, "ot_since_ms": one.ot_since_ms}
            sql.COUNT_SETUP.run(self._connection, values)

    def promote(self, promotions: Sequence[Promotion], now_ms: int) -> Mapping[bytes, bytes]:
        """See the port."""
        replaced = {}
        for one in promotions:
            place = {"key_id": one.key_id, "device_id": one.device_id}
            for (old,) in sql.CURRENT_SHARE.rows(self._connection, place):
                sql.RETIRE_SHARE.run(self._connection, {"share_id": old, "now_ms": now_ms})
                replaced[one.share_id] = old
            new = {"share_id": one.share_id, "now_ms": now_ms}
            if sql.PROMOTE_SHARE.run(self._connection, new) != 1:
                raise StoreUnavailable("a pending share disappeared under the lock")
            sql.COUNT_EPOCH.run(self._connection, {"key_id": one.key_id})
        return replaced

    def count_decryptions(self, used: Mapping[bytes, int], limit: int) -> None:
        """See the port."""
        rows = [{"pk": pk, "used": count, "quota": limit} for pk, count in used.items()]
        if sql.ADD_DECRYPTIONS.run_many(self._connection, rows) != len(rows):
            raise StoreUnavailable("the decryption quota would be passed")

    def append_audit(self, rows: Sequence[AuditRow]) -> None:
        """See the port."""
        self._audit.append(self._connection, [to_audit(row) for row in rows])

    def commit(self) -> None:
        """See the port."""
        began = time.perf_counter()
        self._connection.commit()
        self.commit_seconds = time.perf_counter() - began

    def end(self) -> None:
        """Rolls back what was not committed."""
        if self._connection.in_transaction():
            self._connection.rollback()


@contextmanager
def store_faults(engine: Engine) -> Iterator[None]:
    """Turns what the driver reports into the faults of the port.

    The text of a driver's message names the problem (disk full, read-only, malformed), never a value: the engine
    hides parameters.
    """
    driver_fault = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver_fault) as fault:
        origin = fault.orig if isinstance(fault, DBAPIError) else fault
        if is_lock_timeout(origin):
            raise StoreBusy("the database is locked by another writer") from fault
        if is_unknown_commit(origin):
            raise CommitUnknown(str(origin)) from fault
        raise StoreUnavailable(f"the database failed: {origin}") from fault


def _numbered(values: Sequence[object]) -> dict[str, object]:
    return {f"p{i}": value for i, value in enumerate(values)}
