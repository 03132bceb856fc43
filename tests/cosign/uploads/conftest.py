"""Uploads on both databases with a file store, and contents of every type."""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine

from cosign.personal.cipher import TokenPersonalData
from cosign.personal.data_keys import DataKeys
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.idempotency import RequestKey
from cosign.uploads.adapters.file_store import FileStore
from cosign.uploads.intake import Announced, Intake
from cosign.uploads.model import Quota, Upload, UploadPurpose
from cosign.uploads.ports import ObjectStore
from cosign.uploads.reading import UploadReader
from cosign.uploads.upkeep import Upkeep
from tests.support.foreign_files import pdf
from tests.support.personal import MovableClock, make_keys, make_token

PLACE = "a place nobody may learn"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), *, comment: str = PLACE) -> bytes:
    """A picture that says where it was taken."""
    made = Image.effect_noise(size, 40).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = comment
    out = io.BytesIO()
    made.save(out, kind, exif=exif)
    return out.getvalue()


def document(length: int = 200_000) -> bytes:
    """A PDF of that many bytes, at least 1,000."""
    return pdf(length, text=PLACE)


@dataclass
class Area:
    """Uploads of one service."""

    engine: Engine
    clock: MovableClock
    keys: DataKeys
    store: ObjectStore
    folder: Path
    quota: Quota = field(default_factory=Quota)

    def __post_init__(self) -> None:
        self.personal = TokenPersonalData(self.keys)
        self.reader = UploadReader(engine=self.engine, store=self.store, keys=self.keys)
        self.upkeep = Upkeep(engine=self.engine, store=self.store, keys=self.keys, clock=self.clock)

    @property
    def intake(self) -> Intake:
        return Intake(
            engine=self.engine,
            store=self.store,
            keys=self.keys,
            personal=self.personal,
            clock=self.clock,
            quota=self.quota,
        )

    def put(
        self,
        content: bytes,
        purpose: UploadPurpose = UploadPurpose.DOCUMENT,
        *,
        owner: str = "acc_1",
        request_id: str = "",
        announced: int | None = None,
    ) -> Upload:
        key = RequestKey(owner, "upload", request_id or str(uuid.uuid4()))
        size = len(content) if announced is None else announced
        upload = self.intake.begin(Announced(key=key, owner_id=owner, purpose=purpose, size=size))
        try:
            for start in range(0, len(content), 50_000):
                upload.write(content[start : start + 50_000])
            return upload.finish()
        except BaseException:
            upload.abort()
            raise

    def get(self, upload_id: str) -> bytes:
        return b"".join(self.reader.open(upload_id)[1])

    def objects(self) -> list[Path]:
        """Files of the store, partial ones too."""
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def area(engine: Engine, tmp_path: Path) -> Area:
    clock, folder = MovableClock(), tmp_path / "objects"
    keys = make_keys(engine, make_token(tmp_path / "token"), clock)
    return Area(engine, clock, keys, FileStore(folder), folder)
