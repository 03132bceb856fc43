"""One connection that is kept between uses: the pool's bookkeeping costs more than a statement of the hot path."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine

from cosign.store.waits import Path, Wait, observer

IDLE_SECONDS: Final = 0.2
"""After this much time without use a connection to PostgreSQL is asked whether it still lives."""


class KeptConnection:
    """Lends its connection to one caller at a time."""

    def __init__(self, engine: Engine, **options: Any) -> None:
        """`options` are execution options of SQLAlchemy."""
        self._engine = engine
        self._options = options
        self._lock = threading.Lock()
        self._kept: Connection | None = None
        self._used = 0.0

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """The connection. One that a fault leaves in doubt is not used again.

        Raises:
            SQLAlchemyError: No connection can be made.
        """
        began = time.perf_counter()
        with self._lock:
            kept, self._kept = self._kept, None
            try:
                connection = self._living(kept)
            finally:
                observer(self._engine)(Path.HOT, Wait.CONNECTION, time.perf_counter() - began)
            try:
                yield connection
            except BaseException:
                _discard(connection)
                raise
            self._kept, self._used = connection, time.monotonic()

    def close(self) -> None:
        """Gives the connection back to the pool."""
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    def _living(self, kept: Connection | None) -> Connection:
        if kept is not None and self._engine.dialect.name == "postgresql":
            from cosign.store.wire import wire_of

            if time.monotonic() - self._used > IDLE_SECONDS:
                try:
                    wire_of(kept).ping()
                except self._engine.dialect.loaded_dbapi.Error:
                    _discard(kept)
                    kept = None
        return kept if kept is not None else self._engine.connect().execution_options(**self._options)


def _discard(connection: Connection) -> None:
    """Closes for good what may be in an unknown state."""
    with suppress(Exception):
        connection.invalidate()
    with suppress(Exception):
        connection.close()
