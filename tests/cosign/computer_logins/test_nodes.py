"""PostgreSQL: a computer that waits on one node hears of a phone on another; no query reads a table from end to end."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from cosign.api.v1 import computer_login_pb2 as pb
from cosign.computer_logins import personal
from cosign.computer_logins.repository import sweep
from cosign.store.engine import make_engine
from cosign.store.node import NodeConnection
from tests.cosign.accounts.world import World
from tests.cosign.computer_logins.computers import Computer, Desk
from tests.support.plans import explained

SECONDS = 20.0


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


@pytest.fixture
def other_node(database_url: str) -> Iterator[tuple[Engine, NodeConnection]]:
    engine = make_engine(database_url)
    node = NodeConnection(engine, node_id="node-2", heads_id=b"h" * 16, failed=lambda _: None)
    yield engine, node
    node.close()
    engine.dispose()


async def test_a_computer_hears_of_a_phone_on_another_node(
    world: World, desk: Desk, other_node: tuple[Engine, NodeConnection]
) -> None:
    """R-ACC-29: several nodes; the computer waits on one, the phone calls another."""
    engine, node = other_node
    there = Desk(world, engine=engine, waker=node)
    phone = await world.account()
    begun = (await desk.computer()).begun
    computer = Computer(there, begun)
    waiting = asyncio.create_task(computer.watch(known=pb.COMPUTER_LOGIN_STATE_WAITING, seconds=25))
    limit = time.monotonic() + SECONDS
    while there.waiters.admits(begun.login_id) and begun.login_id not in there.waiters._readers:
        assert time.monotonic() < limit
        await asyncio.sleep(0.01)
    await desk.scan(phone, computer)
    assert await asyncio.wait_for(waiting, SECONDS) == pb.COMPUTER_LOGIN_STATE_SCANNED
    await desk.confirm(phone, computer)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_CONSUMED
    assert (await computer.who()).account_id == phone.account_id


async def test_every_query_has_an_index(world: World, desk: Desk) -> None:
    """Reach: no query without an index."""
    with explained(world.engine) as plans:
        phone = await world.account()
        computer = await desk.let_in(phone)
        await computer.who()
        refused = await desk.computer()
        await desk.scan(phone, refused)
        await desk.refuse(phone, refused)
        await desk.servicer.EndComputer(pb.EndComputerRequest(computer_id=computer.session.computer_id), phone.context)
        assert await desk.computers(phone) == []
        assert personal.AREA.export is not None
        assert personal.AREA.erase is not None
        connection = world.engine.connect()
        with connection.begin():
            exported = personal.AREA.export(connection, world.personal, phone.account_id)
            sweep(connection, world.clock.now())
        connection.close()
    assert exported["computers"]
    plans.check({"computer_login", "computer_session"})
