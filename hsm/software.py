"""Software token: KEK versions in files. Tier 0: it protects nothing against whoever can read this machine.

::

    <folder>/            0700
        kek-1.key        0600, written by the core through a descriptor, one file per KEK version
        kek-2.key
        token.json       0600, versions with their check values, current version, restore epoch

The keys themselves never become Python objects: the core reads and writes the files through descriptors. A key file
is made with O_EXCL and is on disk before `token.json` names it, so that a crash leaves at most an unused file.
"""

import os
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from hsm.ports import (
    RecordRefused,
    Sealed,
    SecurityLevel,
    TokenFault,
    TokenInfo,
    TokenKeyDamaged,
    TokenKeyMissing,
    TokenRefused,
    TokenUnavailable,
)
from hsm.token_state import (
    STATE_FILE,
    TokenState,
    check_folder,
    exclusive,
    open_private,
    read_state,
    sync_folder,
    write_state,
)

RecordT = TypeVar("RecordT")

PRODUCTION: Final = "production"
WARNING: Final = "SOFTWARE TOKEN: server shares are protected by key files on this machine only. Not for production."
_AES_256_GCM: Final = 1


class KekHandle(Protocol[RecordT]):
    """One KEK version inside the core: an instance of `protocol.seal.Kek`."""

    @property
    def check_value(self) -> bytes:
        """3 bytes."""
        ...

    def seal(self, record: RecordT, aad: bytes) -> bytes: ...
    def open(self, sealed: bytes, aad: bytes) -> RecordT: ...


class KekFactory(Protocol[RecordT]):
    """Makes and loads KEK versions through descriptors: the class `protocol.seal.Kek`."""

    def create(self, fd: int) -> KekHandle[RecordT]: ...
    def load(self, fd: int) -> KekHandle[RecordT]: ...


