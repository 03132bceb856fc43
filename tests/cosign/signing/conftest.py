"""A world on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cosign.signing.backing import SqlBacking
from tests.cosign.signing.real import RealWorld
from tests.keyshare.world import FakePhone, World


@pytest.fixture
def backing(tmp_path: Path) -> SqlBacking:
    return SqlBacking(tmp_path / "cosign.db")


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
