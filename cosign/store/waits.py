"""How long transactions wait for the database: for a connection, for locks, for their commit.

A server measures its engine once (`measure`); on an engine that is not measured nothing is timed but two clock
readings. Times of the hot path are told when its transaction is over, never while it is evaluated (TX-6).

A row lock of PostgreSQL has no time of its own: what counts is the whole round trip of the statement that takes it.
On SQLite the lock is that of BEGIN IMMEDIATE.
"""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

_LOCKED: Final = "cosign_lock_seconds"
_STARTED: Final = "cosign_lock_began"


class Path(enum.StrEnum):
    """Who waits."""

    HOT = "hot"
    """Micro-batches."""
    COLD = "cold"
    """Everything else."""


class Wait(enum.StrEnum):
    """For what."""

    CONNECTION = "connection"
    LOCK = "lock"
    COMMIT = "commit"


Observe = Callable[[Path, Wait, float], None]
"""Path, kind and seconds; for any thread."""

_observers: Final[WeakKeyDictionary[Engine, Observe]] = WeakKeyDictionary()


def measure(engine: Engine, observe: Observe) -> None:
    """From now on `observe` is told of every wait of `engine`."""
    _observers[engine] = observe
    if engine.dialect.name == "postgresql":
        event.listen(engine, "before_cursor_execute", _before)
        event.listen(engine, "after_cursor_execute", _after)


def observer(engine: Engine) -> Observe:
    """What `measure` was given; else what observes nothing."""
    return _observers.get(engine, _unmeasured)


@contextmanager
def timed(engine: Engine, path: Path, wait: Wait) -> Iterator[None]:
    """Observes how long the block takes, however it ends."""
    began = perf_counter()
    try:
        yield
    finally:
        observer(engine)(path, wait, perf_counter() - began)


def takes_lock(sql: str) -> bool:
    """Whether a statement may wait for another transaction before it does its work."""
    return " FOR UPDATE" in sql or "pg_advisory_xact_lock" in sql


def add_lock_seconds(connection: Connection, seconds: float) -> None:
    """Notes that the transaction of `connection` has waited for a lock."""
    connection.info[_LOCKED] = connection.info.get(_LOCKED, 0.0) + seconds


def observe_locks(connection: Connection, path: Path) -> None:
    """Observes what has come together in the transaction, if it took a lock at all."""
    if connection.closed or connection.invalidated:  # lost: what it waited for is lost with it
        return
    info = connection.info
    seconds: float = info.pop(_LOCKED, 0.0)
    began = info.pop(_STARTED, None)
    if began is not None:  # the lock was not granted
        seconds += perf_counter() - began
    wire = info.get("cosign_wire")
    if wire is not None:
        seconds += wire.take_lock_seconds()
    if seconds:
        observer(connection.engine)(path, Wait.LOCK, seconds)


def _unmeasured(_path: Path, _wait: Wait, _seconds: float) -> None:
    """Observes nothing."""


def _before(connection: Connection, _cursor: Any, statement: str, *_others: Any) -> None:
    if takes_lock(statement):
        connection.info[_STARTED] = perf_counter()


def _after(connection: Connection, _cursor: Any, _statement: str, *_others: Any) -> None:
    began = connection.info.pop(_STARTED, None)
    if began is not None:
        add_lock_seconds(connection, perf_counter() - began)
