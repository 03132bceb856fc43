"""Engine for PostgreSQL 15 or newer: psycopg 3 with deadlines, checks of what durability rests on.

No wait is endless. The server ends statements (`statement_timeout`) and lock waits (`lock_timeout`, TX-1), the kernel
gives up on a peer that acknowledges nothing (`tcp_user_timeout`, keepalives), and a server that acknowledges but does
not answer loses the connection after `deadline_seconds`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from cosign.errors import ConfigInvalid, DatabaseUnsafe
from cosign.store.wire import Wire, WireConnection

T = TypeVar("T")

LOCK_TIMEOUT_MS: Final = 2_000
"""TX-1."""
PING_SECONDS: Final = 1.0
"""How long a connection from the pool may take to prove that it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """How to talk to the server."""

    application_name: str = "cosign"
    pool_size: int = 8
    """Connections of one process besides those of the hot path."""
    pool_wait_seconds: float = 2.0
    """How long to wait for a free one."""
    connect_seconds: int = 5
    deadline_seconds: float = 5.0
    """Longest time without an answer; 0 waits for ever (operator programs)."""
    password_file: Path | None = None
    """First line is the password."""


class DeadlineConnection(WireConnection):
    """A connection whose waits end."""

    deadline_seconds: float = 0.0

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's, with our deadline where the caller has none; the connection does not survive it."""
        ours = timeout is None and self.deadline_seconds > 0
        try:
            return super().wait(gen, interval, self.deadline_seconds if ours else timeout)
        except psycopg.errors._WaitTimeout:
            if not ours:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the database did not answer within {self.deadline_seconds:g} s") from None


def make_postgres_engine(url: URL, options: PostgresOptions) -> Engine:
    """An engine that checks every connection before it hands it out.

    Raises:
        ConfigInvalid: The password file cannot be read.
    """
    driver = url.set(drivername="postgresql+psycopg")
    connect = _connector(driver, options)
    engine = create_engine(
        driver,
        creator=connect,
        hide_parameters=True,
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.pool_wait_seconds,
        pool_recycle=1_800,
    )
    event.listen(engine, "checkout", _ping)
    return engine


def _connector(url: URL, options: PostgresOptions) -> Callable[[], DeadlineConnection]:
    arguments: dict[str, Any] = {**url.translate_connect_args(database="dbname", username="user"), **url.query}
    settings = {
        "statement_timeout": round(options.deadline_seconds * 1000),
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": round(options.deadline_seconds * 2000),
        "plan_cache_mode": "force_generic_plan",
        # A plan that was made while a table was small is kept until its next ANALYZE: it must be good later too.
        "enable_seqscan": "off",
        "jit": "off",
        "TimeZone": "UTC",
    }
    arguments["options"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
    defaults: dict[str, Any] = {
        "application_name": options.application_name,
        "connect_timeout": options.connect_seconds,
        "target_session_attrs": "read-write",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": max(1, round(options.deadline_seconds or 30)) * 1000,
        "client_encoding": "utf8",
    }
    arguments = defaults | arguments

    def connect() -> DeadlineConnection:
        given = arguments | _password(options.password_file)
        made = DeadlineConnection.connect(**given)
        made.deadline_seconds = options.deadline_seconds
        # psycopg would send DEALLOCATE ALL after a rollback, and with it drop the statements of `cosign.store.wire`.
        made.prepare_threshold = None
        return made

    return connect


def _password(file: Path | None) -> dict[str, str]:
    """Read for every connection, so that it can be changed while the server runs."""
    if file is None:
        return {}
    try:
        return {"password": file.read_text(encoding="utf-8").split("\n", 1)[0]}
    except OSError as fault:
        raise ConfigInvalid("database.password_file", f"{file}: {fault.strerror}") from None


def _ping(raw: DeadlineConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection that does not answer at once is replaced; one that was closed by a restart is, too."""
    wire = record.info.get("cosign_wire")
    if not isinstance(wire, Wire):
        wire = record.info["cosign_wire"] = Wire(raw, raw.deadline_seconds or 1e6)
        return  # has just been made
    wire.deadline_seconds = PING_SECONDS
    try:
        wire.ping()
    except psycopg.Error as fault:
        raise DisconnectionError from fault
    wire.deadline_seconds = raw.deadline_seconds or 1e6


def check_durability(connection: Connection, *, production: bool, standbys: int) -> None:
    """RS-1, TX-5: what an acknowledged commit is worth on this server. At start, and again every few seconds.

    Args:
        connection: Any connection of the service's own role.
        production: Refuse a server that does not flush.
        standbys: How many synchronous standbys must be streaming.

    Raises:
        DatabaseUnsafe: Acknowledged commits could be lost.
    """
    flushed = "SELECT name, setting FROM pg_settings WHERE name IN "
    names = "('synchronous_commit', 'fsync', 'full_page_writes', 'synchronous_standby_names')"
    settings = {str(name): str(value) for name, value in connection.exec_driver_sql(flushed + names)}
    accepted = ("on", "remote_apply") if standbys else ("on", "remote_apply", "local", "remote_write")
    if settings["synchronous_commit"] not in accepted:
        raise DatabaseUnsafe(f"synchronous_commit is {settings['synchronous_commit']}; it must be on or remote_apply")
    if production and "off" in (settings["fsync"], settings["full_page_writes"]):
        raise DatabaseUnsafe("fsync or full_page_writes is off")
    if not standbys:
        return
    if not settings["synchronous_standby_names"]:
        raise DatabaseUnsafe("synchronous_standby_names is empty: no commit waits for a standby")
    found = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')"
    ).scalar_one()
    if found < standbys:
        raise DatabaseUnsafe(f"{found} synchronous standbys are streaming, {standbys} are required")
