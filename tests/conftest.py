"""Databases for every test: SQLite files, and one PostgreSQL cluster per test process, started when first used."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from tests.support.postgres import Cluster, cluster

MakeUrl = Callable[[], str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The cluster of this process. It does not flush; tests about durability make their own."""
    with cluster() as made:
        template = make_engine(made.create("migrated"))
        migrations.upgrade(template)
        template.dispose()
        yield made


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """An empty database with the schema."""
    url = postgres.create(template="migrated")
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind; the test runs on both."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "cosign.db")
    return str(request.getfixturevalue("postgres_url"))
