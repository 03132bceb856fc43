"""The audit heads in a second PostgreSQL database, for several nodes.

A list that was set aside stays in the table under its number, which `audit_head_list` does not name any more.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from cosign.audit.model import Head
from cosign.errors import AuditBroken
from cosign.store.metadata import Blob, Identifier, Milliseconds
from cosign.store.unit_of_work import reading, writing

outside: Final = MetaData()
_list: Final = Table("audit_head_list", outside, Column("number", Integer, primary_key=True, autoincrement=False))
_head: Final = Table(
    "audit_head",
    outside,
    Column("list", Integer, primary_key=True, autoincrement=False),
    Column("segment", Identifier, primary_key=True),
    Column("server_id", Identifier, nullable=False),
    Column("seq", Milliseconds, nullable=False),
    Column("row_hash", Blob, nullable=False),
    Column("time_ms", Milliseconds, nullable=False),
    Column("signature", Blob, nullable=False),
)


class HeadTable:
    """Implements `cosign.audit.ports.HeadStore`. Any method may raise DatabaseUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def place(self) -> str:
        """Name of the database."""
        return f"table audit_head of {self._engine.url.database}"

    def begin(self) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            if _present(connection) is None:
                _begin(connection)

    def exists(self) -> bool:
        """See the port."""
        with reading(self._engine) as connection:
            return _present(connection) is not None

    def read(self) -> list[Head]:
        """See the port."""
        with reading(self._engine) as connection:
            query = select(_head).where(_head.c.list == self._number(connection)).order_by(_head.c.segment)
            return [
                Head(row.server_id, row.segment, row.seq, row.row_hash, row.time_ms, row.signature)
                for row in connection.execute(query)
            ]

    def merge(self, heads: Iterable[Head]) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            number = self._number(connection)
            for head in heads:
                fresh = upsert(_head).values(_values(number, head))
                newer = {
                    name: fresh.excluded[name] for name in ("server_id", "seq", "row_hash", "time_ms", "signature")
                }
                connection.execute(
                    fresh.on_conflict_do_update(
                        index_elements=["list", "segment"], set_=newer, where=_head.c.seq < fresh.excluded.seq
                    )
                )

    def write(self, heads: Iterable[Head]) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            number = _present(connection) or _begin(connection)
            connection.execute(delete(_head).where(_head.c.list == number))
            for head in heads:
                connection.execute(insert(_head).values(_values(number, head)))

    def set_aside(self) -> None:
        """See the port."""
        with writing(self._engine) as connection:
            connection.execute(delete(_list))

    def _number(self, connection: Connection) -> int:
        number = _present(connection)
        if number is None:
            raise AuditBroken(
                f"{self.place} was never begun: without it nobody notices a database that was cut; bring it back, or "
                "accept the database as it is by `cosignctl audit checkpoint --accept-missing-heads`"
            )
        return number


def _present(connection: Connection) -> int | None:
    number: int | None = connection.execute(select(func.max(_list.c.number))).scalar_one()
    return number


def _begin(connection: Connection) -> int:
    """A new list, after those that were set aside."""
    number = int(connection.execute(select(func.coalesce(func.max(_head.c.list), 0))).scalar_one()) + 1
    connection.execute(insert(_list).values(number=number))
    return number


def _values(number: int, head: Head) -> dict[str, object]:
    return {
        "list": number,
        "segment": head.segment,
        "server_id": head.server_id,
        "seq": head.seq,
        "row_hash": head.row_hash,
        "time_ms": head.time_ms,
        "signature": head.signature,
    }
