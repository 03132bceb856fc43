"""The worker: delivery at least once, back-off, dead letters, faults of providers, several nodes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from cosign.clock import SystemClock
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused, NothingToDeliver, OutboxPolicy
from cosign.store.engine import sqlite_url
from cosign.store.outbox import OutboxItem, OutboxState, enqueue
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.waker import LocalWaker
from tests.cosign.store.outbox_fakes import Recorder, StandingClock, migrated, put, table, until

FAST = OutboxPolicy(first_delay_seconds=0.01, longest_delay_seconds=0.02, poll_seconds=0.05, attempts=3)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = migrated(database_url)
    yield made
    made.dispose()


class Running:
    """Workers that are stopped at the end."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.workers: list[OutboxWorker] = []

    def start(self, recorder: Recorder, policy: OutboxPolicy = FAST, clock: StandingClock | None = None) -> None:
        worker = OutboxWorker(
            self.engine,
            handlers={"note": recorder, "other": recorder},
            clock=clock or SystemClock(),
            waker=LocalWaker(self.engine),
            observer=recorder,
            policy=policy,
        )
        self.workers.append(worker)
        worker.start()


@pytest.fixture
def running(engine: Engine) -> Iterator[Running]:
    made = Running(engine)
    yield made
    for worker in made.workers:
        worker.stop()


def state(engine: Engine, key: str) -> OutboxState:
    return table(engine)[key].state


def test_a_row_is_delivered_and_recorded(engine: Engine, running: Running) -> None:
    recorder = Recorder()
    running.start(recorder)
    put(engine, "a")
    until(lambda: state(engine, "a") is OutboxState.SENT)
    assert recorder.seen == [("a", 1)]
    assert table(engine)["a"].reference == "ref-a"
    until(lambda: recorder.outcomes == [("note", "sent")])


def test_what_the_handler_notes_of_a_delivery_stands_in_the_same_transaction(tmp_path: Path) -> None:
    engine = migrated(sqlite_url(tmp_path / "noted.db"))

    def note(connection: Connection, item: OutboxItem) -> None:
        if item.key == "broken":
            raise LookupError
        if item.key != "a":
            return
        enqueue(connection, kind="note", key=f"{item.key}-noted", payload=b"", clock=SystemClock(), line="never")

    recorder, running = Recorder(note=note), Running(engine)
    put(engine, "a", kind="other")
    put(engine, "broken", kind="other")
    running.start(recorder)
    until(lambda: state(engine, "broken") is OutboxState.SENT)
    until(lambda: "a-noted" in table(engine))
    assert state(engine, "a") is OutboxState.SENT
    assert ("a", "ref-a") in recorder.recorded
    running.workers[0].stop()
    assert [type(fault) for fault in recorder.faults] == [LookupError]  # and what has left does not leave again
    assert recorder.seen.count(("broken", 1)) == 1
    engine.dispose()


def test_a_row_leaves_at_once_when_it_is_heard_of(tmp_path: Path) -> None:
    """A code must not wait for the next look at the table."""
    engine = migrated(sqlite_url(tmp_path / "heard.db"))
    recorder, running = Recorder(), Running(engine)
    running.start(recorder, OutboxPolicy(poll_seconds=3600.0))
    for key in ("first", "second"):
        put(engine, key)
        until(lambda key=key: state(engine, key) is OutboxState.SENT)  # type: ignore[misc]
    running.workers[0].stop()
    engine.dispose()


def test_a_provider_that_is_down_is_tried_again_until_the_row_is_dead(engine: Engine, running: Running) -> None:
    def down(item: OutboxItem) -> str:
        raise DeliveryDelayed("unreachable")

    recorder = Recorder(down)
    running.start(recorder)
    put(engine, "a")
    until(lambda: state(engine, "a") is OutboxState.DEAD)
    assert recorder.seen == [("a", 1), ("a", 2), ("a", 3)]
    assert recorder.given_up == [("a", "unreachable")]
    assert table(engine)["a"].reason == "unreachable"


def test_a_provider_that_comes_back_delivers(engine: Engine, running: Running) -> None:
    def flaky(item: OutboxItem) -> str:
        if item.attempt == 1:
            raise DeliveryDelayed("busy", retry_after_ms=20)
        return "ok"

    recorder = Recorder(flaky)
    running.start(recorder)
    put(engine, "a")
    until(lambda: state(engine, "a") is OutboxState.SENT)
    assert recorder.seen == [("a", 1), ("a", 2)]


def test_a_refusal_is_final_and_its_replacement_stands_in_the_same_transaction(
    engine: Engine, running: Running
) -> None:
    def refuse(item: OutboxItem) -> str:
        if item.kind == "note":
            raise DeliveryRefused("wrong_number")
        return "ok"

    def replace(connection: Connection, item: OutboxItem, reason: str) -> None:
        enqueue(connection, kind="other", key=item.key + "/2", payload=item.payload, clock=SystemClock())

    recorder = Recorder(refuse, replace=replace)
    running.start(recorder)
    put(engine, "a")
    until(lambda: "a/2" in table(engine) and state(engine, "a/2") is OutboxState.SENT)
    assert state(engine, "a") is OutboxState.DEAD
    assert recorder.seen == [("a", 1), ("a/2", 1)]


def test_a_row_for_nobody_is_dropped_and_its_replacement_follows(engine: Engine, running: Running) -> None:
    def nobody(item: OutboxItem) -> str:
        raise NothingToDeliver("no_address")

    recorder = Recorder(nobody)
    running.start(recorder)
    put(engine, "a")
    until(lambda: state(engine, "a") is OutboxState.DROPPED)
    assert recorder.given_up == [("a", "no_address")]
    until(lambda: recorder.outcomes == [("note", "dropped")])


