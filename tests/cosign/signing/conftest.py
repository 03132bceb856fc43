"""A world on SQLite."""

from pathlib import Path

import pytest

from tests.cosign.signing.backing import SqlBacking
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
