"""Row 43: kill -9 between every two steps of the transaction, on every database, in processes of their own.

Whatever the moment: the row is as before or as after, never in between; the budget never grows; the repeat is STALE
or is evaluated for the first time; the phone goes on without freezing.
"""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.cosign.signing.crash_child import serve_and_die
from tests.keyshare.fakes import FakeRequest
from tests.keyshare.world import FakePhone, World

SIGKILLED = -9
STEPS = ("lock_batch", "update_devices", "add_seen", "append_audit", "commit")
POINTS = [f"{side} {step}" for step in STEPS for side in ("before", "after")] + ["before evaluate", "after evaluate"]
COMMITTED = "after commit"

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.cosign.signing.crash_child"])


Place = Path | str


@pytest.fixture(params=["sqlite", "postgres"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where the database is: a file, or a URL."""
    return tmp_path / "a.db" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


_open: list[SqlBacking] = []


@pytest.fixture(autouse=True)
def _ended(path: Place) -> Iterator[None]:
    """Gives back every connection of this process before the database is dropped."""
    yield
    while _open:
        _open.pop().end()


def opened(path: Place) -> SqlBacking:
    _open.append(SqlBacking(path))
    return _open[-1]


def run_and_kill(path: Place, request: FakeRequest, point: str, *, skip: int = 0, **settings: Any) -> int | None:
    """Exit code of a process that serves `request` and dies at `point`."""
    child = context.Process(target=serve_and_die, args=(path, request, point, skip, settings))
    child.start()
    child.join(60)
    return child.exitcode


def reopen(path: Place, phone: FakePhone, **settings: Any) -> World:
    """The next process on the same database, which must be sound."""
    if isinstance(path, Path):
        with sqlite3.connect(path) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    world = World(opened(path), **settings)
    assert world.row(phone).state is not DeviceState.FROZEN
    return world


def start(path: Place, **settings: Any) -> tuple[World, FakePhone]:
    world = World(opened(path), **settings)
    phone = world.add_phone()
    assert world.ask(phone).status is Status.OK
    return world, phone


def close(world: World) -> None:
    assert isinstance(world.store, SqlBacking)
    world.store.end()


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("point", POINTS)
def test_43_a_signature(path: Place, point: str, right: bool) -> None:
    world, phone = start(path)
    before = world.row(phone)
    request = world.request(phone, right=right)
    close(world)

    assert run_and_kill(path, request, point) == SIGKILLED

    world = reopen(path, phone)
    after = world.row(phone)
    if point == COMMITTED:
        assert after.row_ver == before.row_ver + 1
        assert after.attempts_left == (MAX_ATTEMPTS if right else MAX_ATTEMPTS - 1)
        assert world.serve(request)[0].status is Status.STALE
    else:
        assert after == before
        assert isinstance(world.store, SqlBacking)
        assert len(world.store.dump("audit_row")) == 1
    assert world.ask(phone).status is Status.OK


@pytest.mark.parametrize("point", ["before insert_pending_shares", "after insert_pending_shares", *POINTS])
def test_59_a_refresh(path: Place, point: str) -> None:
    world, phone = start(path)
    request = world.request(phone, Op.REFRESH)
    close(world)

    assert run_and_kill(path, request, point) == SIGKILLED

    world = reopen(path, phone)
    assert isinstance(world.store, SqlBacking)
    assert len(world.store.dump("share")) == (2 if point == COMMITTED else 1)
    assert world.ask(phone).status is Status.OK


@pytest.mark.parametrize("point", ["before promote", "after promote", *POINTS])
def test_59_a_confirm(path: Place, point: str) -> None:
    world, phone = start(path)
    frame = world.ask(phone, Op.REFRESH)
    phone.key.blobs.append((frame.body[:16], frame.body[16:]))
    request = world.request(phone, Op.CONFIRM)
    close(world)

    assert run_and_kill(path, request, point) == SIGKILLED

    world = reopen(path, phone)
    promoted = point == COMMITTED
    assert world.ask(phone, blob=1).status is (Status.OK if promoted else Status.UNKNOWN_SHARE)
    assert world.ask(phone, blob=0).status is (Status.UNKNOWN_SHARE if promoted else Status.OK)
    assert world.ask(phone, Op.CONFIRM, blob=1).status is Status.OK


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("point", POINTS)
def test_charge_first_crash_leaves_the_charge_and_nothing_more(path: Place, point: str, right: bool) -> None:
    """The second transaction dies: the attempt stays taken, also for the right PIN (TX-8)."""
    world, phone = start(path, charge_first=True)
    before = world.row(phone)
    request = world.request(phone, right=right)
    close(world)

    assert run_and_kill(path, request, point, skip=1, charge_first=True) == SIGKILLED

    world = reopen(path, phone, charge_first=True)
    after = world.row(phone)
    paid_back = point == COMMITTED and right
    assert after.lifetime_left == before.lifetime_left - (0 if paid_back else 1)
    assert after.attempts_left == before.attempts_left - (0 if paid_back else 1)
    assert world.serve(request)[0].status is Status.STALE
    assert world.ask(phone).status is Status.OK


def test_repeated_kills_cannot_be_used_for_guessing(path: Place) -> None:
    """Killing the server before every commit reveals nothing, so that it is worth nothing; the budget stays."""
    world, phone = start(path)
    for _ in range(12):
        request = world.request(phone, right=False)
        close(world)
        assert run_and_kill(path, request, "before commit") == SIGKILLED
        world = reopen(path, phone)

    assert world.row(phone).lifetime_left == 50
    assert world.ask(phone, right=False).attempts_left == MAX_ATTEMPTS - 1
