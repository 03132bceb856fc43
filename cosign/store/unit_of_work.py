"""Transactions of the areas.

`writing` is one write transaction, `reading` a consistent snapshot. Both turn what the database reports into the
faults of the service, so that no caller needs to know the driver.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cosign.errors import ConcurrentOperation, DatabaseUnavailable


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: commits when the block ends, rolls back when it raises.

    Raises:
        ConcurrentOperation: The lock was not granted within two seconds.
        DatabaseUnavailable: The database cannot be read or written; nothing was committed, unless the commit
            itself failed, whose result is then unknown.
    """
    with _translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent snapshot for reading; takes no write lock.

    Raises:
        DatabaseUnavailable: The database cannot be read.
    """
    with _translated(), engine.connect().execution_options(cosign_readonly=True) as connection, connection.begin():
        yield connection


def is_lock_timeout(fault: BaseException | None) -> bool:
    """Whether a driver's fault says that a lock was not granted in time; nothing was done then."""
    return isinstance(fault, sqlite3.OperationalError) and "locked" in str(fault)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, sqlite3.Error) as fault:
        origin = fault.orig if isinstance(fault, DBAPIError) else fault
        if is_lock_timeout(origin):
            raise ConcurrentOperation("the database is locked by another writer", retry_after_ms=1_000) from fault
        raise DatabaseUnavailable(f"the database failed: {origin}") from fault
