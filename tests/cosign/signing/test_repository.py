"""The SQL store on every database: the same rules as in memory, guards, damaged rows."""

import random
from dataclasses import replace

import pytest
from sqlalchemy import text

from keyshare.batch_items import EventKind
from keyshare.device_row import DeviceState, StoredDevice
from keyshare.errors import StoreUnavailable
from keyshare.ports import DeviceChange
from keyshare.records import DECRYPTION_QUOTA, KeyCounts, KeyState, PendingKeygen
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.fakes import fake_row_mac
from tests.keyshare.model import Run
from tests.keyshare.world import FakePhone, World

TABLES = ("dev_state", "seen_request", "public_key_usage", "audit_row", "joint_key", "share")


@pytest.mark.parametrize("seed", range(8))
def test_p11_on_every_database(world: World, seed: int) -> None:
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


def test_71_quota(world: World, backing: SqlBacking) -> None:
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
        "UPDATE dev_state SET state = 'asleep'",
        "UPDATE dev_state SET recovery = 'adopt'",
        "UPDATE dev_state SET user_id = 'somebody'",
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
