"""The folder in which a node without other configuration keeps everything."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cosign.errors import ConfigInvalid, SelfTestFailed, ServerRunning

IDENTITY_FILE: Final = "identity.pub"
"""Identity public key of the core, 66 hexadecimal digits: what phones pin and what `audit verify` needs."""
LOCK_FILE: Final = "cosignd.lock"


class StateFolder:
    """`server.state_dir`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def ensure(self) -> None:
        """Makes the folder, for its owner only. Raises ConfigInvalid."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigInvalid("server.state_dir", f"{self.path}: {error.strerror}") from None

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Held by the one server of this folder: two writers of one audit segment would stop each other.

        A supervisor hands the descriptor it gets here down to its workers: the lock is held until the last of them
        has ended. Also held by an operator program while it does what a running server would not notice.

        Raises:
            ServerRunning: Another server runs on this folder.
            ConfigInvalid: The folder does not exist or cannot be written.
        """
        try:
            descriptor = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigInvalid("server.state_dir", f"{self.path}: {error.strerror}") from None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ServerRunning(f"{self.path}: another cosignd runs on it") from None
            yield descriptor
        finally:
            os.close(descriptor)

    def identity(self) -> bytes:
        """The identity public key, 33 bytes.

        Raises:
            ConfigInvalid: There is none; `cosignctl init` or the first start writes it.
        """
        path = self.path / IDENTITY_FILE
        try:
            point = bytes.fromhex(path.read_text(encoding="ascii"))
        except OSError as error:
            raise ConfigInvalid(str(path), f"{error.strerror}; run `cosignctl init`") from None
        except ValueError:
            point = b""
        if len(point) != 33:
            raise ConfigInvalid(str(path), "must hold 66 hexadecimal digits")
        return point

    def keep_identity(self, public_key: bytes) -> None:
        """Writes the identity public key at the first start; later starts must have the same one.

        Raises:
            SelfTestFailed: The file names another key: token or database belong to another service.
        """
        path = self.path / IDENTITY_FILE
        if not path.exists():
            temporary = path.with_suffix(".new")
            temporary.write_text(public_key.hex() + "\n", encoding="ascii")
            temporary.replace(path)
        elif self.identity() != public_key:
            raise SelfTestFailed(f"{path} names another identity key than the core of this database")
