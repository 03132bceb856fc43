"""Objects of the store, sealed in chunks by the core under data keys (docs/personal-data.md, "Formats")."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final, Protocol

from cosign.errors import PersonalDataUnreadable
from cosign.uploads.faults import UploadDamaged
from cosign.uploads.model import StoredObject
from cosign.uploads.ports import ObjectStore, ObjectWriter
from protocol._core import DataKey, UploadSealer
from protocol.errors import AlreadyUsed, MalformedMessage, SealBroken

CHUNK: Final = 65_536
_HEADER: Final = 37
_TAG: Final = 16


class ObjectKeys(Protocol):
    """Data keys, as `cosign.personal.data_keys.DataKeys` has them."""

    def writing_key(self) -> DataKey: ...
    def reading_key(self, version: int) -> DataKey: ...


class SealingWriter:
    """Seals what is written and hands it to a writer of the store, a chunk at a time."""

    def __init__(self, writer: ObjectWriter, sealer: UploadSealer) -> None:
        self._writer = writer
        self._sealer = sealer
        self._rest = bytearray()
        writer.write(sealer.header)

    def write(self, data: bytes) -> None:
        """Appends clear bytes. Raises UploadStoreUnavailable."""
        self._rest += data
        while len(self._rest) > CHUNK:  # the last chunk is kept back: it is marked as such
            self._writer.write(self._sealer.chunk(bytes(self._rest[:CHUNK]), False))
            del self._rest[:CHUNK]

    def commit(self) -> None:
        """Seals the last chunk and makes the object durable. Raises UploadStoreUnavailable."""
        self._writer.write(self._sealer.chunk(bytes(self._rest), True))
        self._rest.clear()
        self._writer.commit()

    def abort(self) -> None:
        """Forgets what was written."""
        self._rest.clear()
        self._writer.abort()


def open_object(store: ObjectStore, keys: ObjectKeys, stored: StoredObject) -> Iterator[bytes]:
    """The clear bytes of an object in pieces; each was checked before it is handed out.

    Raises:
        UploadDamaged: It is missing, cut off or altered.
        UploadStoreUnavailable, TokenUnavailable, DatabaseUnavailable: Try again later.
    """
    with closing(_Reader(store, stored.object_id)) as reader:
        header = reader.take(_HEADER)
        try:
            opener = keys.reading_key(stored.key_version).open_upload(stored.object_id, header)
            left = stored.size
            while True:
                length = min(left, CHUNK)
                left -= length
                yield opener.chunk(reader.take(length + _TAG), left == 0)
                if left == 0:
                    break
        except (SealBroken, MalformedMessage, AlreadyUsed):
            raise UploadDamaged(f"object {stored.object_id} does not open") from None
        except PersonalDataUnreadable as fault:
            raise UploadDamaged(f"object {stored.object_id} does not open: {fault}") from fault


class _Reader:
    """Takes exact lengths from the pieces of a store."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._pieces = store.read(name)
        self._name = name
        self._rest = bytearray()

    def take(self, length: int) -> bytes:
        while len(self._rest) < length:
            piece = next(self._pieces, b"")
            if not piece:
                raise UploadDamaged(f"object {self._name} is cut off")
            self._rest += piece
        taken = bytes(self._rest[:length])
        del self._rest[:length]
        return taken

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
