"""The helper finds statements without an index, and lets the others pass."""

import ast
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from cosign.server import personal_wiring  # noqa: F401 - loads the tables of all areas
from cosign.store.engine import make_engine
from cosign.store.metadata import metadata
from cosign.store.prepared import Prepared
from tests.support.plans import explained
from tools.tree import ROOT

_ELSEWHERE = frozenset(
    {
        # A row for each key of the service, node or signed head: they are read whole, at the start.
        *("core_key", "data_key", "node_heartbeat", "audit_checkpoint"),
        # Written only: what was erased, and rows of the trail, which are read in their order.
        *("erasure", "audit_row"),
        # Explained from the prepared statements of the hot path by tests/cosign/signing/test_plans.py.
        *("dev_state", "joint_key", "keygen_pending", "public_key_usage", "share"),
    }
)
"""Tables that no area's test has to name."""


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


def test_statements_of_the_driver_are_explained(engine: Engine) -> None:
    """In a transaction and outside of one; what they do is done once."""
    raised = Prepared("UPDATE thing SET note = note || '1' WHERE id = :id")
    noted = Prepared("SELECT id FROM thing WHERE note = :note")
    with explained(engine) as plans, engine.begin() as connection:
        connection.execute(text("INSERT INTO thing VALUES ('a', 'o', 'n')"))
        assert raised.run(connection, {"id": "a"}) == 1
        assert noted.rows(connection, {"note": "n1"}) == [("a",)]
    with pytest.raises(AssertionError, match="scan of thing: SELECT id"):
        plans.check({"thing"})


def test_every_table_is_checked() -> None:
    """Reach: no area forgets to explain its queries. A table is named in a `plans.check` of its area's tests."""
    named: set[str] = set()
    for path in (ROOT / "tests" / "cosign").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check":
                named |= {str(text.value) for text in ast.walk(node) if isinstance(text, ast.Constant)}
    assert set(metadata.tables) - named - _ELSEWHERE == set()


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
