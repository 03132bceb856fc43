"""Where sealed objects are kept."""

from collections.abc import Iterator
from typing import Protocol


class ObjectWriter(Protocol):
    """One object that is being written; nobody sees it before `commit`."""

    def write(self, data: bytes) -> None:
        """Appends. Raises UploadStoreUnavailable."""
        ...

    def commit(self) -> None:
        """Makes the object durable under its name. Raises UploadStoreUnavailable; then it may or may not exist."""
        ...

    def abort(self) -> None:
        """Forgets what was written. Never raises."""
        ...


class ObjectStore(Protocol):
    """Objects by name. What they hold is sealed before it comes here. Safe to call from several threads."""

    def writer(self, name: str) -> ObjectWriter:
        """Begins an object. Names are `obj_` and a ULID, never used twice. Raises UploadStoreUnavailable."""
        ...

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes of an object in pieces of any size; to be closed if not read to the end.

        Raises:
            UploadDamaged: There is no such object.
            UploadStoreUnavailable: It cannot be read now.
        """
        ...

    def delete(self, name: str) -> None:
        """Removes an object; none of that name is no fault. Raises UploadStoreUnavailable."""
        ...

    def sweep(self) -> int:
        """Removes what interrupted writers left behind for more than an hour; returns how much."""
        ...
