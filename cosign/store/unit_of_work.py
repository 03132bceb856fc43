"""Transactions of the areas.

`writing` is one write transaction, `reading` a consistent snapshot. Both turn what the database reports into the
faults of the service, so that no caller needs to know the driver.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from cosign.errors import ConcurrentOperation, DatabaseUnavailable
from cosign.store.after_commit import take_actions
from cosign.store.waits import Path, Wait, observe_locks, timed

_RETRY: Final = frozenset({"55P03", "40P01", "40001"})
"""SQLSTATE: lock_not_available, deadlock_detected, serialization_failure."""


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: commits when the block ends, rolls back when it raises.

    Raises:
        ConcurrentOperation: The lock was not granted within two seconds.
        DatabaseUnavailable: The database cannot be read or written; nothing was committed, unless the commit
            itself failed, whose result is then unknown.
    """
    finished = False
    try:
        with _translated(engine), _connected(engine) as connection:
            try:
                transaction = connection.begin()
                with transaction:
                    yield connection
                    finished, actions = True, take_actions(connection)
                    with timed(engine, Path.COLD, Wait.COMMIT):
                        transaction.commit()
            finally:
                observe_locks(connection, Path.COLD)
        for action in actions:
            action()
    except DatabaseUnavailable as fault:
        if finished:
            raise DatabaseUnavailable(f"{fault.detail}; whether the change was made is unknown") from fault
        raise


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent snapshot for reading; takes no write lock.

    Raises:
        DatabaseUnavailable: The database cannot be read.
    """
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with (
        _translated(engine),
        _connected(engine).execution_options(cosign_readonly=True, **options) as connection,
        connection.begin(),
    ):
        yield connection


def is_lock_timeout(fault: BaseException | None) -> bool:
    """Whether a driver's fault says that a lock was not granted in time; nothing was done then."""
    if isinstance(fault, sqlite3.OperationalError):
        return "locked" in str(fault)
    return isinstance(fault, PoolExhausted) or getattr(fault, "sqlstate", None) in _RETRY


def is_unknown_commit(fault: BaseException | None) -> bool:
    """TX-5: whether COMMIT went out and no answer came back."""
    return getattr(fault, "commit_unknown", False) is True


def _connected(engine: Engine) -> Connection:
    """A connection of the pool."""
    with timed(engine, Path.COLD, Wait.CONNECTION):
        return engine.connect()


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    driver_fault = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (SQLAlchemyError, driver_fault) as fault:
        origin = fault.orig if isinstance(fault, DBAPIError) else fault
        if is_lock_timeout(origin):
            raise ConcurrentOperation("the database is locked by another writer", retry_after_ms=1_000) from fault
        raise DatabaseUnavailable(f"the database failed: {origin}") from fault
