"""PostgreSQL: what one node ends, another one forgets (R-ACC-29, R-ACC-22)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from sqlalchemy import Engine

from cosign.api.v1 import account_device_pb2, account_pb2, session_pb2
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.errors import SessionEnded
from cosign.store.engine import make_engine
from cosign.store.node import NodeConnection
from tests.cosign.accounts.world import PASSWORD, TestPhone, World

SECONDS = 20.0
End = Callable[[World, TestPhone, TestPhone], Awaitable[object]]


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


async def log_out(world: World, _phone: TestPhone, other: TestPhone) -> None:
    await world.sessions.Logout(session_pb2.LogoutRequest(), other.context)


async def revoke(world: World, phone: TestPhone, _other: TestPhone) -> None:
    await world.accounts.RevokeSessions(account_pb2.RevokeSessionsRequest(), phone.context)


async def change_password(world: World, phone: TestPhone, _other: TestPhone) -> None:
    new = "Green8Boats!"
    request = account_pb2.ChangePasswordRequest(old_password=PASSWORD, new_password=new, confirmation=new)
    await world.accounts.ChangePassword(request, phone.context)


async def block(world: World, phone: TestPhone, other: TestPhone) -> None:
    request = account_device_pb2.BlockDeviceRequest(device_id=other.session.device_id)
    await world.devices.BlockDevice(request, phone.context)


@pytest.mark.parametrize("end", [log_out, revoke, change_password, block])
async def test_a_session_that_ends_on_one_node_ends_on_the_other(
    world: World, other_node: tuple[Engine, NodeConnection], end: End
) -> None:
    engine, node = other_node
    # A clock that stands still: nothing is forgotten by time, only by the message.
    sessions = SessionDirectory(
        engine,
        clock=world.clock,
        unit=world.device_unit,
        blocking=world.blocking,
        waker=node,
        monotonic=lambda: 0.0,
    )
    devices = DeviceDirectory(engine, waker=node)
    phone = await world.account(password=PASSWORD)
    other = world.phone()
    await other.login_password()
    assert (await sessions.caller(other.session.access_token)).user_id == phone.account_id
    assert devices.public_keys([other.session.device_id])
    await end(world, phone, other)
    limit = time.monotonic() + SECONDS
    while True:
        try:
            await sessions.caller(other.session.access_token)
        except SessionEnded:
            break
        assert time.monotonic() < limit
        await asyncio.sleep(0.02)
    while end is block and devices.public_keys([other.session.device_id]):
        assert time.monotonic() < limit
        await asyncio.sleep(0.02)
