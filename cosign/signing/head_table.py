"""RS-3: the head log in a second PostgreSQL database, for several nodes. One row per (key, device), always current.

Every call commits by itself before it returns, outside of the transaction it speaks of.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Boolean, Column, Connection, Engine, Integer, MetaData, Table, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from cosign.store.kept import KeptConnection
from cosign.store.metadata import Blob, Identifier
from cosign.store.prepared import Prepared
from cosign.store.unit_of_work import reading, writing
from hsm.ports import TokenUnavailable
from keyshare.heads import Head

outside: Final = MetaData()
key_head: Final = Table(
    "key_head",
    outside,
    Column("key_id", Identifier, primary_key=True),
    Column("device_id", Identifier, primary_key=True),
    Column("share_id", Blob, nullable=False, comment="16 bytes, or empty while nothing is settled"),
    Column("announced", Blob, nullable=False, comment="16 bytes while a commit is under way, or empty"),
    Column("ended", Boolean, nullable=False),
)

head_store: Final = Table(
    "head_store",
    outside,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("identity", Blob, nullable=False, comment="16 random bytes"),
)

_INSERT: Final = "INSERT INTO key_head (key_id, device_id, share_id, announced, ended) VALUES "
_ANNOUNCE: Final = Prepared(
    f"{_INSERT} (:key_id, :device_id, :previous, :share_id, false) ON CONFLICT (key_id, device_id) DO UPDATE "
    "SET announced = excluded.announced, "
    "share_id = CASE WHEN excluded.share_id = '' THEN key_head.share_id ELSE excluded.share_id END"
)
_SETTLE: Final = Prepared(
    f"{_INSERT} (:key_id, :device_id, :share_id, '', false) ON CONFLICT (key_id, device_id) DO UPDATE "
    "SET share_id = excluded.share_id, announced = ''"
)
_ENDED: Final = Prepared(
    f"{_INSERT} (:key_id, :device_id, '', '', true) ON CONFLICT (key_id, device_id) DO UPDATE SET ended = true"
)
# S608: the text is a constant of this module.


class HeadTable:
    """Implements `cosign.signing.ports.HeadRecord`. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept = KeptConnection(engine, isolation_level="AUTOCOMMIT")

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        """See the port."""
        with self._writing() as connection:
            values = {"key_id": key_id, "device_id": device_id, "share_id": share_id, "previous": previous}
            _ANNOUNCE.run(connection, values)

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        """See the port."""
        with self._writing() as connection:
            _SETTLE.run(connection, {"key_id": key_id, "device_id": device_id, "share_id": share_id})

    def ended(self, key_id: str, device_id: str) -> None:
        """See the port."""
        with self._writing() as connection:
            _ENDED.run(connection, {"key_id": key_id, "device_id": device_id})

    @property
    def identity(self) -> bytes:
        """See the port."""
        with reading(self._engine) as connection:
            return bytes(connection.execute(select(head_store.c.identity)).scalar_one())

    def begin(self) -> None:
        """Makes the identity when there is none."""
        with writing(self._engine) as connection:
            fresh = upsert(head_store).values(one=1, identity=secrets.token_bytes(16))
            connection.execute(fresh.on_conflict_do_nothing())

    def heads(self) -> dict[tuple[str, str], Head]:
        """See the port."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(key_head))
            return {(row.key_id, row.device_id): Head(row.share_id, row.announced, row.ended) for row in rows}

    def unsettled(self) -> dict[tuple[str, str], Head]:
        """See the port."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(key_head).where(key_head.c.announced != b""))
            return {(row.key_id, row.device_id): Head(row.share_id, row.announced, row.ended) for row in rows}

    def close(self) -> None:
        """Gives the connection back."""
        self._kept.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._kept.use() as connection:
                yield connection
        except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as fault:
            raise TokenUnavailable("the head log cannot be written") from fault
