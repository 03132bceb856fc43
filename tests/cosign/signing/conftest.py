"""Worlds on SQLite and on PostgreSQL; tests that use `backing`, `world` or `phone` run on both."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.cosign.signing.backing import SqlBacking
from tests.cosign.signing.real import RealWorld
from tests.keyshare.world import FakePhone, World


@pytest.fixture
def backing(database_url: str) -> Iterator[SqlBacking]:
    made = SqlBacking(database_url)
    yield made
    made.end()


@pytest.fixture
def world(backing: SqlBacking) -> World:
    return World(backing)


@pytest.fixture
def phone(world: World) -> FakePhone:
    return world.add_phone()


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[RealWorld]:
    """A running signing area with the native core."""
    made = RealWorld(tmp_path)
    yield made
    await made.close()
