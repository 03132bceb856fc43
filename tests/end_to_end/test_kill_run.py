"""A short run of `kill_run` on both databases: one victim of each kind, and one more."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from cosign.store.engine import make_engine, sqlite_url
from tests.end_to_end.kill_load import Journal
from tests.end_to_end.kill_model import violations
from tests.end_to_end.kill_run import Victim, run, strikes
from tests.support.postgres import Cluster

KILLS = 4
SEED = 20


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    """An empty database, and how many workers it can have."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "cosign.db"), 1
    postgres: Cluster = request.getfixturevalue("postgres")
    return postgres.create(), 2


def test_kills_under_load_lose_nothing(database: tuple[str, int], tmp_path: Path) -> None:
    url, workers = database
    folder = tmp_path / "run"
    folder.mkdir()
    result = run(folder, database=url, workers=workers, phones=3, seed=SEED, kills=KILLS)
    assert result.violations == []
    assert sum(result.kills.values()) == KILLS
    assert result.kills.keys() == {victim.value for victim in Victim}
    assert result.signatures > 0
    assert result.decryptions > 0
    assert_the_model_bites(url, result.journals)


def assert_the_model_bites(url: str, journals: Sequence[Journal]) -> None:
    """Each damage is one violation, named by its kind."""
    journal = journals[0]
    device: dict[str, object] = {"device": journal.device_id}
    digests: dict[str, object] = {"digests": b"".join(journal.signed[-1].digests)}
    damages: dict[str, tuple[str, dict[str, object]]] = {
        "not in the audit trail": ("DELETE FROM audit_row WHERE digests = :digests", digests),
        "of another answer": ("UPDATE audit_row SET audit_hash = ctx WHERE digests = :digests", digests),
        "counter": ("UPDATE dev_state SET ctr = ctr - 1 WHERE device_id = :device", device),
        "lifetime": ("UPDATE dev_state SET lifetime_left = lifetime_left + 1 WHERE device_id = :device", device),
        "attempts": ("UPDATE dev_state SET attempts_left = 8 WHERE device_id = :device", device),
        "state frozen": ("UPDATE dev_state SET state = 'frozen' WHERE device_id = :device", device),
        "keys": ("UPDATE joint_key SET state = 'frozen' WHERE device_id = :device", device),
        "decryptions": ("UPDATE public_key_usage SET decryptions = 0", {}),
        "twice": ("UPDATE audit_row SET body_hash = ctx WHERE device_id = :device AND op = 2", device),
    }
    engine = make_engine(url)
    for name, (damage, values) in damages.items():
        with engine.connect() as connection:
            connection.execute(text(damage), values)
            assert any(name in one for one in violations(connection, journals)), name
            connection.rollback()
    engine.dispose()


def test_a_seed_gives_the_same_plan_again() -> None:
    first, again = (list(itertools.islice(strikes(SEED), 50)) for _ in range(2))
    assert first == again
    assert {strike.victim for strike in first[:3]} == set(Victim)
    assert first != list(itertools.islice(strikes(SEED + 1), 50))
