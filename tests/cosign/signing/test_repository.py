"""The SQL store: the same rules as in memory, columns, guards, damaged rows, faults of the database."""

import random
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from keyshare.batch_items import EventKind
from keyshare.device_row import DeviceState, StoredDevice
from keyshare.errors import StoreBusy, StoreUnavailable
from keyshare.ports import DeviceChange
from keyshare.records import DECRYPTION_QUOTA, KeyCounts, KeyState, PendingKeygen
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import FakeRequest, OneTime, fake_row_mac
from tests.keyshare.model import Run
from tests.keyshare.world import FakePhone, World

TABLES = ("dev_state", "seen_request", "public_key_usage", "audit_row", "joint_key", "share")


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


@pytest.mark.parametrize("seed", range(12))
def test_p11_on_sqlite(tmp_path: Path, seed: int) -> None:
    world = World(SqlBacking(tmp_path / "a.db"))
    run = Run(world, random.Random(seed), world.add_phone())
    for _ in range(60):
        run.step(failures=False)
        run.refill()

    assert world.row(run.phone).state is DeviceState.ACTIVE
    clone = run.copy_phone()
    for _ in range(3):
        run.refill()
        world.clock.advance(s=241)
        if run.phone.record.is_full:
            world.ask(run.phone, Op.SYNC)
        if world.ask(run.phone).status is Status.OK:
            break
    op = Op.SYNC if clone.phone.record.is_full else Op.SIGN
    assert world.serve(world.request(clone.phone, op))[0].status is Status.FROZEN


def test_refresh_and_confirm(world: World, phone: FakePhone) -> None:
    frame = world.ask(phone, Op.REFRESH)
    phone.key.blobs.append((frame.body[:16], frame.body[16:]))
    world.ask(phone, Op.REFRESH, blob=0)
    assert world.ask(phone, Op.CONFIRM, blob=1).status is Status.UNKNOWN_SHARE
    frame = world.ask(phone, Op.REFRESH, blob=0)
    phone.key.blobs.append((frame.body[:16], frame.body[16:]))

    assert world.ask(phone, Op.CONFIRM).status is Status.OK

    assert world.ask(phone).status is Status.OK
    assert world.ask(phone, blob=0).status is Status.UNKNOWN_SHARE
    assert isinstance(world.store, SqlBacking)
    states = sorted(str(row[3]) for row in world.store.dump("share"))
    assert states == ["current", "expired", "expired", "retired"]
    assert next(row for row in world.store.dump("joint_key"))[10] == 1


def test_71_quota_on_sqlite(world: World, backing: SqlBacking) -> None:
    pk = b"\2" + bytes(32)
    phones = [world.add_phone(name, purpose=2, pk=pk) for name in ("dev_a", "dev_b")]
    with backing.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO public_key_usage VALUES (:pk, :used)"), {"pk": pk, "used": DECRYPTION_QUOTA - 10}
        )

    released = world.serve(*(world.request(one, Op.DECRYPT, count=6) for one in phones))

    assert sorted(one.status for one in released) == [Status.OK, Status.QUOTA]
    assert backing.dump("public_key_usage") == [(pk, DECRYPTION_QUOTA - 4)]


def test_quota_guard_holds_even_without_the_check(backing: SqlBacking) -> None:
    with backing.begin() as tx:
        tx.count_decryptions({b"pk": 10}, 10)
        with pytest.raises(StoreUnavailable):
            tx.count_decryptions({b"pk": 1}, 10)


@pytest.mark.parametrize("column", ["row_ver", "state", "ctr", "attempts_left"])
def test_tx4_every_guard_is_in_the_statement(world: World, phone: FakePhone, column: str) -> None:
    row = world.row(phone)
    before = {
        "row_ver": replace(row, row_ver=7),
        "state": replace(row, state=DeviceState.LOCKED),
        "ctr": replace(row, ctr=5),
        "attempts_left": row,
    }[column]
    if column == "attempts_left":
        world.edit(phone, attempts_left=0)
    change = DeviceChange(before, replace(row, row_ver=99), bytes(32))

    with world.store.begin() as tx:
        assert tx.update_devices([change]) == {phone.device_id}
        assert tx.update_devices([]) == frozenset()


def test_b4_one_missed_guard_among_many(world: World) -> None:
    phones = [world.add_phone(f"dev_{n}") for n in range(3)]
    rows = [world.row(phone) for phone in phones]
    changes = [
        DeviceChange(replace(row, row_ver=row.row_ver + (n == 1)), replace(row, row_ver=row.row_ver + 1), bytes(32))
        for n, row in enumerate(rows)
    ]

    with world.store.begin() as tx:
        assert tx.update_devices(changes) == {"dev_1"}


def test_clone4_ends_of_seen_ids_are_raised_never_lowered(backing: SqlBacking) -> None:
    for end in (50, 90, 70):
        with backing.begin() as tx:
            tx.add_seen([("dev_a", b"r" * 16, end)])
            tx.commit()

    assert backing.dump("seen_request") == [("dev_a", b"r" * 16, 90)]


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


@pytest.mark.parametrize("damage", ["UPDATE share SET state = 'odd'", "UPDATE joint_key SET state = 'odd'"])
def test_a_damaged_share_row_is_unknown(world: World, phone: FakePhone, backing: SqlBacking, damage: str) -> None:
    prepared = world.prepare(world.request(phone))
    with backing.engine.begin() as connection:
        connection.execute(text(damage))

    assert world.runner.run([prepared])[0].status is Status.UNKNOWN_SHARE
    assert backing.find_share(phone.key.blobs[0][0]) is None


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


def test_pending_key_generations(backing: SqlBacking) -> None:
    pending = PendingKeygen(
        key_id="key_a", device_id="dev_a", user_id="usr_a", suite="SM2", purpose=1, k1=b"k", sealed=b"s", expires_ms=9
    )
    with backing.begin() as tx:
        tx.put_pending_keygen(pending)
        tx.put_pending_keygen(replace(pending, k1=b"l"))
        tx.commit()

    assert backing.find_pending_keygen("key_a") == replace(pending, k1=b"l")
    with backing.begin() as tx:
        assert tx.find_pending_owner("key_a") == "dev_a"
        assert not tx.key_id_used("key_a")
        assert not tx.consume_pending_keygen("key_a", b"k")
        assert tx.consume_pending_keygen("key_a", b"l")
        assert tx.find_pending_owner("key_a") is None


def test_a_transaction_left_without_commit_is_rolled_back(backing: SqlBacking) -> None:
    with backing.begin() as tx:
        tx.add_seen([("dev_a", b"r" * 16, 1)])

    assert backing.dump("seen_request") == []


def test_rows_survive_the_round_trip(world: World, phone: FakePhone) -> None:
    row = replace(
        world.row(phone), ctr=2**62, lock_until_ms=2**50, row_ver=2**60, state=DeviceState.LOCKED, last_req=b"l" * 16
    )
    world.store.put_device(StoredDevice(row, fake_row_mac([b""])[0]))

    assert world.row(phone) == row


def test_keys_are_counted_per_device(world: World, phone: FakePhone) -> None:
    keys = [phone.key, *(world.add_key(phone) for _ in range(3))]
    world.add_phone("dev_b")
    for key, state in zip(keys, KeyState, strict=True):
        world.store.set_key_state(key.key_id, state)

    with world.store.begin() as tx:
        assert tx.count_keys(phone.device_id) == KeyCounts(inactive=1, living=3)
