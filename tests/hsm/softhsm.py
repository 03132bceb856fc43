"""A SoftHSM2 token store in a folder of its own. The module finds it by `SOFTHSM2_CONF` when it is initialised."""

import os
from pathlib import Path
from typing import Any, Final

import pkcs11

from protocol.pkcs11 import Pin, Pkcs11Module

MODULES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
SO_PIN: Final = "officer-one-officer-two"
USER_PIN: Final = "a user PIN"
LABEL: Final = "cosign-test"


def module_path() -> str:
    """Where SoftHSM2 is installed."""
    for path in MODULES:
        if Path(path).exists():
            return path
    raise FileNotFoundError("SoftHSM2 is not installed: apt-get install softhsm2")


def pin(text: str) -> Pin:
    """A PIN as a prompt would give it."""
    reader, writer = os.pipe()
    try:
        os.write(writer, text.encode() + b"\n")
        os.close(writer)
        return Pin.read(reader)
    finally:
        os.close(reader)


class SoftHsm:
    """Configuration and storage below `folder`; made the one of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokens = folder / "tokens"
        self.configuration = folder / "softhsm2.conf"
        self.tokens.mkdir(parents=True)
        self.configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(self.configuration)

    def loaded(self) -> tuple[Any, Pkcs11Module]:
        """The library as python-pkcs11, whose types leave out handles, and the core see it, initialised for threads."""
        library: Any = pkcs11.lib(module_path())
        library.finalize()
        core = Pkcs11Module.load(module_path())
        core.initialize()
        return library, core

    def initialise(self, label: str = LABEL) -> None:
        """Makes a token with both PINs set and leaves the module finalised."""
        library, core = self.loaded()
        free = library.get_slots()[-1]
        core.init_token(free.slot_id, pin(SO_PIN), label)
        session = library.get_token(token_label=label).open(rw=True)
        core.login(session.handle, pin(SO_PIN), True)
        core.init_pin(session.handle, pin(USER_PIN))
        core.logout(session.handle)
        core.finalize()

    def remove(self) -> None:
        """Pulls the token out."""
        self.tokens.rename(self.folder / "removed")

    def restore(self) -> None:
        """Puts it back."""
        (self.folder / "removed").rename(self.tokens)
