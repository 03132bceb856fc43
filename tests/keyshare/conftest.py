"""A world on the memory store."""

import pytest

from tests.keyshare.world import FakePhone, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def phone(world: World) -> FakePhone:
    return world.add_phone()
