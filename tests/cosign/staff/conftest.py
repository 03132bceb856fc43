"""The staff area on SQLite, and on PostgreSQL where a test asks for it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.store import migrations
from cosign.store.engine import make_engine
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import World


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'staff.db'}"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
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
