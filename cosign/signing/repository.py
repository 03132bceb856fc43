"""The SQL store of the hot path: `keyshare.ports.ShareStore` on one database.

Statements are set-based text (no ORM), the same few for every batch. All device rows of a batch are read by one
ordered lock statement; SQLite's BEGIN IMMEDIATE stands for the lock itself (TX-1).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cosign.audit.trail import AuditTrail
from cosign.signing import statements as sql
from cosign.signing.key_rows import SqlKeyRows
from cosign.signing.rows import from_device, to_audit, to_device, to_locked_share, to_share
from cosign.store.unit_of_work import is_lock_timeout
from keyshare.device_row import StoredDevice
from keyshare.errors import StoreBusy, StoreUnavailable
from keyshare.ports import AuditRow, DeviceChange, Promotion
from keyshare.records import LockedShare, NewPendingShare, PendingKeygen, ShareRow


class SqlShareStore:
    """Makes transactions and reads what TX-0 needs."""

    def __init__(self, engine: Engine, audit: AuditTrail) -> None:
        self._engine = engine
        self._audit = audit

    @contextmanager
    def begin(self) -> Iterator["SqlShareTransaction"]:
        """Opens a transaction; see the port."""
        with store_faults(), self._engine.connect() as connection:
            transaction = connection.begin()
            try:
                yield self.transaction(connection)
            finally:
                if transaction.is_active:
                    transaction.rollback()

    def transaction(self, connection: Connection) -> "SqlShareTransaction":
        """The port on a connection that has begun."""
        return SqlShareTransaction(connection, self._audit)

    def find_share(self, share_id: bytes) -> ShareRow | None:
        """TX-0: the share row a request names, with its key; no lock."""
        with store_faults(), self._reading() as connection:
            row = connection.execute(sql.FIND_SHARE, {"share_id": share_id}).one_or_none()
            return None if row is None else to_share(row)

    def find_pending_keygen(self, key_id: str) -> PendingKeygen | None:
        """TX-0 of M3: the server's half of an unfinished key generation."""
        with store_faults(), self._reading() as connection:
            return SqlKeyRows(connection).pending_keygen(key_id)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect().execution_options(cosign_readonly=True) as connection, connection.begin():
            yield connection


class SqlShareTransaction(SqlKeyRows):
    """Implements `keyshare.ports.ShareTransaction` on one connection."""

    def __init__(self, connection: Connection, audit: AuditTrail) -> None:
        super().__init__(connection)
        self._audit = audit
        self._for_update = connection.dialect.name != "sqlite"

    def lock_devices(self, device_ids: Sequence[str]) -> Mapping[str, StoredDevice]:
        """See the port."""
        if not device_ids:
            return {}
        statement = sql.lock_devices(len(device_ids), for_update=self._for_update)
        rows = self._connection.execute(statement, _numbered(device_ids)).all()
        return {stored.row.device_id: stored for row in rows if (stored := to_device(row))}

    def lock_shares(self, share_ids: Sequence[bytes]) -> Mapping[bytes, LockedShare]:
        """See the port."""
        if not share_ids:
            return {}
        statement = sql.lock_shares(len(share_ids), for_update=self._for_update)
        rows = self._connection.execute(statement, _numbered(share_ids)).all()
        return {share.share_id: share for row in rows if (share := to_locked_share(row))}

    def seen(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
        """See the port."""
        if not pairs:
            return frozenset()
        values: dict[str, object] = {}
        for i, (device_id, req_id) in enumerate(pairs):
            values[f"d{i}"] = device_id
            values[f"r{i}"] = req_id
        return frozenset((row[0], row[1]) for row in self._connection.execute(sql.seen(len(pairs)), values))

    def decryptions(self, pks: Sequence[bytes]) -> Mapping[bytes, int]:
        """See the port."""
        if not pks:
            return {}
        statement = sql.decryptions(len(pks), for_update=self._for_update)
        return {row[0]: row[1] for row in self._connection.execute(statement, _numbered(pks))}

    def update_devices(self, changes: Sequence[DeviceChange]) -> frozenset[str]:
        """See the port."""
        if not changes:
            return frozenset()
        hit = self._connection.execute(
            sql.UPDATE_DEVICE,
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
        ).rowcount
        if hit == len(changes):
            return frozenset()
        ids = [change.after.device_id for change in changes]
        rows = self._connection.execute(sql.row_versions(len(ids)), _numbered(ids)).all()
        present = {row[0]: (row[1], row[2]) for row in rows}
        return frozenset(
            change.after.device_id
            for change in changes
            if present.get(change.after.device_id) != (change.after.row_ver, change.mac)
        )

    def freeze_corrupted(self, device_ids: Sequence[str]) -> None:
        """See the port."""
        if device_ids:
            self._connection.execute(sql.FREEZE_CORRUPTED, [{"device_id": one} for one in device_ids])

    def add_seen(self, entries: Sequence[tuple[str, bytes, int]]) -> None:
        """See the port."""
        if entries:
            self._connection.execute(
                sql.ADD_SEEN,
                [{"device_id": device, "req_id": one, "expires_ms": end} for device, one, end in entries],
            )

    def insert_pending_shares(self, shares: Sequence[NewPendingShare]) -> None:
        """See the port."""
        for new in shares:
            self._connection.execute(
                sql.EXPIRE_PENDING,
                {"key_id": new.key_id, "device_id": new.device_id, "empty": b"", "now_ms": new.created_ms},
            )
        self._connection.execute(
            sql.INSERT_SHARE,
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

    def promote(self, promotions: Sequence[Promotion], now_ms: int) -> Mapping[bytes, bytes]:
        """See the port."""
        replaced = {}
        for one in promotions:
            place = {"key_id": one.key_id, "device_id": one.device_id}
            old = self._connection.execute(sql.CURRENT_SHARE, place).scalar_one_or_none()
            if old is not None:
                self._connection.execute(sql.RETIRE_SHARE, {"share_id": old, "now_ms": now_ms})
                replaced[one.share_id] = old
            new = {"share_id": one.share_id, "now_ms": now_ms}
            if self._connection.execute(sql.PROMOTE_SHARE, new).rowcount != 1:
                raise StoreUnavailable("a pending share disappeared under the lock")
            self._connection.execute(sql.COUNT_EPOCH, {"key_id": one.key_id})
        return replaced

    def count_decryptions(self, used: Mapping[bytes, int], limit: int) -> None:
        """See the port."""
        rows = [{"pk": pk, "used": count, "quota": limit} for pk, count in used.items()]
        if self._connection.execute(sql.ADD_DECRYPTIONS, rows).rowcount != len(rows):
            raise StoreUnavailable("the decryption quota would be passed")

    def append_audit(self, rows: Sequence[AuditRow]) -> None:
        """See the port."""
        self._audit.append(self._connection, [to_audit(row) for row in rows])

    def commit(self) -> None:
        """See the port."""
        self._connection.commit()


@contextmanager
def store_faults() -> Iterator[None]:
    """Turns what the driver reports into the faults of the port.

    The text of a driver's message names the problem (disk full, read-only, malformed), never a value: the engine
    hides parameters.
    """
    try:
        yield
    except SQLAlchemyError as fault:
        if is_lock_timeout(fault):
            raise StoreBusy("the database is locked by another writer") from fault
        reason = str(fault.orig) if isinstance(fault, DBAPIError) else type(fault).__name__
        raise StoreUnavailable(f"the database failed: {reason}") from fault


def _numbered(values: Sequence[object]) -> dict[str, object]:
    return {f"p{i}": value for i, value in enumerate(values)}
