"""Where the user PIN comes from: a file, an inherited descriptor, or a question on the terminal.

The PIN goes from the descriptor into the core and never becomes a Python object.
"""

import contextlib
import os
import stat
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from hsm.pkcs11.native import Pin, PinFactory
from hsm.pkcs11.uri import TokenUri
from hsm.ports import TokenInsecure, TokenRefused

PinT = TypeVar("PinT", bound=Pin)

_OTHERS: Final = 0o007
"""A PIN file may be shared with a group, as secret stores mount them; never with everybody."""


class PinSource:
    """The PIN of one token, read once and again only when its file has changed."""

    def __init__(self, uri: TokenUri, pins: PinFactory[Pin], ask: Callable[[], Pin] | None = None) -> None:
        """`ask` is used if the URI names no source; without it that is refused."""
        self._uri = uri
        self._pins = pins
        self._ask = ask
        self._pin: Pin | None = None
        self._seen: tuple[int, ...] = ()

    def get(self) -> Pin:
        """The PIN.

        Raises:
            TokenRefused: There is no source, or it cannot be read or holds no PIN.
            TokenInsecure: Everybody may read the file.
        """
        if self._pin is None or self.changed():
            self._pin = self._read()
        return self._pin

    def changed(self) -> bool:
        """Whether the file is another than the one that was read: the only reason to try a refused PIN again."""
        return self._uri.pin_file is not None and self._stamp(self._uri.pin_file) != self._seen

    def _read(self) -> Pin:
        if self._uri.pin_file is not None:
            self._seen = self._stamp(self._uri.pin_file)
            return self._from_file(self._uri.pin_file)
        if self._uri.pin_fd is not None:
            return self._from(self._uri.pin_fd, f"descriptor {self._uri.pin_fd}")
        if self._ask is None:
            raise TokenRefused("the URI names no pin-source, and there is nobody to ask")
        return self._ask()

    def _from_file(self, path: Path) -> Pin:
        try:
            fd = os.open(path, os.O_RDONLY)
        except OSError as fault:
            raise TokenRefused(f"cannot read the PIN file {path}: {fault.strerror}") from None
        try:
            if stat.S_IMODE(os.fstat(fd).st_mode) & _OTHERS:
                raise TokenInsecure(f"{path} may be read by everybody; chmod 0600 {path}")
            return self._from(fd, str(path))
        finally:
            os.close(fd)

    def _from(self, fd: int, name: str) -> Pin:
        try:
            return self._pins.read(fd)
        except OSError as fault:
            raise TokenRefused(f"cannot read a PIN from {name}: {fault}") from None

    @staticmethod
    def _stamp(path: Path) -> tuple[int, ...]:
        try:
            status = path.stat()
        except OSError:
            return ()
        return (status.st_ino, status.st_mtime_ns, status.st_size)


def ask_on_terminal(question: str, pins: PinFactory[PinT]) -> PinT:
    """Asks without echo; the answer goes from the terminal into the core.

    Raises:
        TokenRefused: There is no terminal, or the answer is empty or too long.
    """
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        raise TokenRefused(f"{question}: there is no terminal to ask on") from None
    try:
        with _silent(fd):
            os.write(fd, f"{question}: ".encode())
            try:
                return pins.read(fd)
            except OSError as fault:
                raise TokenRefused(f"{question}: {fault}") from None
            finally:
                os.write(fd, b"\n")
    finally:
        os.close(fd)


@contextlib.contextmanager
def _silent(fd: int) -> Iterator[None]:
    before = termios.tcgetattr(fd)
    quiet = termios.tcgetattr(fd)
    quiet[3] &= ~termios.ECHO
    sys.stderr.flush()
    termios.tcsetattr(fd, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
