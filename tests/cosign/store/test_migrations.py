"""One history that makes exactly the declared tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from cosign.errors import SchemaOutdated
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.metadata import metadata


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(sqlite_url(tmp_path / "empty.db"))
    yield made
    made.dispose()


def test_the_history_makes_every_declared_table(engine: Engine) -> None:
    assert migrations.differences(engine) == []
    assert set(metadata.tables) | {"alembic_version"} == set(inspect(engine).get_table_names())


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    migrations.upgrade(engine)
    migrations.check(engine)


def test_an_empty_database_is_outdated(empty: Engine) -> None:
    with pytest.raises(SchemaOutdated, match="older"):
        migrations.check(empty)


def test_a_newer_database_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for step in (migrations.check, migrations.upgrade):
        with pytest.raises(SchemaOutdated, match="newer"):
            step(engine)


def test_a_failed_upgrade_leaves_nothing_behind(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE share (in_the_way INTEGER)"))

    with pytest.raises(Exception, match="share"):
        migrations.upgrade(empty)
    assert inspect(empty).get_table_names() == ["share"]
