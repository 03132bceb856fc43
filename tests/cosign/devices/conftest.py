"""A devices area on a fresh SQLite file. The signing area is a fake that only remembers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.call_context import CallContext
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.model import Caller
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.servicer import DeviceServicer
from cosign.errors import SessionEnded
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.metadata import metadata
from cosign.store.waker import LocalWaker
from tests.cosign.devices.fakes import Area, FakeSigning, MovableClock
from tests.support.keyed import mac

MakeUnit = Callable[[Connection], SqlDeviceUnit]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(sqlite_url(tmp_path / "devices.db"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def area(engine: Engine) -> Iterator[Area]:
    """The servicer with everything behind it; `area.bearer` stands for the authorization header."""
    clock, signing, blocking = MovableClock(), FakeSigning(), BlockingPool(4)

    def unit(connection: Connection) -> SqlDeviceUnit:
        return SqlDeviceUnit(connection, signing=signing, trail=AuditTrail("node-1"))

    waker = LocalWaker(engine)
    sessions = SessionDirectory(engine, clock=clock, unit=unit, blocking=blocking, waker=waker)
    directory = DeviceDirectory(engine, waker=waker)

    charged: list[str] = []

    async def caller(_context: CallContext) -> Caller:
        if not made.bearer:
            raise SessionEnded("no session token")
        return await sessions.caller(made.bearer)

    servicer = DeviceServicer(
        engine=engine,
        unit=unit,
        clock=clock,
        blocking=blocking,
        caller=caller,
        limit_enrolment=lambda _context: None,
        limit_device=charged.append,
        sessions=sessions,
        directory=directory,
        pager=Pager(mac),
        once=RequestOnce(engine, clock=clock, blocking=blocking, mac=mac),
    )
    made = Area(engine, clock, signing, unit, servicer, sessions, directory, charged)
    yield made
    blocking.close()
