"""One PKCS#11 module in this process, shared by python-pkcs11 and the core.

python-pkcs11 initialises a module for a single thread and yet gives up the interpreter lock around every call; a
module that takes this at its word crashes under threads. So its initialisation is undone at once and the core
initialises the module again, with locking. From then on both call the same library. Nothing else in the process may
use it, and it must not be loaded before worker processes exist: handles do not survive a fork.
"""

import contextlib
import os
import threading
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import pkcs11
from pkcs11 import exceptions as p11

from hsm.pkcs11.native import Native, NativeModule
from hsm.pkcs11.uri import TokenUri
from hsm.ports import TokenRefused, TokenUnavailable

RecordT = TypeVar("RecordT")

_guard: Final = threading.Lock()
_known: Final[dict[str, Any]] = {}
"""Path to the object of python-pkcs11: asking it for the same path again would initialise the module again."""
_in_use: Final[set[str]] = set()


class Library(Generic[RecordT]):
    """A module, initialised for threads from `open` to `close`."""

    def __init__(self, path: str, p11_library: Any, calls: NativeModule[RecordT], refused: type[Exception]) -> None:
        self._path = path
        self._library = p11_library
        self._refused = refused
        self.calls = calls
        self.process: Final = os.getpid()

    @classmethod
    def open(cls, path: Path, native: Native[RecordT]) -> "Library[RecordT]":
        """Loads and initialises the module.

        Raises:
            TokenUnavailable: It cannot be loaded, cannot be used from several threads, or is in use here already.
        """
        name = str(path)
        with _guard:
            if name in _in_use:
                raise TokenUnavailable(f"{path} is in use in this process already")
            try:
                if name not in _known:
                    # The only moment at which the module is initialised without locking: nobody else can reach it.
                    _known[name] = pkcs11.lib(name)
                    _known[name].finalize()
                calls = native.module.load(name)
                calls.initialize()
            except (p11.PKCS11Error, native.refused, OSError) as fault:
                raise TokenUnavailable(f"cannot initialise {path}: {fault}") from fault
            _in_use.add(name)
        return cls(name, _known[name], calls, native.refused)

    def close(self) -> None:
        """Ends the use of the module; a second time does nothing. No call may be running."""
        with _guard:
            if self._path in _in_use:
                _in_use.discard(self._path)
                with contextlib.suppress(self._refused):
                    self.calls.finalize()

    def restart(self) -> None:
        """Finalises and initialises: what a token that went away needs. No call may be running."""
        try:
            self.calls.finalize()
        finally:
            self.calls.initialize()

    def describe(self) -> str:
        """Name and version of the module."""
        major, minor = self._library.library_version
        return f"{self._library.library_description.strip()} {major}.{minor}"

    def find_token(self, uri: TokenUri) -> Any:
        """The token that the URI names, as python-pkcs11 has it.

        Raises:
            TokenUnavailable: It is not there.
            TokenRefused: Several tokens fit the URI.
        """
        found = [token for token in self.tokens() if _fits(token, uri)]
        if len(found) > 1:
            raise TokenRefused(f"several tokens fit {uri}; add serial= to the URI")
        if not found:
            raise TokenUnavailable(f"{uri} is not there")
        return found[0]

    def tokens(self) -> list[Any]:
        """Every token that is present."""
        tokens = []
        for slot in self._library.get_slots(token_present=True):
            try:
                tokens.append(slot.get_token())
            except (p11.TokenNotPresent, p11.TokenNotRecognised):
                continue
        return tokens


def serial_of(token: Any) -> str:
    """Serial number as text."""
    return bytes(token.serial).decode("ascii", "replace").strip()


def _fits(token: Any, uri: TokenUri) -> bool:
    wanted = (
        (uri.token, token.label.strip()),
        (uri.serial, serial_of(token)),
        (uri.manufacturer, token.manufacturer_id.strip()),
        (uri.model, token.model.strip()),
    )
    return all(expected is None or expected == actual for expected, actual in wanted)
