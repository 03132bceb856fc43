"""Writes a row per node that says when it could last commit.

It is the test that the database takes commits: a full disk and a read-only file still answer queries.
"""

from sqlalchemy import Engine, insert, update

from cosign.clock import Clock
from cosign.errors import DatabaseUnavailable
from cosign.store.tables import node_heartbeat
from cosign.store.unit_of_work import reading, writing


def beat(engine: Engine, node_id: str, clock: Clock) -> None:
    """Commits the present time. Raises DatabaseUnavailable, or ConcurrentOperation when the lock is held."""
    now_ms = clock.now_ms()
    with writing(engine) as connection:
        known = connection.execute(
            update(node_heartbeat).where(node_heartbeat.c.node_id == node_id).values(seen_ms=now_ms)
        )
        if known.rowcount == 0:
            connection.execute(insert(node_heartbeat).values(node_id=node_id, seen_ms=now_ms))


def check_integrity(engine: Engine) -> None:
    """Runs SQLite's own check of the file; other databases check themselves. Raises DatabaseUnavailable."""
    if engine.dialect.name != "sqlite":
        return
    with reading(engine) as connection:
        answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if answer != "ok":
        raise DatabaseUnavailable(f"the database file is damaged: {answer}")
