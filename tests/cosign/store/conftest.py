"""A migrated SQLite database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(sqlite_url(tmp_path / "data" / "cosign.db"))
    migrations.upgrade(made)
    yield made
    made.dispose()
