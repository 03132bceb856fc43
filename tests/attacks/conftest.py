"""Fixtures of the attacks: known keys, and the key-share layer in one process."""

from pathlib import Path

import pytest

from protocol.codes import Purpose
from tests.attacks.service import Service
from tests.protocol.world import KnownKey, known_key


@pytest.fixture(scope="session")
def signing_key() -> KnownKey:
    return known_key(Purpose.SIGN)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)