def test_a_poisoned_row_ends_and_holds_up_nobody(engine: Engine, running: Running) -> None:
    def poisoned(item: OutboxItem) -> str:
        if item.key == "poison":
            raise ZeroDivisionError
        return "ok"

    def replace(connection: Connection, item: OutboxItem, reason: str) -> None:
        raise ZeroDivisionError

    recorder = Recorder(poisoned, replace=replace)
    running.start(recorder)
    for key in ("poison", "good"):
        put(engine, key)
    until(lambda: state(engine, "poison") is OutboxState.DEAD)
    until(lambda: state(engine, "good") is OutboxState.SENT)
    assert table(engine)["poison"].reason == "fault"
    assert all(isinstance(fault, ZeroDivisionError) for fault in recorder.faults)


def test_a_row_that_kills_its_process_again_and_again_ends(engine: Engine, running: Running) -> None:
    """Attempts are counted when they begin, so that one that never ends counts too."""
    recorder = Recorder()
    put(engine, "a")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET attempts = 3")
    running.start(recorder)
    until(lambda: state(engine, "a") is OutboxState.DEAD)
    assert recorder.seen == []
    assert table(engine)["a"].reason == "attempts"


def test_an_expired_code_is_never_sent(engine: Engine, running: Running) -> None:
    clock = StandingClock()
    recorder = Recorder()
    put(engine, "code", clock=clock, expires_ms=clock.ms + 1)
    clock.ms += 1
    running.start(recorder, clock=clock)
    until(lambda: state(engine, "code") is OutboxState.EXPIRED)
    assert recorder.seen == []


def test_a_code_that_expires_between_attempts_is_not_sent_again(engine: Engine, running: Running) -> None:
    clock = StandingClock()

    def down(item: OutboxItem) -> str:
        raise DeliveryDelayed("busy")

    recorder = Recorder(down)
    put(engine, "code", clock=clock, expires_ms=clock.ms + 60_000)
    running.start(recorder, clock=clock)
    until(lambda: table(engine)["code"].reason == "busy")
    clock.ms += 60_000
    until(lambda: state(engine, "code") is OutboxState.EXPIRED)
    assert recorder.seen == [("code", 1)]


def test_a_slow_provider_does_not_hold_up_the_others(engine: Engine, running: Running) -> None:
    release = threading.Event()

    def slow(item: OutboxItem) -> str:
        if item.kind == "note":
            assert release.wait(60)
        return "ok"

    recorder = Recorder(slow)
    for number in range(20):
        put(engine, f"slow-{number}")
    running.start(recorder)
    put(engine, "quick", kind="other")
    until(lambda: state(engine, "quick") is OutboxState.SENT)
    assert state(engine, "slow-19") is OutboxState.WAITING
    assert sum(1 for key, _ in recorder.seen if key.startswith("slow")) <= FAST.per_kind
    release.set()
    until(lambda: all(row.state is OutboxState.SENT for row in table(engine).values()))


def test_stopping_waits_for_deliveries_that_run(engine: Engine, running: Running) -> None:
    entered, release = threading.Event(), threading.Event()

    def slow(item: OutboxItem) -> str:
        entered.set()
        assert release.wait(60)
        return "ok"

    recorder = Recorder(slow)
    running.start(recorder)
    put(engine, "a")
    assert entered.wait(60)
    stopper = threading.Thread(target=running.workers[0].stop)
    stopper.start()
    until(lambda: running.workers[0]._stopping)
    put(engine, "b")
    release.set()
    stopper.join()
    assert (state(engine, "a"), state(engine, "b")) == (OutboxState.SENT, OutboxState.WAITING)


def test_several_workers_share_the_rows(database_url: str, engine: Engine, running: Running) -> None:
    recorder = Recorder()
    for number in range(100):
        put(engine, f"row-{number}")
    second = migrated(database_url)
    others = Running(second)
    for _ in range(2):
        running.start(recorder)
        others.start(recorder)
    try:
        until(lambda: all(row.state is OutboxState.SENT for row in table(engine).values()))
    finally:
        for worker in others.workers:
            worker.stop()
        second.dispose()
    assert sorted(recorder.seen) == sorted((f"row-{number}", 1) for number in range(100))


def test_a_line_keeps_its_order_with_several_workers(engine: Engine, running: Running) -> None:
    recorder = Recorder()
    for number in range(30):
        put(engine, f"{number:02d}", line="one")
    for _ in range(3):
        running.start(recorder)
    until(lambda: all(row.state is OutboxState.SENT for row in table(engine).values()))
    assert [key for key, _ in recorder.seen] == [f"{number:02d}" for number in range(30)]


def test_the_worker_outlives_a_database_that_fails(engine: Engine, running: Running) -> None:
    recorder = Recorder()
    broken = threading.Event()

    def breaks(*_: object) -> None:
        if broken.is_set():
            raise engine.dialect.loaded_dbapi.OperationalError("broken")

    event.listen(engine, "before_cursor_execute", breaks)
    running.start(recorder)
    broken.set()
    until(lambda: len(recorder.faults) >= 2)
    broken.clear()
    put(engine, "a")
    until(lambda: state(engine, "a") is OutboxState.SENT)


def test_delays_grow_and_differ() -> None:
    policy = OutboxPolicy(first_delay_seconds=1.0, longest_delay_seconds=60.0)
    assert [policy.delay_ms(attempt, 0.0) for attempt in (1, 2, 3, 7, 1000)] == [1_000, 2_000, 4_000, 60_000, 60_000]
    assert policy.delay_ms(1, 0.5) == 750
