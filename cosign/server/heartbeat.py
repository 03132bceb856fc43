"""One row per node that says when it could last write. Writing it is the test that the database takes commits:
a full disk and a read-only file still answer queries."""

from typing import Final

from sqlalchemy import Column, Engine, Table, insert, update

from cosign.clock import Clock
from cosign.store.metadata import Identifier, Milliseconds, metadata
from cosign.store.unit_of_work import writing

node_heartbeat: Final = Table(
    "node_heartbeat",
    metadata,
    Column("node_id", Identifier, primary_key=True),
    Column("seen_ms", Milliseconds, nullable=False),
)
"""When each node last committed."""


def beat(engine: Engine, node_id: str, clock: Clock) -> None:
    """Commits the present time. Raises DatabaseUnavailable, or ConcurrentOperation when the lock is held."""
    now_ms = clock.now_ms()
    with writing(engine) as connection:
        known = connection.execute(
            update(node_heartbeat).where(node_heartbeat.c.node_id == node_id).values(seen_ms=now_ms)
        )
        if known.rowcount == 0:
            connection.execute(insert(node_heartbeat).values(node_id=node_id, seen_ms=now_ms))
