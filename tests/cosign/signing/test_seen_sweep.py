"""Entries of `seen_request` go when their time has ended, in steps, and nothing else goes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, insert, select

from cosign.signing import seen_sweep
from cosign.signing.seen_sweep import REST_SECONDS, sweep_seen
from cosign.signing.tables import seen_request
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import reading, writing
from tests.support.plans import explained


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
    yield made
    made.dispose()


def entries(engine: Engine, count: int) -> None:
    """Every third ends at 1,000, the others at 2,000; they belong to seven devices."""
    rows = [
        {
            "device_id": f"dev_{place % 7}",
            "req_id": place.to_bytes(16),
            "expires_ms": 1_000 if place % 3 == 0 else 2_000,
        }
        for place in range(count)
    ]
    with writing(engine) as connection:
        for row in rows:
            connection.execute(insert(seen_request).values(row))


def left(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return [row.expires_ms for row in connection.execute(select(seen_request.c.expires_ms))]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 95])
def test_all_that_ended_goes_in_steps_with_a_rest_between_them(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(seen_sweep, "STEP", 10)
    entries(engine, count)
    rests: list[float] = []

    deleted = sweep_seen(engine, 1_001, rest=rests.append)

    assert deleted == len(range(0, count, 3))
    assert left(engine) == [2_000] * (count - deleted)
    assert rests == [REST_SECONDS] * (count // 10)
    assert sweep_seen(engine, 1_001, rest=rests.append) == 0


def test_the_last_moment_is_not_over(engine: Engine) -> None:
    entries(engine, 3)
    assert sweep_seen(engine, 1_000) == 0
    assert len(left(engine)) == 3


def test_no_step_reads_the_table_from_end_to_end(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(postgres_url)
    monkeypatch.setattr(seen_sweep, "STEP", 10)
    entries(engine, 25)
    with explained(engine) as plans:
        assert sweep_seen(engine, 1_001, rest=lambda _: None) > 0
    plans.check({"seen_request"})
    engine.dispose()
