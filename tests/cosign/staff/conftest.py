"""The staff area on SQLite, and on PostgreSQL where a test asks for it."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.store import migrations
from cosign.store.engine import make_engine
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import World


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with today's schema, to be copied."""
    path = tmp_path_factory.mktemp("staff") / "empty.db"
    made = make_engine(f"sqlite:///{path}")
    migrations.upgrade(made)
    made.dispose()
    return path


@pytest.fixture
def database_url(tmp_path: Path, migrated: Path) -> str:
    path = tmp_path / "staff.db"
    with contextlib.closing(sqlite3.connect(migrated)) as empty, contextlib.closing(sqlite3.connect(path)) as copy:
        empty.backup(copy)
    return f"sqlite:///{path}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
async def people(engine: Engine, tmp_path: Path) -> AsyncIterator[AccountsWorld]:
    """Accounts of users, on the same database."""
    made = AccountsWorld(engine, tmp_path / "people")
    yield made
    made.close()


@pytest.fixture
async def desk(engine: Engine, tmp_path: Path, people: AccountsWorld) -> AsyncIterator[World]:
    """The staff area with accounts to look at."""
    made = World(engine, tmp_path, people=people)
    yield made
    made.close()


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[World]:
    made = World(engine, tmp_path)
    yield made
    made.close()
