"""Waits for the database are observed on both databases, however the transaction ends."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from cosign.errors import ConcurrentOperation
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.idempotency import RequestKey, recall
from cosign.store.kept import KeptConnection
from cosign.store.prepared import Prepared
from cosign.store.unit_of_work import reading, writing
from cosign.store.waits import Path, Wait, measure, observe_locks, takes_lock

INSERT = text("INSERT INTO public_key_usage VALUES (:pk, 1)")
LOCK = Prepared("SELECT pk FROM public_key_usage WHERE pk = :pk FOR UPDATE")
Seen = list[tuple[Path, Wait, float]]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def seen(engine: Engine) -> Seen:
    found: Seen = []
    measure(engine, lambda path, wait, seconds: found.append((path, wait, seconds)))
    return found


def kinds(seen: Seen) -> list[tuple[Path, Wait]]:
    return [(path, wait) for path, wait, _ in seen]


def takes_a_lock(engine: Engine) -> Callable[[], None]:
    """A transaction that waits for the one which holds the row, or on SQLite the file."""

    def run() -> None:
        with writing(engine) as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
                LOCK.rows(connection, {"pk": b"a"})

    return run


def test_a_transaction_waits_for_connection_lock_and_commit(engine: Engine, seen: Seen) -> None:
    with writing(engine) as connection:
        recall(connection, RequestKey("scope", "method", "request"), body_hash=bytes(32), now_ms=1)
        connection.execute(INSERT, {"pk": b"a"})
    assert set(kinds(seen)) == {(Path.COLD, wait) for wait in Wait}
    assert all(seconds > 0 for _, _, seconds in seen)


def test_reading_waits_for_its_connection_only(engine: Engine, seen: Seen) -> None:
    with reading(engine) as connection:
        connection.execute(text("SELECT count(*) FROM public_key_usage"))
    assert kinds(seen) == [(Path.COLD, Wait.CONNECTION)]


def test_a_transaction_that_is_rolled_back_has_no_commit(engine: Engine, seen: Seen) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:  # noqa: PT012
        connection.execute(INSERT, {"pk": b"a"})
        raise ZeroDivisionError
    assert (Path.COLD, Wait.COMMIT) not in kinds(seen)


def test_a_lock_that_is_not_granted_is_observed(engine: Engine, seen: Seen) -> None:
    with writing(engine) as connection:
        connection.execute(INSERT, {"pk": b"a"})
    seen.clear()
    with writing(engine) as holder:
        if engine.dialect.name == "postgresql":
            LOCK.rows(holder, {"pk": b"a"})
        else:
            raw = engine.raw_connection()
            raw.cursor().execute("PRAGMA busy_timeout=100")
            raw.close()
        with pytest.raises(ConcurrentOperation):
            takes_a_lock(engine)()
        waited = [seconds for _, wait, seconds in seen if wait is Wait.LOCK]
        assert len(waited) == 1
        assert waited[0] > 0.05


def test_a_kept_connection_belongs_to_the_hot_path(engine: Engine, seen: Seen) -> None:
    kept = KeptConnection(engine)
    with kept.use() as connection:
        began = time.perf_counter()
        connection.begin()
        if engine.dialect.name == "postgresql":
            LOCK.rows(connection, {"pk": b"a"})
        connection.rollback()
        observe_locks(connection, Path.HOT)
        longest = time.perf_counter() - began
    kept.close()
    assert kinds(seen) == [(Path.HOT, Wait.CONNECTION), (Path.HOT, Wait.LOCK)]
    assert 0 < seen[1][2] <= longest


def test_what_takes_a_lock() -> None:
    assert takes_lock("SELECT 1 FROM x FOR UPDATE SKIP LOCKED")
    assert takes_lock("SELECT pg_advisory_xact_lock(1)")
    assert not takes_lock("UPDATE x SET y = 1")
