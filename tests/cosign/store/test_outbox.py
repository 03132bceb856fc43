"""The outbox in the database: what a worker may claim, and what becomes of it."""

import contextlib
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from cosign.errors import ResourceNotFound
from cosign.store import outbox
from cosign.store.outbox import TRANSITIONS, OutboxItem, OutboxState
from cosign.store.outbox_admin import KEEP_DEAD_MS, KEEP_ENDED_MS, drop, revive, rows, sweep
from cosign.store.tables import outbox as outbox_table
from cosign.store.unit_of_work import reading, writing
from tests.cosign.store.outbox_fakes import StandingClock, migrated, put, table

LEASE_MS = 60_000


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = migrated(database_url)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def claim(engine: Engine, clock: StandingClock, *, kind: str = "note", count: int = 10) -> list[OutboxItem]:
    with writing(engine) as connection:
        return outbox.claim(connection, kind, now_ms=clock.ms, lease_ms=LEASE_MS, count=count)


def keys(items: list[OutboxItem]) -> list[str]:
    return sorted(item.key for item in items)


def test_a_row_lives_and_dies_with_the_transaction_that_causes_it(engine: Engine, clock: StandingClock) -> None:
    with contextlib.suppress(RuntimeError), writing(engine) as connection:
        outbox.enqueue(connection, kind="note", key="a", payload=b"", clock=clock)
        raise RuntimeError
    assert claim(engine, clock) == []


def test_a_second_row_with_the_same_key_is_not_added(engine: Engine, clock: StandingClock) -> None:
    put(engine, "a", clock=clock)
    put(engine, "a", clock=clock)
    assert keys(claim(engine, clock)) == ["a"]


@pytest.mark.parametrize(
    ("kind", "key", "payload", "line"),
    [("", "a", b"", ""), ("k" * 33, "a", b"", ""), ("k", "", b"", ""), ("k", "a" * 97, b"", ""),
     ("k", "a", b"p" * 16_385, ""), ("k", "a", b"", "l" * 97)],
)  # fmt: skip
def test_values_out_of_range_are_refused(
    engine: Engine, clock: StandingClock, kind: str, key: str, payload: bytes, line: str
) -> None:
    with pytest.raises(ValueError, match="outbox row"), writing(engine) as connection:
        outbox.enqueue(connection, kind=kind, key=key, payload=payload, clock=clock, line=line)


def test_a_claimed_row_comes_back_when_its_lease_ends(engine: Engine, clock: StandingClock) -> None:
    put(engine, "a", clock=clock)
    (first,) = claim(engine, clock)
    assert claim(engine, clock) == []
    clock.ms += LEASE_MS
    (second,) = claim(engine, clock)
    assert (first.attempt, second.attempt) == (1, 2)


def test_an_attempt_whose_lease_ended_changes_nothing(engine: Engine, clock: StandingClock) -> None:
    put(engine, "a", clock=clock)
    (late,) = claim(engine, clock)
    clock.ms += LEASE_MS
    (present,) = claim(engine, clock)
    with writing(engine) as connection:
        assert not outbox.end(connection, late, OutboxState.DEAD, now_ms=clock.ms, reason="late")
        assert not outbox.retry(connection, late, due_ms=0, reason="late")
        assert outbox.end(connection, present, OutboxState.SENT, now_ms=clock.ms, reference="r")
        assert not outbox.end(connection, present, OutboxState.SENT, now_ms=clock.ms)
    assert (table(engine)["a"].state, table(engine)["a"].reference) == (OutboxState.SENT, "r")


def test_rows_that_are_not_due_wait(engine: Engine, clock: StandingClock) -> None:
    put(engine, "later", clock=clock, not_before_ms=clock.ms + 5_000)
    assert claim(engine, clock) == []
    with reading(engine) as connection:
        assert outbox.next_due(connection, "note") == clock.ms + 5_000
        assert outbox.next_due(connection, "other") is None
    clock.ms += 5_000
    assert keys(claim(engine, clock)) == ["later"]


