"""Statements on the driver's cursor."""

import pytest
from sqlalchemy import Connection, Engine

from cosign.store.prepared import Prepared
from cosign.store.unit_of_work import writing

INSERT = Prepared("INSERT INTO public_key_usage (pk, decryptions) VALUES (:pk, :used)")
UPDATE = Prepared("UPDATE public_key_usage SET decryptions = :used + :used WHERE pk = :pk")
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
