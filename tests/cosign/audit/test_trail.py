"""Appending: chained, in the transaction of the act, closed on collision."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from cosign.audit import repository
from cosign.audit.model import first_hash, row_hash
from cosign.audit.trail import AuditTrail
from cosign.errors import DatabaseUnavailable
from cosign.store.unit_of_work import reading, writing
from tests.cosign.audit.rows import entry


def test_a_batch_is_chained_in_order(engine: Engine) -> None:
    entries = [entry(number) for number in range(64)]
    with writing(engine) as connection:
        AuditTrail("node-1").append(connection, entries)
    with reading(engine) as connection:
        stored = list(repository.rows(connection, "node-1"))
    assert [found for _, found, _ in stored] == entries
    previous = first_hash("node-1")
    for seq, found, digest in stored:
        previous = row_hash(previous, "node-1", seq, found)
        assert digest == previous


def test_a_rolled_back_act_leaves_no_row(engine: Engine, write_rows: Callable[..., None]) -> None:
    write_rows(2)

    def act_that_fails() -> None:
        with writing(engine) as connection:
            AuditTrail("node-1").append(connection, [entry(9)])
            raise RuntimeError("the act failed")

    with pytest.raises(RuntimeError):
        act_that_fails()
    write_rows(1)
    with reading(engine) as connection:
        assert [seq for seq, _, _ in repository.rows(connection, "node-1")] == [1, 2, 3]


def test_an_act_whose_row_cannot_be_written_does_not_happen(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE audit_row")
        connection.exec_driver_sql("CREATE TABLE act (x)")

    def act() -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("INSERT INTO act VALUES (1)")
            AuditTrail("node-1").append(connection, [entry(1)])

    with pytest.raises(DatabaseUnavailable):
        act()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM act").scalar_one() == 0


def test_segments_have_chains_of_their_own(engine: Engine, write_rows: Callable[..., None]) -> None:
    write_rows(1, "node-1")
    write_rows(1, "node-2")
    with reading(engine) as connection:
        assert repository.segments(connection) == ["node-1", "node-2"]
        assert repository.last_row(connection, "node-1") != repository.last_row(connection, "node-2")
    assert first_hash("node-1") != first_hash("node-2")


def test_nothing_is_written_for_nothing(engine: Engine) -> None:
    with writing(engine) as connection:
        AuditTrail("node-1").append(connection, [])
        assert repository.segments(connection) == []
