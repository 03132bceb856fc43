"""Real-name verification: use cases on SQLite, what concurrent callers may do on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from tests.cosign.identity.world import IdentityWorld


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(sqlite_url(tmp_path / "cosign.db"))
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[IdentityWorld]:
    made = IdentityWorld(engine, tmp_path)
    yield made
    made.close()


@pytest.fixture
async def shared_world(postgres_url: str, tmp_path: Path) -> AsyncIterator[IdentityWorld]:
    """On PostgreSQL."""
    engine = make_engine(postgres_url)
    made = IdentityWorld(engine, tmp_path)
    yield made
    made.close()
    engine.dispose()
