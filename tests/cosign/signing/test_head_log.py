"""RS-3 in a file: what is announced is on disk, torn lines are crashes, damage stops the start."""

import os
from pathlib import Path

import pytest

from cosign.errors import SelfTestFailed
from cosign.signing.head_log import FileHeadLog
from hsm.ports import TokenUnavailable
from keyshare.heads import Head

PLACE = ("key_a", "dev_a")
OLD, NEW = b"o" * 16, b"n" * 16


@pytest.fixture
def log(tmp_path: Path) -> FileHeadLog:
    return FileHeadLog(tmp_path)


def test_an_empty_log(log: FileHeadLog) -> None:
    assert log.heads() == {}


def test_announce_settle_end(log: FileHeadLog, tmp_path: Path) -> None:
    log.announce(*PLACE, OLD, b"")
    assert log.heads() == {PLACE: Head(b"", OLD)}
    log.settle(*PLACE, OLD)
    log.announce(*PLACE, NEW, OLD)
    assert FileHeadLog(tmp_path).heads() == {PLACE: Head(OLD, NEW)}
    log.ended(*PLACE)
    assert log.heads()[PLACE].ended
    assert (tmp_path / "heads.log").stat().st_mode & 0o777 == 0o600


def test_a_torn_last_line_is_ignored_and_cut_off(log: FileHeadLog, tmp_path: Path) -> None:
    log.announce(*PLACE, OLD, b"")
    with (tmp_path / "heads.log").open("ab") as file:
        file.write(b'{"event": "sett')

    assert log.heads() == {PLACE: Head(b"", OLD)}
    log.settle(*PLACE, OLD)
    assert log.heads() == {PLACE: Head(OLD)}


def test_a_damaged_line_stops_the_start(log: FileHeadLog, tmp_path: Path) -> None:
    log.announce(*PLACE, OLD, b"")
    path = tmp_path / "heads.log"
    path.write_bytes(b"garbage\n" + path.read_bytes())

    with pytest.raises(SelfTestFailed, match="line 1"):
        log.heads()


def test_a_full_disk_is_reported_and_leaves_no_half_line(
    log: FileHeadLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.announce(*PLACE, OLD, b"")
    content = (tmp_path / "heads.log").read_bytes()
    real = os.write

    def short(fd: int, data: bytes) -> int:
        return real(fd, data[:5])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(TokenUnavailable):
            log.settle(*PLACE, OLD)
    assert (tmp_path / "heads.log").read_bytes() == content
