"""An audit trail in a fresh SQLite file, with a software identity key."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.audit.checkpoints import Checkpoints
from cosign.audit.head_file import HeadFile
from cosign.audit.tables import audit_checkpoint, audit_row
from cosign.audit.trail import AuditTrail
from cosign.clock import SystemClock
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import writing
from protocol._core import ServerCore
from tests.cosign.audit.rows import entry

SERVER_ID = "test"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(sqlite_url(tmp_path / "audit.db"))
    for table in (audit_row, audit_checkpoint):
        table.create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def identity() -> ServerCore:
    """A core with an identity key of its own."""
    return ServerCore.generate("test")


@pytest.fixture
def head_file(tmp_path: Path) -> HeadFile:
    file = HeadFile(tmp_path)
    file.begin()
    return file


@pytest.fixture
def checkpoints(engine: Engine, head_file: HeadFile, identity: ServerCore) -> Checkpoints:
    return Checkpoints(engine, file=head_file, server_id=SERVER_ID, sign=identity.sign_statement, clock=SystemClock())


@pytest.fixture
def write_rows(engine: Engine) -> Callable[..., None]:
    """Appends `count` different rows to a segment, one transaction each."""
    numbers = itertools.count(1)

    def write(count: int, segment: str = "node-1") -> None:
        for _ in range(count):
            with writing(engine) as connection:
                AuditTrail(segment).append(connection, [entry(next(numbers))])

    return write
