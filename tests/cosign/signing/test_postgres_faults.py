"""Faults between the store and PostgreSQL: rows held elsewhere, restarts, cut and silent connections, lost answers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from cosign.signing.repository import SqlShareStore, SqlShareTransaction
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.postgres import PostgresOptions
from keyshare.batch_locks import BatchLocks
from keyshare.counters import MAX_ATTEMPTS
from keyshare.device_row import DeviceState
from keyshare.errors import CommitUnknown, StoreBusy, StoreUnavailable
from keyshare.records import KeyState
from protocol.codes import Op, Status
from tests.cosign.signing.backing import SqlBacking
from tests.keyshare.world import FakePhone, World
from tests.support.postgres import Cluster, cluster
from tests.support.proxy import Proxy

DEADLINE = 1.0


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


@contextmanager
def held(url: str, statement: str) -> Iterator[None]:
    """Another transaction that has done `statement` and goes on."""
    with psycopg.connect(url) as other:
        other.execute(statement.encode())
        yield
        other.rollback()


# --- TX-B2 ---


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM dev_state WHERE device_id = 'dev_a' FOR UPDATE",
        "SELECT 1 FROM joint_key WHERE device_id = 'dev_a' FOR UPDATE",
    ],
)
def test_b2_busy_rows_are_skipped_and_come_back(world: World, database_url: str, statement: str) -> None:
    busy, free = world.add_phone("dev_a"), world.add_phone("dev_b")
    requests = [world.request(busy), world.request(free)]

    with held(database_url, statement):
        first = world.serve(*requests)

    assert [(one.status, one.requeue) for one in first] == [(Status.BUSY, True), (Status.OK, False)]
    assert world.evaluator.evaluated == [requests[1].req_id]
    assert world.row(busy).row_ver == 1
    assert world.serve(requests[0])[0].status is Status.OK


def test_b2_what_does_not_exist_is_not_busy(backing: SqlBacking) -> None:
    with backing.begin() as tx:
        locked = tx.lock_batch(BatchLocks(devices=["dev_x"], shares=[b"s" * 16], seen=[], pks=[]))

    assert (locked.devices, locked.busy_devices, locked.busy_shares) == ({}, frozenset(), frozenset())


def test_tx1_who_waits_for_a_row_waits_two_seconds(world: World, phone: FakePhone, database_url: str) -> None:
    began = time.monotonic()
    with (
        held(database_url, "SELECT 1 FROM dev_state FOR UPDATE"),
        pytest.raises(StoreBusy),
        world.store.begin() as tx,
    ):
        tx.lock_devices([phone.device_id])
    assert 1.5 < time.monotonic() - began < 6


def test_49_opposite_orders_on_two_nodes_do_not_block_each_other(world: World, database_url: str) -> None:
    """Two nodes serve the same sixteen devices, given in opposite orders, a hundred times each."""
    phones = [world.add_phone(f"dev_{number:02}") for number in range(16)]
    faults: list[Exception] = []
    rounds = 100

    def node(order: list[FakePhone]) -> None:
        store = SqlBacking(database_url)
        try:
            for _ in range(rounds):
                devices = [phone.device_id for phone in order]
                with store.begin() as tx:
                    wanted = BatchLocks(
                        devices=devices, shares=[p.key.blobs[0][0] for p in order], seen=[], pks=[], wait=True
                    )
                    assert len(tx.lock_batch(wanted).devices) == len(devices)
                    tx.add_seen([(device, bytes(16), time.time_ns()) for device in devices])
                    tx.commit()
        except Exception as fault:
            faults.append(fault)
        finally:
            store.end()

    threads = [threading.Thread(target=node, args=(order,)) for order in (phones, phones[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []


def test_a_key_that_is_revoked_while_a_batch_waits_is_not_used(world: World, phone: FakePhone) -> None:
    """The state is read again under the lock (TX-1)."""
    prepared = world.prepare(world.request(phone))
    world.store.set_key_state(phone.key.key_id, KeyState.REVOKED)

    assert world.runner.run([prepared])[0].status is Status.UNKNOWN_SHARE
    assert world.evaluator.evaluated == []


# --- restarts, cuts, silence ---


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A cluster that flushes, listens on TCP, and may be restarted."""
    with cluster(durable=True, listen=True) as made:
        yield made


@pytest.fixture
def proxy(server: Cluster) -> Iterator[Proxy]:
    with Proxy(server.port) as made:
        yield made


