"""SQL text for the hot path: compiled once per database kind, run on the driver itself.

A statement through SQLAlchemy costs 50 to 100 µs of interpreter time, one through the driver about 5 µs. What is
given up is everything this layer does with values and results: rows are plain tuples, faults are the driver's. Times
go in as `UtcTime` stores them; `moment_of` reads those that come out.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from cosign.store.wire import Statement

Values = Mapping[str, object]

_NAME: Final = re.compile(r"(?<![:\w]):([a-z]\w*)")


class Prepared:
    """One statement with `:named` parameters."""

    __slots__ = ("_compiled", "_sql", "_wire")

    def __init__(self, sql: str) -> None:
        self._sql: Final = sql
        self._compiled: dict[str, tuple[str, Callable[[Values], Any]]] = {}
        self._wire: tuple[Statement, Sequence[str]] | None = None

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Runs a query and returns all rows."""
        if connection.dialect.name == "postgresql":
            return self._on_wire(connection, values)[0]
        cursor = self._run(connection, values)
        try:
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
        finally:
            cursor.close()

    def run(self, connection: Connection, values: Values) -> int:
        """Runs a change and returns how many rows it hit."""
        if connection.dialect.name == "postgresql":
            return self._on_wire(connection, values)[1]
        cursor = self._run(connection, values)
        hit: int = cursor.rowcount
        cursor.close()
        return hit

    def later(self, connection: Connection, *values: Values) -> None:
        """Runs a change for every set of parameters, where nobody needs to know how many rows it hits.

        On PostgreSQL it goes out with what the transaction does next, at the latest with its commit; so does its fault.
        """
        if connection.dialect.name != "postgresql":
            self.run_many(connection, values)
            return
        from cosign.store.wire import wire_of

        statement, order = self.for_wire()
        wire = wire_of(connection)
        for one in values:
            wire.later(statement, [one[name] for name in order])

    def run_many(self, connection: Connection, values: Sequence[Values]) -> int:
        """Runs a change for every set of parameters and returns how many rows were hit altogether."""
        if connection.dialect.name == "postgresql":
            from cosign.store.wire import wire_of

            statement, order = self.for_wire()
            work = [(statement, [one[name] for name in order]) for one in values]
            return sum(answer.count for answer in wire_of(connection).send(work))
        sql, arrange = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(sql, [arrange(one) for one in values])
            hit: int = cursor.rowcount
            return hit
        finally:
            cursor.close()

    def for_wire(self) -> "tuple[Statement, Sequence[str]]":
        """PostgreSQL's form with `$n` parameters, and the names in the order of their numbers."""
        if self._wire is None:
            from cosign.store.wire import Statement

            order: list[str] = []

            def number(match: re.Match[str]) -> str:
                if match[1] not in order:
                    order.append(match[1])
                return f"${order.index(match[1]) + 1}"

            self._wire = Statement(_NAME.sub(number, self._sql)), order
        return self._wire

    def _on_wire(self, connection: Connection, values: Values) -> tuple[list[tuple[Any, ...]], int]:
        from cosign.store.wire import wire_of

        statement, order = self.for_wire()
        answer = wire_of(connection).run(statement, [values[name] for name in order])
        return answer.rows, answer.count

    def _run(self, connection: Connection, values: Values) -> Any:
        sql, arrange = self._for(connection)
        cursor = connection.connection.cursor()
        cursor.execute(sql, arrange(values))
        return cursor

    def _for(self, connection: Connection) -> tuple[str, Callable[[Values], Any]]:
        """SQL in the driver's parameter style, and what turns named values into the driver's form."""
        dialect = connection.dialect
        known = self._compiled.get(dialect.name)
        if known is None:
            compiled = text(self._sql).compile(dialect=dialect)
            order = compiled.positiontup
            known = (str(compiled), dict if order is None else _positional(tuple(order)))
            self._compiled[dialect.name] = known
        return known


def moment_of(stored: object) -> dt.datetime | None:
    """A time out of a row as `UtcTime` gives it: aware, in UTC."""
    if isinstance(stored, dt.datetime):
        return stored.astimezone(dt.UTC)
    return dt.datetime.fromisoformat(stored).replace(tzinfo=dt.UTC) if isinstance(stored, str) else None


def _positional(names: tuple[str, ...]) -> Callable[[Values], tuple[object, ...]]:
    return lambda values: tuple([_plain(values[name]) for name in names])


def _plain(value: object) -> object:
    """As `UtcTime` stores it in SQLite."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value
