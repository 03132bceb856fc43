"""Statements on the driver's cursor."""

import datetime as dt

import pytest
from sqlalchemy import Connection, Engine, text

from cosign.errors import DatabaseUnavailable
from cosign.store.prepared import Prepared, moment_of
from cosign.store.unit_of_work import writing

INSERT = Prepared("INSERT INTO public_key_usage (pk, decryptions) VALUES (:pk, :used)")
UPDATE = Prepared("UPDATE public_key_usage SET decryptions = :used + :used WHERE pk = :pk")
COUNT = Prepared("INSERT INTO usage_count (subject, count, since, expires_at) VALUES (:of, 1, :since, :end)")
TIMES = Prepared("SELECT since, expires_at FROM usage_count WHERE subject = :of")
SELECT = Prepared("SELECT pk, decryptions FROM public_key_usage WHERE decryptions > :low ORDER BY pk")


@pytest.fixture
def filled(engine: Engine) -> Engine:
    with writing(engine) as connection:
        assert INSERT.run_many(connection, [{"pk": bytes([n]), "used": n} for n in range(5)]) == 5
    return engine


def test_rows(filled: Engine) -> None:
    with writing(filled) as connection:
        assert SELECT.rows(connection, {"low": 2}) == [(b"\3", 3), (b"\4", 4)]


def test_counts_and_repeated_names(filled: Engine) -> None:
    with writing(filled) as connection:
        assert UPDATE.run(connection, {"pk": b"\1", "used": 21}) == 1
        assert UPDATE.run(connection, {"pk": b"x", "used": 21}) == 0
        assert SELECT.rows(connection, {"low": 40}) == [(b"\1", 42)]


def test_times_come_out_in_utc_whatever_zone_they_went_in(engine: Engine) -> None:
    moment = dt.datetime(2026, 3, 1, 12, 30, 15, 250_000, dt.UTC)
    abroad = moment.astimezone(dt.timezone(dt.timedelta(hours=8)))

    with writing(engine) as connection:
        COUNT.run(connection, {"of": b"x", "since": moment, "end": abroad})
        ((since, end),) = TIMES.rows(connection, {"of": b"x"})

    for stored in (since, end):
        found = moment_of(stored)
        assert found == moment
        assert found.tzinfo is dt.UTC
    assert moment_of(None) is None


def test_it_takes_part_in_the_transaction(filled: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(filled) as connection:
        _change_and_fail(connection)

    with writing(filled) as connection:
        assert len(SELECT.rows(connection, {"low": -1})) == 5


def _change_and_fail(connection: Connection) -> None:
    INSERT.run(connection, {"pk": b"new", "used": 1})
    raise ZeroDivisionError


def test_a_missing_value_is_noticed(filled: Engine) -> None:
    with pytest.raises(KeyError), writing(filled) as connection:
        INSERT.run(connection, {"pk": b"z"})


def test_what_is_sent_later_is_there_for_every_statement_after_it(engine: Engine) -> None:
    with writing(engine) as connection:
        INSERT.later(connection, {"pk": b"a", "used": 1}, {"pk": b"b", "used": 2})
        UPDATE.later(connection, {"pk": b"b", "used": 5})
        assert SELECT.rows(connection, {"low": 0}) == [(b"a", 1), (b"b", 10)]
        INSERT.later(connection, {"pk": b"c", "used": 3})
        assert connection.execute(text("SELECT count(*) FROM public_key_usage")).scalar_one() == 3
        INSERT.later(connection, {"pk": b"d", "used": 4})

    with writing(engine) as connection:
        assert len(SELECT.rows(connection, {"low": 0})) == 4


def test_what_was_to_be_sent_later_ends_with_its_transaction(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        _change_later_and_fail(connection)
    with writing(engine) as connection:
        assert SELECT.rows(connection, {"low": 0}) == []


def _change_later_and_fail(connection: Connection) -> None:
    INSERT.later(connection, {"pk": b"a", "used": 1})
    raise ZeroDivisionError


def test_the_fault_of_what_is_sent_later_undoes_the_transaction(filled: Engine) -> None:
    with pytest.raises(DatabaseUnavailable), writing(filled) as connection:
        INSERT.later(connection, {"pk": b"new", "used": 1}, {"pk": b"\1", "used": 1})
    with writing(filled) as connection:
        assert len(SELECT.rows(connection, {"low": -1})) == 5


def test_a_connection_that_commits_by_itself_sends_at_once(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        INSERT.later(connection, {"pk": b"a", "used": 1})
    with writing(engine) as connection:
        assert SELECT.rows(connection, {"low": 0}) == [(b"a", 1)]
