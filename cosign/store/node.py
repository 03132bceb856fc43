"""The connection by which a node of PostgreSQL is known: it holds the node's locks and hears messages.

Session locks end with the connection, so that a node that was killed leaves none behind:

    node id      exclusive: two processes with one name would write one audit segment
    heads        shared, by the identity of the head store: all nodes of a database must keep heads in one place
"""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from cosign.errors import ConfigInvalid, DatabaseUnavailable, ServerRunning
from cosign.store.waker import CHANNEL

_NODE_CLASS: Final = 0x636F0001
_HEADS_CLASS: Final = 0x636F0002
_BACK_OFF_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 1.0
"""How often a silent connection is asked whether it lives."""
_OTHERS: Final = (
    "SELECT DISTINCT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def number_of(name: bytes) -> int:
    """A lock number for a name, 31 bits."""
    return int.from_bytes(hashlib.sha256(name).digest()[:4]) >> 1


def nodes_running(connection: Connection) -> int:
    """How many nodes hold a connection to this PostgreSQL database; on SQLite the state folder's lock tells."""
    if connection.dialect.name != "postgresql":
        return 0
    return len(connection.exec_driver_sql(_OTHERS, (_NODE_CLASS,)).all())


class NodeConnection:
    """Implements `cosign.store.waker.Waker`. A thread keeps the connection and makes it again when it breaks."""

    def __init__(self, engine: Engine, *, node_id: str, heads_id: bytes, failed: Callable[[Exception], None]) -> None:
        """Takes the locks and begins to listen.

        Args:
            engine: The database.
            node_id: Name of this process; unique among all that run.
            heads_id: Identity of the head store.
            failed: Told why the connection was lost or could not be made again.

        Raises:
            ServerRunning: Another process runs under this name.
            ConfigInvalid: Another node keeps its heads elsewhere.
            DatabaseUnavailable: No connection.
        """
        self._engine = engine
        self._node_id = node_id
        self._heads_id = heads_id
        self._failed = failed
        self._listeners: list[Callable[[str], None]] = []
        self._live = threading.Event()
        self._stopping = threading.Event()
        try:
            connection = self._join()
        except (SQLAlchemyError, psycopg.Error) as fault:
            raise DatabaseUnavailable(f"the database failed: {fault}") from fault
        self._live.set()
        self._thread = threading.Thread(target=self._run, args=(connection,), name="cosign-node", daemon=True)
        self._thread.start()

    @property
    def live(self) -> bool:
        """See the port."""
        return self._live.is_set()

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """See the port. Also called with an empty topic after an interruption: anything may have been missed."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Ends the thread and gives the locks back."""
        self._stopping.set()
        self._thread.join()

    def _join(self) -> "psycopg.Connection[Any]":
        pooled = self._engine.raw_connection()
        raw = pooled.driver_connection
        pooled.detach()
        if not isinstance(raw, psycopg.Connection):
            raise TypeError("not a connection of psycopg")
        try:
            raw.autocommit = True
            number = number_of(self._node_id.encode())
            mine = raw.execute("SELECT pg_try_advisory_lock(%s::int, %s::int)", (_NODE_CLASS, number)).fetchone()
            if mine is None or not mine[0]:
                raise ServerRunning(f"another process runs as {self._node_id} on this database")
            heads = number_of(self._heads_id)
            raw.execute("SELECT pg_advisory_lock_shared(%s::int, %s::int)", (_HEADS_CLASS, heads))
            if {row[0] for row in raw.execute(_OTHERS, (_HEADS_CLASS,))} != {heads}:
                raise ConfigInvalid("heads.url", "another node of this database keeps its heads elsewhere")
            raw.execute(f"LISTEN {CHANNEL}".encode())
        except BaseException:
            raw.close()
            raise
        return raw

    def _run(self, connection: "psycopg.Connection[Any] | None") -> None:
        while not self._stopping.is_set():
            try:
                if connection is None:
                    connection = self._join()
                    self._live.set()
                    self._tell("")
                self._listen(connection)
            except Exception as fault:
                self._live.clear()
                self._failed(fault)
                if connection is not None:
                    with suppress(psycopg.Error):
                        connection.close()
                connection = None
                self._stopping.wait(_BACK_OFF_SECONDS)
        if connection is not None:
            connection.close()

    def _listen(self, connection: "psycopg.Connection[Any]") -> None:
        for message in connection.notifies(timeout=_LOOK_SECONDS, stop_after=1):
            self._tell(message.payload)
        connection.execute("SELECT 1")

    def _tell(self, topic: str) -> None:
        for listener in list(self._listeners):
            listener(topic)
