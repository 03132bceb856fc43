"""WatchInbox: the present state first, every change, heartbeats, an end with the session, places."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cosign.api.v1 import message_pb2 as pb
from cosign.errors import FieldInvalid, RateLimited, SessionEnded, ShuttingDown
from cosign.messages import servicer
from cosign.messages.waiting import PER_ACCOUNT
from tests.cosign.messages.conftest import ME, OTHER, World, until


def watch(world: World, after: int = 0) -> AsyncIterator[pb.WatchInboxResponse]:
    return world.inbox.WatchInbox(pb.WatchInboxRequest(after_revision=after), world.context)


async def tell(world: World) -> None:
    """A message; its readers hear of it as from another node."""
    await asyncio.to_thread(world.tell)
    world.inbox._waiters.wake(ME)


async def test_the_present_state_comes_first_and_then_every_change(world: World) -> None:
    """R-MSG-01: unread count as it changes."""
    world.tell()
    stream = watch(world)
    first = await anext(stream)
    assert (first.changed, first.inbox.revision, first.inbox.unread) == (True, 1, 1)
    following = asyncio.ensure_future(anext(stream))
    await tell(world)
    second = await following
    assert (second.changed, second.inbox.revision, second.inbox.unread) == (True, 2, 2)
    await stream.aclose()  # type: ignore[attr-defined]
    assert world.inbox._waiters._readers == {}


async def test_a_stream_goes_on_from_a_revision(world: World) -> None:
    world.tell()
    stream = watch(world, after=1)
    assert not (await anext(stream)).changed
    await tell(world)
    assert (await anext(stream)).inbox.revision == 2
    behind = watch(world, after=1)
    assert (await anext(behind)).changed


async def test_without_a_change_the_state_comes_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer, "HEARTBEAT_SECONDS", 0.001)
    world.tell()
    stream = watch(world)
    await anext(stream)
    beat = await anext(stream)
    assert (beat.changed, beat.inbox.revision) == (False, 1)


async def test_a_stream_ends_after_its_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer, "WATCH_SECONDS", 0.001)
    assert len([one async for one in watch(world)]) <= 1
    assert world.inbox._waiters._readers == {}


async def test_a_stream_ends_with_the_session(world: World) -> None:
    """R-ACC-27: a session that ended hears nothing more."""
    stream = watch(world)
    await anext(stream)
    following = asyncio.ensure_future(anext(stream))
    world.ended = True
    await tell(world)
    with pytest.raises(SessionEnded):
        await following


async def test_a_stream_is_let_go_when_the_node_drains(world: World) -> None:
    stream = watch(world)
    await anext(stream)
    following = asyncio.ensure_future(anext(stream))
    await until(lambda: bool(world.inbox._waiters._readers))
    world.draining = True
    with pytest.raises(ShuttingDown):
        await following


async def test_places_are_bounded_by_account_and_given_back(world: World) -> None:
    streams = [watch(world) for _ in range(PER_ACCOUNT)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(RateLimited):
        await anext(watch(world))
    world.account = OTHER
    await anext(watch(world))
    world.account = ME
    await streams[0].aclose()  # type: ignore[attr-defined]
    assert not (await anext(watch(world))).changed


async def test_a_negative_revision_is_refused(world: World) -> None:
    with pytest.raises(FieldInvalid):
        await anext(watch(world, after=-1))