class SoftwareToken(Generic[RecordT]):
    """Implements `hsm.ports.Token`; made by `create` or `open`. Thread-safe."""

    def __init__(
        self, folder: Path, factory: KekFactory[RecordT], state: TokenState, keys: dict[int, KekHandle[RecordT]]
    ) -> None:
        self._folder = folder
        self._factory = factory
        self._state = state
        self._keys = keys
        self._lock = threading.RLock()

    @classmethod
    def create(
        cls, folder: Path, *, kek: KekFactory[RecordT], environment: str, warn: Callable[[str], None]
    ) -> "SoftwareToken[RecordT]":
        """Makes a token with one KEK version in a new or empty folder.

        Args:
            folder: Created with mode 0700.
            kek: The class `protocol.seal.Kek`.
            environment: The configured environment; `production` is refused.
            warn: Told loudly what this token is.

        Raises:
            TokenRefused: In production, or the folder is not empty.
            TokenInsecure: The folder exists and others may use it.
            TokenUnavailable: The files cannot be written.
        """
        _refuse_production(environment)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_folder(folder)
            if any(folder.iterdir()):
                raise TokenRefused(f"{folder} is not empty; a lost {STATE_FILE} comes from a backup, never from here")
        except OSError as fault:
            raise TokenUnavailable(f"cannot make {folder}: {fault.strerror}") from fault
        key = _create_key(folder, kek, 1)
        state = TokenState(1, {1: key.check_value}, restore_epoch=0)
        write_state(folder, state)
        warn(WARNING)
        return cls(folder, kek, state, {1: key})

    @classmethod
    def open(
        cls, folder: Path, *, kek: KekFactory[RecordT], environment: str, warn: Callable[[str], None]
    ) -> "SoftwareToken[RecordT]":
        """Opens an existing token and checks every version it should have.

        Raises:
            TokenRefused: In production.
            TokenInsecure: Others may read a file or the folder.
            TokenKeyMissing: The folder, `token.json` or a key file is missing.
            TokenKeyDamaged: A key does not have its recorded check value, or a file has a wrong form.
            TokenUnavailable: A file cannot be read.
        """
        _refuse_production(environment)
        check_folder(folder)
        with exclusive(folder):
            state = read_state(folder)
            keys = {version: _load_key(folder, kek, version, check) for version, check in state.check_values.items()}
            token = cls(folder, kek, state, keys)
            token._finish_destroying()
        warn(WARNING)
        return token

    @property
    def algorithm(self) -> int:
        """AES-256-GCM; the KEK is in software, which `info` says."""
        return _AES_256_GCM

    @property
    def current_version(self) -> int:
        """KEK version for new records."""
        return self._state.current

    @property
    def shares(self) -> None:
        """See the port: a file protects no share."""
        return

    def info(self) -> TokenInfo:
        """See the port."""
        state = self._state
        return TokenInfo("software", SecurityLevel.SOFTWARE, self.algorithm, state.current, dict(state.check_values))

    def seal(self, record: RecordT, aad: bytes, *, version: int) -> bytes:
        """See the port."""
        key = self._key(version)
        try:
            return key.seal(record, aad)
        except Exception as fault:
            raise TokenUnavailable(f"sealing under KEK version {version} failed: {type(fault).__name__}") from fault

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> RecordT:
        """See the port."""
        key = self._key(version)
        try:
            return key.open(sealed, aad)
        except Exception as fault:
            raise RecordRefused(f"a record does not open under KEK version {version}") from fault

    def unseal_many(self, records: Sequence[Sealed]) -> list[RecordT | TokenFault]:
        """See the port."""
        opened: list[RecordT | TokenFault] = []
        for sealed, aad, version in records:
            try:
                opened.append(self.unseal(sealed, aad, version=version))
            except TokenFault as fault:
                opened.append(fault)
        return opened

    def new_version(self) -> int:
        """See the port."""
        with self._lock, exclusive(self._folder):
            version = max((*self._state.check_values, *self._state.destroying)) + 1
            key = _create_key(self._folder, self._factory, version)
            checks = {**self._state.check_values, version: key.check_value}
            state = replace(self._state, current=version, check_values=checks)
            write_state(self._folder, state)
            self._keys = {**self._keys, version: key}
            self._state = state
            return version

    def destroy_version(self, version: int) -> None:
        """See the port. The decision is on disk before the file is overwritten and removed; `open` finishes it."""
        with self._lock, exclusive(self._folder):
            self._key(version)
            if version == self._state.current:
                raise ValueError("the current KEK version cannot be destroyed")
            checks = {one: check for one, check in self._state.check_values.items() if one != version}
            state = replace(self._state, check_values=checks, destroying=(*self._state.destroying, version))
            write_state(self._folder, state)
            self._keys = {one: key for one, key in self._keys.items() if one != version}
            self._state = state
            self._finish_destroying()

    def random(self, length: int) -> bytes:
        """See the port."""
        return secrets.token_bytes(length)

    def self_test(self) -> None:
        """See the port: files are read again and compared with what is in memory."""
        with self._lock:
            check_folder(self._folder)
            if read_state(self._folder) != self._state:
                raise TokenKeyDamaged(f"{self._folder / STATE_FILE} changed while the token was open")
            for version, check in self._state.check_values.items():
                _load_key(self._folder, self._factory, version, check)
            if self.random(32) == self.random(32):
                raise TokenUnavailable("the generator repeats itself")

    def restore_epoch(self) -> int:
        """See the port."""
        return self._state.restore_epoch

    def raise_restore_epoch(self) -> int:
        """See the port."""
        with self._lock:
            state = replace(self._state, restore_epoch=self._state.restore_epoch + 1)
            write_state(self._folder, state)
            self._state = state
            return state.restore_epoch

    def close(self) -> None:
        """See the port: the keys are wiped when the core drops them."""
        self._keys = {}

    def _finish_destroying(self) -> None:
        if not self._state.destroying:
            return
        for version in self._state.destroying:
            _shred(_key_path(self._folder, version))
        state = replace(self._state, destroying=())
        write_state(self._folder, state)
        self._state = state

    def _key(self, version: int) -> KekHandle[RecordT]:
        key = self._keys.get(version)
        if key is None:
            raise TokenKeyMissing(f"KEK version {version} does not exist or was destroyed")
        return key


def _refuse_production(environment: str) -> None:
    if environment == PRODUCTION:
        raise TokenRefused("a software token may not be used in production; configure a hardware token")


def _key_path(folder: Path, version: int) -> Path:
    return folder / f"kek-{version}.key"


def _create_key(folder: Path, factory: KekFactory[RecordT], version: int) -> KekHandle[RecordT]:
    path = _key_path(folder, version)
    try:
        if version > 1:
            path.unlink(missing_ok=True)  # left by a crash before token.json named it: nothing was sealed under it
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            key = factory.create(fd)
            os.fsync(fd)
        finally:
            os.close(fd)
        sync_folder(folder)
    except OSError as fault:
        raise TokenUnavailable(f"cannot write {path}: {fault.strerror}") from fault
    except Exception as fault:
        raise TokenUnavailable(f"cannot make {path}: {type(fault).__name__}") from fault
    return key


def _load_key(folder: Path, factory: KekFactory[RecordT], version: int, check: bytes) -> KekHandle[RecordT]:
    path = _key_path(folder, version)
    fd = open_private(path)
    try:
        key = factory.load(fd)
    except Exception as fault:
        raise TokenKeyDamaged(f"{path} does not hold a key") from fault
    finally:
        os.close(fd)
    if key.check_value != check:
        raise TokenKeyDamaged(f"{path} does not have the recorded check value")
    return key


def _shred(path: Path) -> None:
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(max(path.stat().st_size, 32)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as fault:
        raise TokenUnavailable(f"cannot destroy {path}: {fault.strerror}") from fault
