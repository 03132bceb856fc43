"""The S3 store against a bucket that checks signatures: what is written comes back, and what fails says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from cosign.clock import SystemClock
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.uploads.adapters.s3_store import S3Options, S3Store
from cosign.uploads.adapters.signature_v4 import Credentials
from cosign.uploads.faults import UploadDamaged, UploadStoreUnavailable
from tests.cosign.uploads.adapters.bucket import ACCESS_KEY, REGION, SECRET_KEY, Bucket, bucket
from tests.cosign.uploads.conftest import PLACE, Area, document
from tests.support.clear_text import assert_absent
from tests.support.personal import MovableClock, make_keys, make_token

NAME = "obj_01J8Z3K4M5N6P7Q8R9STVWXYZ0"
CONTENT = bytes(range(256)) * 9000


@pytest.fixture
def files() -> Iterator[Bucket]:
    with bucket() as made:
        yield made


def store(files: Bucket, secret: str = SECRET_KEY) -> S3Store:
    options = S3Options(
        endpoint=files.address,
        bucket="files",
        region=REGION,
        credentials=Credentials(ACCESS_KEY, secret),
        prefix="a folder/",
    )
    return S3Store(options, SystemClock(), sleep=lambda _: None)


def put(one: S3Store, content: bytes = CONTENT) -> None:
    writer = one.writer(NAME)
    for start in range(0, len(content), 100_000):
        writer.write(content[start : start + 100_000])
    writer.commit()


def test_an_object_comes_back_and_goes(files: Bucket) -> None:
    one = store(files)
    put(one)
    assert list(files.objects) == [f"/files/a%20folder/{NAME}"]
    assert b"".join(one.read(NAME)) == CONTENT
    one.delete(NAME)
    one.delete(NAME)
    with pytest.raises(UploadDamaged, match="missing"):
        next(one.read(NAME))


def test_an_aborted_object_never_reaches_the_bucket(files: Bucket) -> None:
    writer = store(files).writer(NAME)
    writer.write(CONTENT)
    writer.abort()
    assert files.calls == []


@pytest.mark.parametrize("failure", [0, 500, 503, 429])
def test_what_fails_for_a_moment_is_repeated(files: Bucket, failure: int) -> None:
    one = store(files)
    files.failures = [failure, failure]
    put(one)
    files.failures = [failure]
    assert b"".join(one.read(NAME)) == CONTENT


def test_what_fails_for_long_is_an_outage(files: Bucket) -> None:
    files.failures = [503] * 3
    with pytest.raises(UploadStoreUnavailable, match="status 503"):
        put(store(files))
    assert len(files.calls) == 3


def test_a_wrong_key_is_not_tried_again(files: Bucket) -> None:
    with pytest.raises(UploadStoreUnavailable, match="answers 403") as caught:
        put(store(files, "wrong"))
    assert "wrong" not in str(caught.value)
    assert len(files.calls) == 1


def test_an_answer_that_breaks_off(files: Bucket) -> None:
    one = store(files)
    put(one)
    files.failures = [-1]
    with pytest.raises(UploadStoreUnavailable, match="broke off"):
        b"".join(one.read(NAME))


def test_uploads_in_a_bucket(files: Bucket, database_url: str, tmp_path: Path) -> None:
    """The whole way: sealed in the bucket, read, swept."""
    engine = _migrated(database_url)
    clock = MovableClock()
    keys = make_keys(engine, make_token(tmp_path / "token"), clock)
    area = Area(engine, clock, keys, store(files), tmp_path)
    made = area.put(document())
    assert area.get(made.upload_id) == document()
    assert_absent(dict(files.objects), PLACE, "%PDF-1.7")
    clock.forward(days=1)
    area.upkeep.sweep()
    assert files.objects == {}
    engine.dispose()


def _migrated(url: str) -> Engine:
    made = make_engine(url)
    migrations.upgrade(made)
    return made
