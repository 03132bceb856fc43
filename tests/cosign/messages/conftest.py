"""A messages area on a migrated database of each kind, with real data keys."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, Engine

from cosign import ids
from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.audit.servicer import OperationLogServicer
from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.call_context import AccountCaller, CallContext
from cosign.errors import SessionEnded
from cosign.messages import MessageKind, notify
from cosign.messages.model import Message
from cosign.messages.repository import SqlMessageUnit
from cosign.messages.servicer import MessageServicer
from cosign.messages.waiting import InboxWaiters
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import writing
from cosign.store.waker import LocalWaker
from tests.support.keyed import mac
from tests.support.personal import MovableClock, make_personal

ME, OTHER = (ids.new_id("acc", 1_000), ids.new_id("acc", 2_000))
PHONE = ids.new_id(ids.DEVICE, 1_000)


@dataclass
class World:
    """The area under test; `account` is who calls."""

    engine: Engine
    clock: MovableClock
    personal: PersonalData
    inbox: MessageServicer
    operations: OperationLogServicer
    account: str = ME
    draining: bool = False
    ended: bool = False
    """Whether the session of the caller has ended since the call began."""
    languages: list[str] = field(default_factory=lambda: ["en"])

    @property
    def context(self) -> CallContext:
        """A call in the first of `languages`."""
        metadata = (("accept-language", self.languages[0]),)
        return cast(CallContext, SimpleNamespace(invocation_metadata=lambda: metadata))

    def unit(self, connection: Connection) -> SqlMessageUnit:
        return SqlMessageUnit(connection, clock=self.clock, personal=self.personal)

    def operation_unit(self, connection: Connection) -> SqlOperationUnit:
        return SqlOperationUnit(connection, clock=self.clock, personal=self.personal, trail=AuditTrail("node-1"))

    def tell(
        self, kind: MessageKind = MessageKind.NEW_DEVICE, *, account: str = ME, target: str = PHONE, **args: str
    ) -> Message:
        """A message, one second after the last one."""
        self.clock.forward(seconds=1)
        if kind is MessageKind.NEW_DEVICE:
            args = {"device": "Test phone", "time": "12:00"} | args
        with writing(self.engine) as connection:
            return notify(self.unit(connection), account_id=account, kind=kind, args=args, target=target)


def request_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> Iterator[World]:
    clock, blocking = MovableClock(), BlockingPool(4)
    personal = make_personal(engine, tmp_path / "token", clock)
    pager = Pager(mac)

    async def caller(_context: CallContext) -> AccountCaller:
        return cast(AccountCaller, SimpleNamespace(account_id=made.account, device_id=PHONE))

    def unit(connection: Connection) -> SqlMessageUnit:
        return made.unit(connection)

    def operation_unit(connection: Connection) -> SqlOperationUnit:
        return made.operation_unit(connection)

    shared: dict[str, Any] = {"engine": engine, "blocking": blocking, "caller": caller, "pager": pager}

    async def present(_context: CallContext) -> None:
        if made.ended:
            raise SessionEnded("the session has ended")

    inbox = MessageServicer(
        present=present,
        unit=unit,
        once=RequestOnce(engine, clock=clock, blocking=blocking, mac=mac),
        waiters=InboxWaiters(LocalWaker(engine), draining=lambda: made.draining),
        **shared,
    )
    operations = OperationLogServicer(unit=operation_unit, **shared)
    made = World(engine, clock, personal, inbox, operations)
    yield made
    blocking.close()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition that must come true."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of us
            await asyncio.sleep(0.01)
