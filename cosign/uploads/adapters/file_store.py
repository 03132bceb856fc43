"""Objects as files: `FOLDER/ab/obj_…`, readable by the service alone."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from cosign.uploads.faults import UploadDamaged, UploadStoreUnavailable

_PIECE: Final = 256 * 1024
_STALE_SECONDS: Final = 3600.0


class FileStore:
    """Implements `ObjectStore` in a folder that all nodes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = folder / "partial"

    def writer(self, name: str) -> "FileWriter":
        """See the port."""
        try:
            self._partial.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, path = tempfile.mkstemp(prefix=name, dir=self._partial)  # mode 0600
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be written: {fault.strerror}") from fault
        return FileWriter(os.fdopen(descriptor, "wb"), Path(path), self._path(name))

    def read(self, name: str) -> Iterator[bytes]:
        """See the port."""
        try:
            with self._path(name).open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        except FileNotFoundError:
            raise UploadDamaged(f"object {name} is missing") from None
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be read: {fault.strerror}") from fault

    def delete(self, name: str) -> None:
        """See the port."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be removed: {fault.strerror}") from fault

    def sweep(self) -> int:
        """See the port."""
        removed = 0
        limit = time.time() - _STALE_SECONDS
        for path in self._partial.glob("obj_*"):
            with suppress(FileNotFoundError):  # its writer, or another node's sweep, was faster
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, name: str) -> Path:
        return self._folder / name[-2:].lower() / name


class FileWriter:
    """Implements `ObjectWriter`: a partial file that is flushed and then renamed."""

    def __init__(self, file: BinaryIO, partial: Path, path: Path) -> None:
        self._file = file
        self._partial = partial
        self._path = path

    def write(self, data: bytes) -> None:
        """See the port."""
        try:
            self._file.write(data)
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be written: {fault.strerror}") from fault

    def commit(self) -> None:
        """See the port."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._partial.rename(self._path)
            _flush_folder(self._path.parent)
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be written: {fault.strerror}") from fault

    def abort(self) -> None:
        """See the port."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
