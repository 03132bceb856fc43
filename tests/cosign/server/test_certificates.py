"""Certificates are read again when their files change, and only then."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from cosign.clock import SystemClock
from cosign.errors import ConfigInvalid
from cosign.server.certificates import LOOK_SECONDS, CertificateSource
from cosign.server.tls import ensure_development_certificate


class Shelf:
    """A pair in use, and others to put in its place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = 0.0
        self.faults: list[Exception] = []
        self.certificate, self.key = self.make("used")

    def make(self, name: str) -> tuple[Path, Path]:
        (self.folder / name).mkdir()
        return ensure_development_certificate(self.folder / name, "localhost", SystemClock())

    def source(self, client_ca: Path | None = None) -> CertificateSource:
        return CertificateSource(
            self.certificate,
            self.key,
            client_ca=client_ca,
            failed=self.faults.append,
            monotonic=lambda: self.seconds,
        )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_new_pair_is_taken_up_once(shelf: Shelf) -> None:
    source = shelf.source()
    shelf.seconds += LOOK_SECONDS
    assert source.changed() is None
    for used, new in zip((shelf.certificate, shelf.key), shelf.make("new"), strict=True):
        shutil.copy(new, used)
    assert source.changed() is None  # not looked at so soon
    shelf.seconds += LOOK_SECONDS
    assert source.changed() is not None
    shelf.seconds += LOOK_SECONDS
    assert source.changed() is None
    assert shelf.faults == []


def test_a_pair_that_does_not_fit_leaves_the_old_one_in_use(shelf: Shelf) -> None:
    source = shelf.source()
    certificate, key = shelf.make("new")
    shutil.copy(certificate, shelf.certificate)
    shelf.seconds += LOOK_SECONDS
    assert source.changed() is None
    assert [type(fault) for fault in shelf.faults] == [ConfigInvalid]
    shutil.copy(key, shelf.key)
    shelf.seconds += LOOK_SECONDS
    assert source.changed() is not None


def test_days_left(shelf: Shelf) -> None:
    now = dt.datetime.now(dt.UTC)
    assert 364 < shelf.source().days_left(now) <= 365
    assert shelf.source().days_left(now + dt.timedelta(days=400)) < -30


def test_a_client_ca_that_is_none_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ConfigInvalid, match="client_ca"):
        shelf.source(client_ca=shelf.key)
    with pytest.raises(ConfigInvalid):
        shelf.source(client_ca=shelf.folder / "none.pem")
