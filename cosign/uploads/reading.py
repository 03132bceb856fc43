"""Opening an upload for whoever was let in."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from cosign.errors import ResourceNotFound
from cosign.store.unit_of_work import reading
from cosign.uploads.model import Upload
from cosign.uploads.ports import ObjectStore
from cosign.uploads.repository import UploadRows
from cosign.uploads.sealing import ObjectKeys, open_object


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReader:
    """Reads uploads of one store."""

    engine: Engine
    store: ObjectStore
    keys: ObjectKeys

    def open(self, upload_id: str) -> tuple[Upload, Iterator[bytes]]:
        """The upload and its clear bytes in pieces. The caller has checked that it may be read.

        Raises:
            ResourceNotFound: It is gone.
            UploadDamaged: The object does not open; also while the pieces are taken.
            UploadStoreUnavailable, DatabaseUnavailable: Try again later.
        """
        with reading(self.engine) as connection:
            rows = UploadRows(connection)
            upload = rows.find(upload_id)
            stored = rows.object(upload.object_id) if upload is not None else None
        if upload is None or stored is None:
            raise ResourceNotFound("no such upload")
        return upload, open_object(self.store, self.keys, stored)
