"""The brands area on both databases."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import Connection, Engine

from cosign.audit.trail import AuditTrail
from cosign.brands.repository import SqlBrandUnit
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import writing
from tests.cosign.devices.fakes import MovableClock

Change = Callable[[], AbstractContextManager[SqlBrandUnit]]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def make_unit(connection: Connection) -> SqlBrandUnit:
    return SqlBrandUnit(connection, trail=AuditTrail("node-1"))


@pytest.fixture
def change(engine: Engine) -> Change:
    """`with change() as unit:` is one write transaction."""

    @contextmanager
    def begin() -> Iterator[SqlBrandUnit]:
        with writing(engine) as connection:
            yield make_unit(connection)

    return begin