@pytest.fixture
def far(server: Cluster, proxy: Proxy) -> Iterator[World]:
    """A world whose database is behind a proxy."""
    url = server.create()
    near = make_engine(url)
    migrations.upgrade(near)
    near.dispose()
    name = url.partition("?")[0].rpartition("/")[2]
    store = SqlBacking(server.sqlalchemy_url(name, port=proxy.port))
    store.engine.dispose()
    options = PostgresOptions(deadline_seconds=DEADLINE, connect_seconds=2)
    store.engine = make_engine(server.sqlalchemy_url(name, port=proxy.port), options)
    SqlShareStore.__init__(store, store.engine, store._audit)
    yield World(store)
    proxy.heal()
    store.end()


def eventually(world: World, phone: FakePhone) -> None:
    """The phone goes on by its own rules until it gets a signature."""
    for _ in range(20):
        if phone.record.is_full:
            world.ask(phone, Op.SYNC)
        if world.ask(phone).status is Status.OK:
            return
        time.sleep(0.1)
    pytest.fail(f"the phone never came back: {world.failures[-3:]}")


def test_a_restart_is_survived_without_a_restart_of_ours(far: World, server: Cluster) -> None:
    phone = far.add_phone()
    assert far.ask(phone).status is Status.OK

    server.restart()

    eventually(far, phone)
    assert far.row(phone).state is DeviceState.ACTIVE
    assert far.row(phone).attempts_left == MAX_ATTEMPTS


def test_a_stopped_database_answers_unavailable_and_charges_nothing(far: World, server: Cluster) -> None:
    phone = far.add_phone()
    prepared = far.prepare(far.request(phone, right=False))
    server.stop()

    assert far.runner.run([prepared])[0].status is Status.UNAVAILABLE
    server.start()

    assert far.evaluator.evaluated == []
    assert far.row(phone).attempts_left == MAX_ATTEMPTS
    eventually(far, phone)


def test_a_reset_connection_is_replaced(far: World, proxy: Proxy) -> None:
    phone = far.add_phone()
    assert far.ask(phone).status is Status.OK

    proxy.reset()

    eventually(far, phone)


def test_a_black_hole_fails_fast(far: World, proxy: Proxy) -> None:
    phone = far.add_phone()
    prepared = far.prepare(far.request(phone))
    proxy.swallow()

    began = time.monotonic()
    (released,) = far.runner.run([prepared])

    assert released.status is Status.UNAVAILABLE
    assert time.monotonic() - began < 3 * DEADLINE + 4
    proxy.heal()
    proxy.reset()
    eventually(far, phone)


def test_tx5_an_unknown_commit_is_a_failure_and_reported_as_such(far: World, proxy: Proxy) -> None:
    """COMMIT reaches the server, its answer never comes: the state moves on, nothing is released."""
    phone = far.add_phone()
    assert far.ask(phone).status is Status.OK
    before = far.row(phone)
    request = far.request(phone)
    store = far.store
    assert isinstance(store, SqlBacking)
    begin = store.begin

    @contextmanager
    def cutting() -> Iterator[SqlShareTransaction]:
        with begin() as tx:
            commit = tx.commit

            def cut_off() -> None:
                proxy.swallow_answers()
                commit()

            tx.commit = cut_off  # type: ignore[method-assign]  # only here
            yield tx

    store.begin = cutting  # type: ignore[method-assign]  # only here
    (released,) = far.serve(request)
    store.begin = begin  # type: ignore[method-assign]  # as it was
    proxy.heal()
    proxy.reset()

    assert released.status is Status.UNAVAILABLE
    assert isinstance(far.failures[-1], CommitUnknown)
    after = far.row(phone)
    assert after.ctr == before.ctr + 1
    assert far.serve(request)[0].status is Status.STALE
    eventually(far, phone)
    assert far.row(phone).uncommitted_evals == 1
    assert far.row(phone).state is DeviceState.ACTIVE


def test_a_fault_during_the_batch_leaves_no_gap_in_the_audit_chain(far: World, proxy: Proxy) -> None:
    phone = far.add_phone()
    for _ in range(3):
        eventually(far, phone)
        proxy.reset()
    eventually(far, phone)

    assert isinstance(far.store, SqlBacking)
    with far.store.engine.begin() as connection:
        numbers = list(connection.execute(text("SELECT seq FROM audit_row ORDER BY seq")).scalars())
    assert numbers == list(range(1, len(numbers) + 1))


def test_commits_that_would_not_be_durable_are_not_begun(world: World, phone: FakePhone, backing: SqlBacking) -> None:
    def lost() -> None:
        raise StoreUnavailable("no standby")

    prepared = world.prepare(world.request(phone))
    backing._refuse = lost

    assert world.runner.run([prepared])[0].status is Status.UNAVAILABLE
    assert world.evaluator.evaluated == []
