"""Both head logs say the same, whatever they are kept in; the one in PostgreSQL serves several nodes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosign.signing.head_log import FileHeadLog
from cosign.signing.head_table import HeadTable, outside
from cosign.signing.ports import HeadRecord
from cosign.store.engine import make_engine
from hsm.ports import TokenUnavailable
from keyshare.heads import Head
from tests.support.postgres import Cluster

PLACE = ("key_a", "dev_a")
OLD, NEW = b"o" * 16, b"n" * 16


@pytest.fixture
def heads_url(postgres: Cluster) -> Iterator[str]:
    """A second database, empty."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture
def table(heads_url: str) -> Iterator[HeadTable]:
    engine = make_engine(heads_url)
    outside.create_all(engine)
    made = HeadTable(engine)
    made.begin()
    yield made
    made.close()
    engine.dispose()


@pytest.fixture(params=["file", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> HeadRecord:
    if request.param == "file":
        return FileHeadLog(tmp_path)
    made: HeadTable = request.getfixturevalue("table")
    return made


def test_rs3_announced_settled_ended(log: HeadRecord) -> None:
    assert dict(log.heads()) == {}

    log.announce(*PLACE, OLD, b"")
    assert log.heads() == log.unsettled() == {PLACE: Head(b"", OLD)}
    log.settle(*PLACE, OLD)
    assert log.heads() == {PLACE: Head(OLD)}
    assert dict(log.unsettled()) == {}
    log.announce(*PLACE, NEW, OLD)
    log.announce(*PLACE, NEW, b"")
    assert log.heads() == {PLACE: Head(OLD, NEW)}
    log.ended(*PLACE)
    assert log.heads() == {PLACE: Head(OLD, NEW, ended=True)}


def test_a_key_may_end_before_anything_was_announced(log: HeadRecord) -> None:
    log.ended(*PLACE)

    assert log.heads() == {PLACE: Head(b"", b"", ended=True)}


def test_the_identity_stays(log: HeadRecord) -> None:
    assert len(log.identity) == 16
    assert log.identity == log.identity


def test_two_nodes_write_one_log(table: HeadTable, heads_url: str) -> None:
    engine = make_engine(heads_url)
    other = HeadTable(engine)

    def write(log: HeadTable, name: str) -> None:
        for number in range(20):
            log.announce(f"key_{name}_{number}", "dev", OLD, b"")
            log.settle(f"key_{name}_{number}", "dev", OLD)

    threads = [threading.Thread(target=write, args=pair) for pair in ((table, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert other.identity == table.identity
    assert len(table.heads()) == 40
    assert dict(table.unsettled()) == {}
    other.close()
    engine.dispose()


def test_a_lost_second_database_is_an_outage(table: HeadTable, heads_url: str, postgres: Cluster) -> None:
    postgres.drop(heads_url)

    with pytest.raises(TokenUnavailable):
        table.announce(*PLACE, OLD, b"")
