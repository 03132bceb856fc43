"""Messages between threads and nodes: a topic says that something changed, never what it is now.

    notify     inside a transaction of `writing`; listeners hear of it after its commit
    Waker      what hears of it: in this process on SQLite, on every node on PostgreSQL (LISTEN/NOTIFY)

Never used in the signing transaction: NOTIFY takes a lock of the whole database at commit.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from cosign.store.after_commit import after_commit
from cosign.store.prepared import Prepared

CHANNEL: Final = "cosign"
MAX_TOPIC: Final = 200
"""Characters."""
_NOTIFY: Final = Prepared("SELECT 1 FROM pg_notify(CAST(:channel AS text), CAST(:topic AS text))")

_local: Final[WeakKeyDictionary[Engine, list[Callable[[str], None]]]] = WeakKeyDictionary()


class Waker(Protocol):
    """Hears what is notified."""

    @property
    def live(self) -> bool:
        """Whether messages arrive. While they do not, nobody may rely on what depends on them."""
        ...

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """Calls `listener` with every topic, on a thread of the waker's choice; it must not block."""
        ...


def notify(connection: Connection, topic: str) -> None:
    """Tells every listener of `topic` after the commit of the connection's transaction.

    Raises:
        ValueError: The topic is too long.
    """
    if len(topic) > MAX_TOPIC:
        raise ValueError("a topic is a short name")
    if connection.dialect.name == "postgresql":
        _NOTIFY.later(connection, {"channel": CHANNEL, "topic": topic})
        return
    for listener in _local.get(connection.engine, []):
        after_commit(connection, partial(listener, topic))


class LocalWaker:
    """Implements `Waker` within one process."""

    def __init__(self, engine: Engine) -> None:
        self._listeners = _local.setdefault(engine, [])

    @property
    def live(self) -> bool:
        """Always."""
        return True

    def subscribe(self, listener: Callable[[str], None]) -> None:
        """See the port."""
        self._listeners.append(listener)