def test_rows_of_one_line_leave_one_after_another(engine: Engine, clock: StandingClock) -> None:
    for key in ("a1", "a2"):
        put(engine, key, clock=clock, line="a")
    put(engine, "b1", clock=clock, line="b")
    put(engine, "free", clock=clock)
    items = claim(engine, clock)
    assert keys(items) == ["a1", "b1", "free"]
    assert claim(engine, clock) == []
    with writing(engine) as connection:
        (first,) = (item for item in items if item.key == "a1")
        assert outbox.retry(connection, first, due_ms=clock.ms + 1_000, reason="busy")
    assert claim(engine, clock) == []
    clock.ms += 1_000
    (again,) = claim(engine, clock)
    assert again.key == "a1"
    with writing(engine) as connection:
        assert outbox.end(connection, again, OutboxState.DEAD, now_ms=clock.ms, reason="refused")
    assert keys(claim(engine, clock)) == ["a2"]


def test_payloads_go_when_nobody_needs_them(engine: Engine, clock: StandingClock) -> None:
    for key in ("sent", "dead", "dropped"):
        put(engine, key, clock=clock)
    by_key = {item.key: item for item in claim(engine, clock)}
    with writing(engine) as connection:
        outbox.end(connection, by_key["sent"], OutboxState.SENT, now_ms=clock.ms)
        outbox.end(connection, by_key["dead"], OutboxState.DEAD, now_ms=clock.ms, reason="refused")
        drop(connection, by_key["dropped"].row_id, clock)
        query = outbox_table.select().where(outbox_table.c.payload != b"")
        assert [row.key for row in connection.execute(query)] == ["dead"]


def test_only_a_dead_letter_gets_another_chance(engine: Engine, clock: StandingClock) -> None:
    put(engine, "a", clock=clock)
    (item,) = claim(engine, clock)
    with writing(engine) as connection, pytest.raises(ResourceNotFound):
        revive(connection, item.row_id, clock)
    with writing(engine) as connection:
        outbox.end(connection, item, OutboxState.DEAD, now_ms=clock.ms, reason="refused")
        revive(connection, item.row_id, clock)
    (again,) = claim(engine, clock)
    assert (again.attempt, again.payload) == (1, b"p")
    with writing(engine) as connection:
        outbox.end(connection, again, OutboxState.SENT, now_ms=clock.ms)
    with writing(engine) as connection, pytest.raises(ResourceNotFound):
        drop(connection, item.row_id, clock)


def test_a_waiting_row_becomes_nothing_else(engine: Engine, clock: StandingClock) -> None:
    put(engine, "a", clock=clock)
    (item,) = claim(engine, clock)
    assert set(TRANSITIONS) == set(OutboxState)
    with pytest.raises(ValueError, match="waiting"), writing(engine) as connection:
        outbox.end(connection, item, OutboxState.WAITING, now_ms=clock.ms)


def test_old_rows_are_forgotten(engine: Engine, clock: StandingClock) -> None:
    for key in ("sent", "dead", "waits"):
        put(engine, key, clock=clock)
    by_key = {item.key: item for item in claim(engine, clock)}
    with writing(engine) as connection:
        outbox.end(connection, by_key["sent"], OutboxState.SENT, now_ms=clock.ms)
        outbox.end(connection, by_key["dead"], OutboxState.DEAD, now_ms=clock.ms, reason="refused")
        assert sweep(connection, clock.ms + KEEP_ENDED_MS - 1) == 0
        assert sweep(connection, clock.ms + KEEP_ENDED_MS) == 1
        assert sweep(connection, clock.ms + KEEP_DEAD_MS) == 1
    assert set(table(engine)) == {"waits"}


def test_the_depth_counts_what_waits_and_what_is_dead(engine: Engine, clock: StandingClock) -> None:
    with reading(engine) as connection:
        assert outbox.depth(connection, clock.ms) == (0, 0, 0)
    for key in ("a", "b"):
        put(engine, key, clock=clock)
    clock.ms += 3_000
    (item,) = claim(engine, clock, count=1)
    with writing(engine) as connection:
        outbox.end(connection, item, OutboxState.DEAD, now_ms=clock.ms, reason="refused")
        assert outbox.depth(connection, clock.ms) == (1, 3_000, 1)
        listed = rows(connection, state=OutboxState.DEAD, before=0, limit=10)
        assert [(row.key, row.reason) for row in listed] == [(item.key, "refused")]
        assert rows(connection, state=None, before=min(row.row_id for row in listed), limit=10) in (
            [],
            rows(connection, state=OutboxState.WAITING, before=0, limit=10),
        )
