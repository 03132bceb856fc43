"""Transactions: all or nothing, and faults by the names of the service."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cosign.errors import ConcurrentOperation, DatabaseUnavailable
from cosign.store.unit_of_work import reading, writing

INSERT = text("INSERT INTO public_key_usage VALUES (:pk, 1)")
COUNT = text("SELECT count(*) FROM public_key_usage")


def rows(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(COUNT).scalar_one())


def test_writing_commits(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(INSERT, {"pk": b"a"})

    assert rows(engine) == 1


def test_an_exception_rolls_back(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:  # noqa: PT012
        connection.execute(INSERT, {"pk": b"a"})
        raise ZeroDivisionError

    assert rows(engine) == 0


def test_readers_do_not_wait_for_a_writer(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(INSERT, {"pk": b"a"})
        assert rows(engine) == 0


def test_a_second_writer_is_told_to_come_back(engine: Engine) -> None:
    with writing(engine):
        _shorten_the_wait(engine)
        with pytest.raises(ConcurrentOperation) as caught, writing(engine):
            pass
    assert caught.value.retry_after_ms == 1_000


def _shorten_the_wait(engine: Engine) -> None:
    """The connection that the pool hands out next waits 50 ms only."""
    raw = engine.raw_connection()
    raw.cursor().execute("PRAGMA busy_timeout=50")
    raw.close()


def test_a_file_that_is_no_database(engine: Engine) -> None:
    path = Path(engine.url.database or "")
    engine.dispose()
    for name in (path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1_000)

    with pytest.raises(DatabaseUnavailable, match="not a database"):
        rows(engine)


def test_a_folder_that_is_gone(engine: Engine) -> None:
    path = Path(engine.url.database or "")
    engine.dispose()
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()

    with pytest.raises(DatabaseUnavailable, match="unable to open"), writing(engine):
        pass


def test_a_read_only_database(engine: Engine) -> None:
    with sqlite3.connect(engine.url.database or ""):
        pass
    with engine.connect() as connection:
        connection.execute(text("PRAGMA query_only=ON"))

    with pytest.raises(DatabaseUnavailable, match="readonly"), writing(engine) as connection:
        connection.execute(INSERT, {"pk": b"a"})
