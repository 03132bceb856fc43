"""Two nodes while the index key is replaced: one writes under the old key still, the other one under the new."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine

from cosign.errors import ConcurrentOperation
from cosign.personal.cipher import TokenPersonalData
from cosign.personal.data_keys import SPREAD_MS, KeyKind
from cosign.store.unit_of_work import writing
from tests.support.personal import MovableClock, make_keys, make_token

Write = Callable[[Connection, TokenPersonalData], object]
_SECONDS = 60.0
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@dataclass
class TwoNodes:
    """Both know both keys; `late` has a clock that is a moment behind."""

    engine: Engine
    late: TokenPersonalData
    punctual: TokenPersonalData


def two_nodes(engine: Engine, folder: Path) -> TwoNodes:
    """On a migrated database, at the moment in which the second index key comes into force."""
    token, clock, behind = make_token(folder), MovableClock(), MovableClock()
    keys = make_keys(engine, token, clock)
    keys.rotate(KeyKind.INDEX)
    other = make_keys(engine, token, behind)
    clock.forward(milliseconds=SPREAD_MS)
    behind.forward(milliseconds=SPREAD_MS - 1)
    assert [key.version for key in keys.index_keys()] == [2, 1]
    assert [key.version for key in other.index_keys()] == [1, 2]
    return TwoNodes(engine, TokenPersonalData(other), TokenPersonalData(keys))


def overlapping(nodes: TwoNodes, write: Write, refused: type[Exception]) -> Sequence[bool]:
    """Both nodes write at once, on PostgreSQL; returns whether the late one and the punctual one succeeded.

    The late one has written and not committed when the other one begins; it commits when that one waits or is done.
    """
    url = nodes.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def punctual() -> bool:
        while True:
            try:
                with writing(nodes.engine) as connection:
                    write(connection, nodes.punctual)
                return True
            except refused:
                return False
            except ConcurrentOperation:  # it waited for too long, on a busy machine
                continue

    with ThreadPoolExecutor(1) as pool, psycopg.connect(url, autocommit=True) as observer:
        with writing(nodes.engine) as connection:
            write(connection, nodes.late)
            other = pool.submit(punctual)
            while not other.done() and observer.execute(_WAITING).fetchone() == (0,):
                wait([other], timeout=0.01)
        return True, other.result(timeout=_SECONDS)
