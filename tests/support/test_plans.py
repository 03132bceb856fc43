"""The helper finds statements without an index, and lets the others pass."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from cosign.store.engine import make_engine
from tests.support.plans import explained


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = make_engine(postgres_url)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id text PRIMARY KEY, owner text, note text)"))
        connection.execute(text("CREATE INDEX ix_thing_owner ON thing (owner, id)"))
    yield made
    made.dispose()


def run(engine: Engine, statement: str, tables: set[str]) -> None:
    with explained(engine) as plans, engine.begin() as connection:
        connection.execute(text(statement), {"value": "x"})
    plans.check(tables)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM thing WHERE id = :value",
        "SELECT * FROM thing WHERE owner = :value AND note LIKE '%x%' ORDER BY id DESC LIMIT 10",
        "SELECT * FROM thing ORDER BY id LIMIT 10",
        "UPDATE thing SET note = 'y' WHERE id = :value",
        "DELETE FROM thing WHERE owner = :value",
    ],
)
def test_indexed_statements_pass(engine: Engine, statement: str) -> None:
    run(engine, statement, {"thing"})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM thing WHERE note = :value",
        "SELECT * FROM thing WHERE lower(owner) = :value",
        "SELECT count(*) FROM thing WHERE id <> :value",
        "SELECT * FROM thing WHERE id <> :value ORDER BY note LIMIT 10",
        "UPDATE thing SET note = 'y' WHERE note = :value",
        "DELETE FROM thing WHERE note = :value",
    ],
)
def test_statements_without_an_index_are_found(engine: Engine, statement: str) -> None:
    with pytest.raises(AssertionError, match="scan of"):
        run(engine, statement, {"thing"})


def test_a_table_that_was_never_read_is_found(engine: Engine) -> None:
    with pytest.raises(AssertionError, match="never read: \\['other'\\]"):
        run(engine, "SELECT * FROM thing WHERE id = :value", {"thing", "other"})


def test_explaining_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO thing VALUES ('a', 'o', 'n')"))
    with explained(engine), engine.begin() as connection:
        changed = connection.execute(text("UPDATE thing SET note = note || '1' WHERE id = 'a'"))
        assert changed.rowcount == 1
        assert connection.execute(text("SELECT note FROM thing WHERE id = 'a'")).scalar_one() == "n1"
