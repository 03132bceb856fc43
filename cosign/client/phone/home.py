"""Where a phone keeps its data: a folder on disk, or memory for load tests.

::

    HOME/                 0700
    ├── lock              held by the one process that uses the device record
    ├── device.json       `PhoneState`; replaced in one step
    ├── storage.key       AES-256-GCM key; stands in for a hardware-bound key (PIN-4)
    ├── device.sealed     device key, sealed (PIN-8)
    ├── ca.pem            certificates the server is trusted by, if any were given
    └── blobs/ID.sealed   one sealed blob for each share_id

A new blob is a new file beside the old one; `device.json` says which files count, so a crash leaves either state
whole. Files that no key names are leftovers of such a crash and are removed at the next start.
"""

import os
from pathlib import Path
from typing import Final, Protocol

from cosign.client.phone import files
from cosign.client.phone.errors import HomeBroken
from cosign.client.phone.state import PhoneState
from cosign.client.phone.state_json import decode_state, encode_state
from protocol.errors import ProtocolError
from protocol.phone import Blob, DeviceKey
from protocol.seal import Kek
from protocol.transcript import tlv

_DEVICE_KEY_CONTEXT: Final = tlv([b"COSIGN-v1/phone-device-key"])


class Home(Protocol):
    """Storage of one phone. Every method that changes something is durable when it returns."""

    state: PhoneState

    def commit(self) -> None:
        """Stores `state`."""
        ...

    def device_key(self) -> DeviceKey:
        """The device key; made on first use."""
        ...

    def put_blob(self, blob: Blob) -> None:
        """Stores a blob beside all others, under its share_id."""
        ...

    def get_blob(self, share_id: bytes) -> Blob:
        """Reads a blob back from storage."""
        ...

    def drop_blob(self, share_id: bytes) -> None:
        """Removes a blob; one that is gone already is no fault."""
        ...

    def close(self) -> None:
        """Lets other processes in."""
        ...


class MemoryHome:
    """Keeps everything in memory: nothing survives the process. For load tests and tests only."""

    def __init__(self, address: str = "") -> None:
        self.state = PhoneState(address=address)
        self._device_key: DeviceKey | None = None
        self._blobs: dict[bytes, Blob] = {}

    def commit(self) -> None:
        """Nothing to do."""

    def device_key(self) -> DeviceKey:
        if self._device_key is None:
            self._device_key = DeviceKey.generate()
        return self._device_key

    def put_blob(self, blob: Blob) -> None:
        self._blobs[blob.share_id] = blob

    def get_blob(self, share_id: bytes) -> Blob:
        try:
            return self._blobs[share_id]
        except KeyError:
            raise HomeBroken(f"no blob {share_id.hex()}") from None

    def drop_blob(self, share_id: bytes) -> None:
        self._blobs.pop(share_id, None)

    def close(self) -> None:
        """Nothing to do."""


class FolderHome:
    """Keeps everything in a folder that one process at a time may use."""

    def __init__(self, folder: Path, address: str = "") -> None:
        """Opens a home, or makes one.

        Args:
            folder: Created with mode 0700 when missing.
            address: Server of a new home; an existing home remembers its own.

        Raises:
            HomeInUse: Another process holds the lock.
            HomeBroken: The files cannot be read or are open to others.
        """
        files.make_private_folder(folder)
        self.folder = folder
        self._lock = files.HomeLock(folder)
        try:
            self._blobs = folder / "blobs"
            files.make_private_folder(self._blobs)
            self._kek = self._open_kek()
            self._device_key: DeviceKey | None = None
            self.state = self._read_state() or PhoneState(address=address)
            self._sweep()
        except BaseException:
            self._lock.release()
            raise

    @staticmethod
    def is_home(folder: Path) -> bool:
        """Whether a phone was set up in this folder."""
        return (folder / "device.json").is_file()

    def put_ca(self, certificates: bytes) -> None:
        """Remembers the PEM certificates the server is trusted by."""
        if certificates != self.ca():
            files.write_durably(self.folder / "ca.pem", certificates)

    def ca(self) -> bytes | None:
        """The remembered certificates; None means those of the system."""
        path = self.folder / "ca.pem"
        return self._read(path) if path.exists() else None

    def commit(self) -> None:
        files.write_durably(self.folder / "device.json", encode_state(self.state))

    def device_key(self) -> DeviceKey:
        if self._device_key is None:
            path = self.folder / "device.sealed"
            if not path.exists():
                files.write_durably(path, self._kek.seal(DeviceKey.generate().export(), _DEVICE_KEY_CONTEXT))
            try:
                self._device_key = DeviceKey.restore(self._kek.open(self._read(path), _DEVICE_KEY_CONTEXT))
            except ProtocolError as error:
                raise HomeBroken(f"{path} does not open: {type(error).__name__}") from None
        return self._device_key

    def put_blob(self, blob: Blob) -> None:
        files.write_durably(self._path(blob.share_id), self._kek.seal(blob.export(), _blob_context(blob.share_id)))

    def get_blob(self, share_id: bytes) -> Blob:
        sealed = self._read(self._path(share_id))
        try:
            return Blob.restore(self._kek.open(sealed, _blob_context(share_id)))
        except ProtocolError as error:
            raise HomeBroken(f"blob {share_id.hex()} does not open: {type(error).__name__}") from None

    def drop_blob(self, share_id: bytes) -> None:
        self._path(share_id).unlink(missing_ok=True)
        files.sync_folder(self._blobs)

    def close(self) -> None:
        self._lock.release()

    def _path(self, share_id: bytes) -> Path:
        return self._blobs / f"{share_id.hex()}.sealed"

    def _read(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise HomeBroken(f"{path}: {error.strerror}") from None

    def _open_kek(self) -> Kek:
        path = self.folder / "storage.key"
        try:
            if path.exists():
                with files.open_private(path, os.O_RDONLY) as fd:
                    return Kek.load(fd)
            if self.is_home(self.folder):
                raise HomeBroken(f"{path} is missing; the shares of this phone cannot be opened without it")
            new = path.with_name("storage.key.new")
            new.unlink(missing_ok=True)
            with files.open_private(new, os.O_RDWR | os.O_CREAT | os.O_EXCL) as fd:
                kek = Kek.create(fd)
                os.fsync(fd)
            new.rename(path)
            files.sync_folder(self.folder)
        except OSError as error:
            raise HomeBroken(f"{path}: {error.strerror}") from None
        except ProtocolError as error:
            raise HomeBroken(f"{path} cannot be used: {type(error).__name__}") from None
        return kek

    def _read_state(self) -> PhoneState | None:
        if not self.is_home(self.folder):
            return None
        return decode_state(self._read(self.folder / "device.json"))

    def _sweep(self) -> None:
        named = {slot.share_id for key in self.state.keys.values() for slot in key.slots()}
        for path in self._blobs.iterdir():
            if path.name not in {f"{share_id.hex()}.sealed" for share_id in named}:
                path.unlink()


def _blob_context(share_id: bytes) -> bytes:
    return tlv([b"COSIGN-v1/phone-blob", share_id])
