"""Column types."""

import datetime as dt

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select

from cosign.store.metadata import UtcTime

table = Table("moment", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcTime))


def stored(engine: Engine, moment: dt.datetime | None) -> dt.datetime | None:
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(insert(table).values(at=moment))
        found: dt.datetime | None = connection.execute(select(table.c.at)).scalar_one()
        return found


@pytest.mark.parametrize("offset", [0, 8, -5])
def test_times_come_back_in_utc(engine: Engine, offset: int) -> None:
    moment = dt.datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.timezone(dt.timedelta(hours=offset)))

    found = stored(engine, moment)

    assert found == moment
    assert found is not None
    assert found.tzinfo is dt.UTC


def test_none_stays_none(engine: Engine) -> None:
    assert stored(engine, None) is None


def test_naive_times_are_refused(engine: Engine) -> None:
    with pytest.raises(Exception, match="time zone"):
        stored(engine, dt.datetime(2030, 1, 1))  # noqa: DTZ001
