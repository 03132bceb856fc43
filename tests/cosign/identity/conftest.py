"""Real-name verification on both databases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.store import migrations
from cosign.store.engine import make_engine
from tests.cosign.identity.world import IdentityWorld


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[IdentityWorld]:
    made = IdentityWorld(engine, tmp_path)
    yield made
    made.close()
