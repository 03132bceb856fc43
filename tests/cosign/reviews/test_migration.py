"""The revision that brings reviews takes up the appeals that wait already."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, insert, select, text

from cosign.accounts.tables import account, account_appeal
from cosign.reviews.tables import review_item
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import writing

SUBMITTED = dt.datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of the revision before."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgres" else None
    url = sqlite_url(tmp_path / "before.db") if cluster is None else cluster.create()
    made = make_engine(url)
    upgrade(made, "0011")
    yield made
    made.dispose()
    if cluster is not None:
        cluster.drop(url)


def upgrade(engine: Engine, revision: str) -> None:
    config = migrations._config()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_waiting_appeals_come_into_the_queue(engine: Engine) -> None:
    """R-ADM-11: nothing that waits is forgotten; what was decided stays out of the queue."""
    with writing(engine) as connection:
        kept = {
            "account_id": "acc_1",
            "brand": "zb",
            "password_hash": "",
            "state": "appealing",
            "person_id": "per_1",
            "mode": "",
            "acting": "",
            "avatar_upload_id": "",
            "created_at": SUBMITTED,
        }
        connection.execute(insert(account).values(kept))
        for number, state in enumerate(("in_review", "refused")):
            connection.execute(
                insert(account_appeal).values(
                    appeal_id=f"apl_{number}",
                    account_id="acc_1",
                    secret_hash=b"",
                    state=state,
                    phone_number_sealed=b"",
                    submitted_at=SUBMITTED,
                )
            )
    upgrade(engine, "0012")
    submitted_ms = round(SUBMITTED.timestamp() * 1000)
    with engine.connect() as connection:
        (row,) = connection.execute(select(review_item)).mappings()
        assert (row["review_id"], row["subject_id"], row["brand"]) == ("rev_0", "apl_0", "zb")
        assert (row["state"], row["opened_ms"], row["due_ms"] - submitted_ms) == ("waiting", submitted_ms, 259_200_000)
        assert connection.execute(text("SELECT count(*) FROM review_reason")).scalar_one() == 12
