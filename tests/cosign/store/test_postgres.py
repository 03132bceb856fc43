"""PostgreSQL: what is demanded of the server, migrations, messages and locks of nodes, the wire of the hot path."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from cosign.errors import ConcurrentOperation, ConfigInvalid, DatabaseUnavailable, DatabaseUnsafe, ServerRunning
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.node import NodeConnection, nodes_running
from cosign.store.postgres import PostgresOptions, check_durability
from cosign.store.prepared import Prepared
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import LocalWaker, Waker, notify
from cosign.store.wire import Kind, Statement, wire_of
from tests.support.postgres import Cluster, cluster, cluster_folder

HEADS = b"h" * 16


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    made = make_engine(postgres_url)
    yield made
    made.dispose()


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- schema ---


def test_the_migrations_make_exactly_the_declared_tables(engine: Engine) -> None:
    assert migrations.differences(engine) == []


def test_statistics_of_the_audit_trail_are_cheap(engine: Engine) -> None:
    """Without a target of its own a column costs 30,000 rows at every ANALYZE, in the middle of the load."""
    targets = text(
        "SELECT attname, attstattarget FROM pg_attribute "
        "WHERE attrelid = 'audit_row'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    with engine.connect() as connection:
        found = {row.attname: row.attstattarget for row in connection.execute(targets)}
    assert {name for name, target in found.items() if target} == {"segment", "seq", "time_ms", "device_id"}
    assert set(found.values()) == {0, 10}


def test_two_nodes_may_upgrade_at_once(postgres: Cluster) -> None:
    url = postgres.create()
    engines = [make_engine(url) for _ in range(2)]
    threads = [threading.Thread(target=migrations.upgrade, args=(one,)) for one in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in engines:
        migrations.check(one)
        one.dispose()
    postgres.drop(url)


# --- durability ---


def test_rs1_a_server_that_does_not_wait_for_its_commits_is_refused(engine: Engine) -> None:
    with engine.connect() as connection:
        check_durability(connection, production=False, standbys=0)
        with pytest.raises(DatabaseUnsafe, match="fsync"):
            check_durability(connection, production=True, standbys=0)
        with pytest.raises(DatabaseUnsafe, match="synchronous_standby_names is empty"):
            check_durability(connection, production=False, standbys=1)
        connection.exec_driver_sql("SET synchronous_commit = off")
        with pytest.raises(DatabaseUnsafe, match="synchronous_commit is off"):
            check_durability(connection, production=False, standbys=0)


def test_rs1_a_required_standby_must_be_streaming() -> None:
    with cluster(durable=True, listen=True) as primary, cluster_folder() as folder:
        standby = Cluster(folder, durable=True)
        standby.copy_from(primary, f"host=127.0.0.1 port={primary.port} user=cosign application_name=standby")
        standby.start()
        primary.configure(synchronous_standby_names="standby")
        primary.reload()
        engine = make_engine(primary.url("postgres"))

        def state(production: bool = True) -> str:
            try:
                with engine.connect() as connection:
                    check_durability(connection, production=production, standbys=1)
            except DatabaseUnsafe as fault:
                return str(fault)
            return "safe"

        try:
            wait_until(lambda: state() == "safe")
            standby.stop()
            wait_until(lambda: state() == "0 synchronous standbys are streaming, 1 are required")
        finally:
            standby.stop()
            engine.dispose()


# --- faults by the names of the service ---


def test_a_row_held_elsewhere_is_a_concurrent_operation(engine: Engine, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE node_heartbeat")
        with pytest.raises(ConcurrentOperation), writing(engine) as connection:
            connection.execute(text("INSERT INTO node_heartbeat VALUES ('n', 1)"))


def test_an_exhausted_pool_is_a_concurrent_operation(postgres_url: str) -> None:
    engine = make_engine(postgres_url, PostgresOptions(pool_size=1, pool_wait_seconds=0.05))
    with reading(engine), pytest.raises(ConcurrentOperation), reading(engine):
        pass
    engine.dispose()


def test_no_server_is_an_outage(tmp_path: Path) -> None:
    engine = make_engine(f"postgresql://cosign@/cosign?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable), reading(engine):
        pass


def test_the_password_file_is_read_for_every_connection(postgres_url: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    engine = make_engine(postgres_url, PostgresOptions(password_file=file))
    with pytest.raises(ConfigInvalid, match="password_file"), reading(engine):
        pass
    file.write_text("secret\n")
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


# --- messages and locks of nodes ---


@pytest.fixture(params=["local", "node"])
def waker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Engine, Waker]]:
    if request.param == "local":
        made = make_engine(f"sqlite:///{tmp_path / 'a.db'}")
        migrations.upgrade(made)
        yield made, LocalWaker(made)
        made.dispose()
        return
    engine: Engine = request.getfixturevalue("engine")
    node = NodeConnection(engine, node_id="one", heads_id=HEADS, failed=lambda _: None)
    yield engine, node
    node.close()


def test_listeners_hear_of_what_was_committed(waker: tuple[Engine, Waker]) -> None:
    engine, hearing = waker
    heard: list[str] = []
    hearing.subscribe(heard.append)

    with writing(engine) as connection:
        notify(connection, "first")
        assert heard == []
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:  # noqa: PT012
        notify(connection, "rolled back")
        raise ZeroDivisionError
    with writing(engine) as connection:
        notify(connection, "last")

    wait_until(lambda: heard[-1:] == ["last"])
    assert heard == ["first", "last"]
    assert hearing.live


def test_a_topic_is_short(waker: tuple[Engine, Waker]) -> None:
    with writing(waker[0]) as connection, pytest.raises(ValueError, match="short"):
        notify(connection, "x" * 201)


def test_a_node_that_lost_its_connection_joins_again(engine: Engine, postgres: Cluster, postgres_url: str) -> None:
    failures: list[Exception] = []
    heard: list[str] = []
    node = NodeConnection(engine, node_id="one", heads_id=HEADS, failed=failures.append)
    node.subscribe(heard.append)
    postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")

    wait_until(lambda: "" in heard)  # anything may have been missed

    assert failures
    assert node.live
    with reading(engine) as connection:
        assert nodes_running(connection) == 1
    node.close()


def test_one_process_per_name_and_one_place_for_heads(engine: Engine) -> None:
    def ignore(_: Exception) -> None:
        """Not expected."""

    one = NodeConnection(engine, node_id="one", heads_id=HEADS, failed=ignore)
    with pytest.raises(ServerRunning):
        NodeConnection(engine, node_id="one", heads_id=HEADS, failed=ignore)
    with pytest.raises(ConfigInvalid, match="heads"):
        NodeConnection(engine, node_id="two", heads_id=b"x" * 16, failed=ignore)
    two = NodeConnection(engine, node_id="two", heads_id=HEADS, failed=ignore)
    with reading(engine) as connection:
        assert nodes_running(connection) == 2
    for node in (one, two):
        node.close()


# --- the wire ---


@pytest.mark.parametrize("value", ["text", "", "文", 0, -1, 2**62, b"", b"\0\xff", ["a", "文"], [], [b"\0", b""]])
def test_every_kind_of_value_survives_the_round_trip(engine: Engine, value: object) -> None:
    kinds = {str: "text", int: "bigint", bytes: "bytea", list: "text[]"}
    kind = "bytea[]" if isinstance(value, list) and value and isinstance(value[0], bytes) else kinds[type(value)]
    with engine.connect() as connection:
        rows = Prepared(f"SELECT CAST(:value AS {kind})").rows(connection, {"value": value})

    assert rows == [(value,)]


@pytest.mark.parametrize("value", [1.5, None, {}])
def test_other_kinds_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        Kind.of(value)


def test_statements_travel_together_and_a_fault_ends_them_all(engine: Engine) -> None:
    insert = Statement("INSERT INTO node_heartbeat VALUES ($1, $2)")
    with engine.connect() as connection:
        wire = wire_of(connection)
        before = wire.round_trips
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            wire.send(
                [(insert, ["a", 1]), (insert, ["b", 2]), (insert, ["secret", 3]), (insert, ["secret", 3])], commit=True
            )
        assert wire.round_trips - before == 2  # the statement was prepared first
        assert "secret" not in str(caught.value)
        wire.rollback()
        wire.send([(insert, ["a", 1]), (insert, ["b", 2])], commit=True)
        assert wire.run(Statement("SELECT node_id FROM node_heartbeat ORDER BY node_id"), []).rows == [("a",), ("b",)]
        wire.rollback()


def test_an_aborted_transaction_is_not_taken_for_a_commit(engine: Engine) -> None:
    with engine.connect() as connection:
        wire = wire_of(connection)
        with pytest.raises(psycopg.errors.DivisionByZero):
            wire.send([(Statement("SELECT 1 / $1::int"), [0])])
        with pytest.raises(psycopg.Error):
            wire.send([], commit=True)
        wire.rollback()


def test_statements_of_the_wire_outlive_a_rollback_after_repeated_queries(engine: Engine) -> None:
    """psycopg prepares what it sees often, and drops every prepared statement of the connection after a rollback."""
    ours = Prepared("SELECT 1 + :one")
    with engine.connect() as connection:
        assert ours.rows(connection, {"one": 1}) == [(2,)]
        for _ in range(10):
            connection.execute(text("SELECT 1"))
        connection.rollback()
        assert ours.rows(connection, {"one": 2}) == [(3,)]
