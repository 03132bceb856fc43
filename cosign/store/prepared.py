"""SQL text for the hot path: compiled once per database kind, run on the driver's own cursor.

A statement through SQLAlchemy costs 50 to 100 µs of interpreter time, one through the driver about 5 µs. What is
given up is everything this layer does with values and results: rows are plain tuples, faults are the driver's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

Values = Mapping[str, object]


class Prepared:
    """One statement with `:named` parameters."""

    __slots__ = ("_compiled", "_sql")

    def __init__(self, sql: str) -> None:
        self._sql: Final = sql
        self._compiled: dict[str, tuple[str, Callable[[Values], Any]]] = {}

    def rows(self, connection: Connection, values: Values) -> list[tuple[Any, ...]]:
        """Runs a query and returns all rows."""
        cursor = self._run(connection, values)
        try:
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found
        finally:
            cursor.close()

    def run(self, connection: Connection, values: Values) -> int:
        """Runs a change and returns how many rows it hit."""
        cursor = self._run(connection, values)
        hit: int = cursor.rowcount
        cursor.close()
        return hit

    def run_many(self, connection: Connection, values: Sequence[Values]) -> int:
        """Runs a change for every set of parameters and returns how many rows were hit altogether."""
        sql, arrange = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(sql, [arrange(one) for one in values])
            hit: int = cursor.rowcount
            return hit
        finally:
            cursor.close()

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


def _positional(names: tuple[str, ...]) -> Callable[[Values], tuple[object, ...]]:
    return lambda values: tuple([values[name] for name in names])
