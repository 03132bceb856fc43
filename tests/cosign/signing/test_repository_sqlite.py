"""The SQL store on SQLite: whole columns, damaged values of other kinds, faults of the file."""

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from keyshare.batch_items import EventKind
from keyshare.errors import StoreBusy, StoreUnavailable
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest, OneTime
from tests.keyshare.world import FakePhone, World

TABLES = ("dev_state", "seen_request", "public_key_usage", "audit_row", "joint_key", "share")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Of SQLite only."""
    return f"sqlite:///{tmp_path / 'cosign.db'}"


def deterministic(store: SqlBacking, seed: int) -> World:
    """A world whose clone tokens depend on the seed only."""
    world = World(store)
    draw = random.Random(seed)
    world.collaborators = replace(world.collaborators, random=draw.randbytes)
    world.runner = type(world.runner)(store, world.collaborators)
    return world


def requests_of_every_kind(world: World, phones: list[FakePhone]) -> list[FakeRequest]:
    """One request per phone, each with another fate; ids depend on the device only."""
    ids = random.Random(7)
    made = []
    for number, phone in enumerate(phones):
        op = (Op.SIGN, Op.DECRYPT, Op.SYNC, Op.SIGN, Op.SIGN, Op.SIGN, Op.SIGN, Op.CONFIRM)[number % 8]
        options: dict[str, Any] = {"req_id": ids.randbytes(16)}
        options |= (
            {},
            {"count": 5},
            {},
            {"faulty": True},
            {"tau": b"x" * 16},
            {"expires_at_ms": 0},
            {"share_id": b"u" * 16},
            {},
        )[number % 8]
        made.append(world.request(phone, op, right=number % 3 != 0, **options))
    return made


def test_p15_a_micro_batch_equals_single_transactions_in_every_column(tmp_path: Path) -> None:
    batch_store = SqlBacking(tmp_path / "batch.db")
    batch = deterministic(batch_store, 1)
    phones = [batch.add_phone(f"dev_{n:02}", purpose=2 if n % 8 == 1 else 1) for n in range(32)]
    requests = requests_of_every_kind(batch, phones)
    with sqlite3.connect(tmp_path / "batch.db") as source, sqlite3.connect(tmp_path / "single.db") as copy:
        source.backup(copy)
    single_store = SqlBacking(tmp_path / "single.db")
    single = deterministic(single_store, 1)
    single.token = batch.token
    again = [replace(request, once=OneTime()) for request in requests]

    together = batch.serve(*requests)
    alone = [single.serve(request)[0] for request in again]

    assert [one.status for one in together] == [one.status for one in alone]
    assert [one.answer for one in together] == [one.answer for one in alone]
    assert len({one.status for one in together}) >= 6
    for table in TABLES:
        assert batch_store.dump(table) == single_store.dump(table), table


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE dev_state SET attempts_left = 9, lifetime_left = 51",
        "UPDATE dev_state SET state = 'active', mac = x'00'",
        "UPDATE dev_state SET state = 'asleep'",
        "UPDATE dev_state SET ctr = 'many'",
        "UPDATE dev_state SET tau_next = 'text'",
        "UPDATE dev_state SET mac = 'text'",
        "UPDATE dev_state SET state = CAST(x'ff00fe' AS TEXT)",
        "UPDATE dev_state SET user_id = CAST(x'ff00fe' AS TEXT)",
        "UPDATE dev_state SET recovery = 'adopt'",
    ],
)
def test_seal7_a_damaged_device_row_is_frozen_and_disturbs_nobody(
    world: World, backing: SqlBacking, damage: str
) -> None:
    broken, healthy = world.add_phone("dev_a"), world.add_phone("dev_b")
    requests = [world.request(broken), world.request(healthy)]
    with backing.engine.begin() as connection:
        connection.execute(text(f"{damage} WHERE device_id = 'dev_a'"))

    released = world.serve(*requests)

    assert [one.status for one in released] == [Status.FROZEN, Status.OK]
    assert EventKind.ROW_CORRUPTED in [event.kind for event in released[0].events]
    assert world.evaluator.evaluated == [requests[1].req_id]


def test_another_writer_makes_busy_not_a_charge(world: World, phone: FakePhone, backing: SqlBacking) -> None:
    request = world.request(phone)
    other = sqlite3.connect(backing.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    (released,) = world.serve(request)

    other.execute("ROLLBACK")
    other.close()
    assert released.status is Status.BUSY
    assert isinstance(world.failures[0], StoreBusy)
    assert world.serve(request)[0].status is Status.OK


def _read_only(backing: SqlBacking) -> Callable[[], None]:
    return _pragma(backing, "PRAGMA query_only=ON", "PRAGMA query_only=OFF")


def _disk_full(backing: SqlBacking) -> Callable[[], None]:
    with backing.engine.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return _pragma(backing, f"PRAGMA max_page_count={pages}", "PRAGMA max_page_count=1000000")


def _pragma(backing: SqlBacking, start: str, end: str) -> Callable[[], None]:
    """Runs a pragma on every connection that is taken from the pool from now on."""
    pragma = [start]
    event.listen(backing.engine, "checkout", lambda raw, *_: raw.execute(pragma[0]))
    backing.close()

    def undo() -> None:
        pragma[0] = end
        backing.close()

    return undo


@pytest.mark.parametrize(("spoil", "evaluated"), [(_read_only, 0), (_disk_full, 1)])
def test_a_read_only_or_full_database_loses_nothing_and_reveals_nothing(
    world: World,
    phone: FakePhone,
    backing: SqlBacking,
    spoil: Callable[[SqlBacking], Callable[[], None]],
    evaluated: int,
) -> None:
    undo = spoil(backing)

    acknowledged = 0
    for _ in range(200):  # until the file has no free page left
        frame = world.ask(phone)
        if frame.status is not Status.OK:
            break
        acknowledged = frame.ctr

    assert frame.status is Status.UNAVAILABLE
    assert isinstance(world.failures[-1], StoreUnavailable)
    assert "dev_a" not in str(world.failures[-1])
    undo()
    assert world.row(phone).ctr == acknowledged
    assert world.ask(phone).status is Status.OK
    assert world.row(phone).uncommitted_evals == evaluated


def test_a_database_that_is_no_database(tmp_path: Path) -> None:
    store = SqlBacking(tmp_path / "a.db")
    world = World(store)
    phone = world.add_phone()
    prepared = world.prepare(world.request(phone))
    store.close()
    store.engine.dispose()
    for name in ("a.db-wal", "a.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "a.db").write_bytes(b"this is not a database" * 1000)

    (released,) = world.runner.run([prepared])

    assert released.status is Status.UNAVAILABLE
    assert isinstance(world.failures[0], StoreUnavailable)
