"""The SQL store with the direct access that `tests.keyshare.world` wants."""

from pathlib import Path

from sqlalchemy import Engine, event, insert, text

from cosign.audit.trail import AuditTrail
from cosign.signing import statements as sql
from cosign.signing.repository import SqlShareStore
from cosign.signing.rows import from_device, to_device
from cosign.signing.tables import dev_state
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from keyshare.device_row import DeviceRow, StoredDevice
from keyshare.records import KeyState, ShareRow


class SqlBacking(SqlShareStore):
    """Implements `tests.keyshare.world.Backing` on SQLite or PostgreSQL."""

    def __init__(self, place: Path | str, *, durable: bool = True) -> None:
        """`place` is a SQLite file, or the URL of a database; one of PostgreSQL has the schema already.

        `durable=False` spares tests of many thousand transactions the flushes of SQLite; nothing else differs.
        """
        self.engine: Engine = make_engine(sqlite_url(place) if isinstance(place, Path) else place)
        if self.engine.dialect.name == "sqlite":
            if not durable:
                event.listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
            migrations.upgrade(self.engine)
        super().__init__(self.engine, AuditTrail("test"))

    def find_share(self, share_id: bytes) -> ShareRow | None:
        return self.find_shares([share_id]).get(share_id)

    def add_device(self, row: DeviceRow, mac: bytes) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(dev_state).values(**from_device(row, mac)))

    def stored_device(self, device_id: str) -> StoredDevice | None:
        with self.engine.begin() as connection:
            rows = sql.lock_devices(1, for_update=False).rows(connection, {"p0": device_id})
            return to_device(rows[0]) if rows else None

    def put_device(self, stored: StoredDevice) -> None:
        with self.engine.begin() as connection:
            values = from_device(stored.row, stored.mac)
            columns = ", ".join(f"{name} = :{name}" for name in values if name != "device_id")
            connection.execute(text(f"UPDATE dev_state SET {columns} WHERE device_id = :device_id"), values)

    def end(self) -> None:
        """Gives every connection back, as the end of the process would."""
        self.close()
        self.engine.dispose()

    def set_key_state(self, key_id: str, state: KeyState) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE joint_key SET state = :state, row_ver = row_ver + 1 WHERE key_id = :key_id"),
                {"state": state.value, "key_id": key_id},
            )
            connection.execute(
                text("UPDATE share SET row_ver = row_ver + 1 WHERE key_id = :key_id"), {"key_id": key_id}
            )
            if state is KeyState.REVOKED:
                connection.execute(
                    text("UPDATE share SET state = 'destroyed', sealed = :none WHERE key_id = :key_id"),
                    {"key_id": key_id, "none": b""},
                )

    def dump(self, table: str) -> list[tuple[object, ...]]:
        """All rows of a table, sorted."""
        with self.engine.begin() as connection:
            return sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}")))
