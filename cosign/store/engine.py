"""Makes the engine: SQLite by default, PostgreSQL by configuration (`cosign.store.postgres`).

SQLite runs in WAL mode with `synchronous=FULL`: a commit that was acknowledged survives a power cut (TX-5). Every
write transaction starts with BEGIN IMMEDIATE, which stands for the row lock of TX-1.
"""

import sqlite3
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cosign.errors import ConfigInvalid
from cosign.store.waits import add_lock_seconds

if TYPE_CHECKING:
    from cosign.store.postgres import PostgresOptions

LOCK_TIMEOUT_MS: Final = 2_000
"""TX-1: how long a transaction waits for a lock before it is BUSY."""

CHECKPOINT_PAGES: Final = 4_000
"""Pages in the write-ahead log (16 MB) before they are copied: hot pages are then written once, not many times."""

_READABLE: Final = partial(str, encoding="utf-8", errors="replace")

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={LOCK_TIMEOUT_MS}",
    f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


def make_engine(url: str, options: "PostgresOptions | None" = None) -> Engine:
    """Returns an engine for `url`, for example `sqlite:////var/lib/cosign/cosign.db` or `postgresql://host/cosign`.

    Values never appear in messages of SQLAlchemy (`hide_parameters`): a row may hold what must not be logged.

    Args:
        url: SQLAlchemy URL; parameters of libpq stand in its query.
        options: For PostgreSQL only.

    Raises:
        ConfigInvalid: Neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigInvalid("database.url", "not a URL") from None
    if parsed.get_backend_name() == "postgresql":
        from cosign.store.postgres import PostgresOptions, make_postgres_engine

        return make_postgres_engine(parsed, options or PostgresOptions())
    if parsed.get_backend_name() != "sqlite":
        raise ConfigInvalid("database.url", "must begin with sqlite: or postgresql:")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(url, hide_parameters=True, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_url(path: Path) -> str:
    """URL of a SQLite file."""
    return f"sqlite:///{path}"


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin or commit by itself
    connection.text_factory = _READABLE  # one damaged text must not make the rows beside it unreadable
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("cosign_readonly", False)
    cursor = connection.connection.cursor()  # the driver's: this runs before every transaction of the hot path
    if readonly:
        cursor.execute("BEGIN")
    else:
        began = perf_counter()
        try:
            cursor.execute("BEGIN IMMEDIATE")
        finally:
            add_lock_seconds(connection, perf_counter() - began)
    cursor.close()
