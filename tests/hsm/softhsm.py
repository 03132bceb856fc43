"""A SoftHSM2 token store in a folder of its own. The module finds it by `SOFTHSM2_CONF` when it is initialised."""

import os
from pathlib import Path
from typing import Any, Final

import pkcs11

from hsm.pkcs11.ceremony import Ceremony, make_ready
from hsm.pkcs11.native import Native
from hsm.pkcs11.state import Algorithm
from hsm.pkcs11.uri import TokenUri
from protocol.errors import BadAnswer, InternalFault
from protocol.pkcs11 import Pin, Pkcs11Module, Pkcs11Refused
from protocol.seal import SecretRecord

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
NATIVE: Final[Native[SecretRecord]] = Native(
    module=Pkcs11Module, pin=Pin, refused=Pkcs11Refused, wrong_answer=(InternalFault, BadAnswer)
)


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

    @property
    def pin_file(self) -> Path:
        """User PIN of the token that `make_ready` makes."""
        return self.folder / "pin"

    def uri(self, **changed: str) -> TokenUri:
        """Names that token."""
        return TokenUri.parse(self.uri_text(**changed))

    def uri_text(self, **changed: str) -> str:
        """The same as a configuration has it."""
        named = {"token": LABEL, "object": "kek", "module": module_path(), "pin": f"file:{self.pin_file}"} | changed
        path = f"pkcs11:token={named['token']};object={named['object']}"
        return f"{path}?module-path={named['module']}&pin-source={named['pin']}"

    def make_ready(self, algorithm: Algorithm | None = None) -> Ceremony:
        """The key ceremony."""
        return make_ready(self.uri(), native=NATIVE, so_pin=pin(SO_PIN), algorithm=algorithm)

    def labels(self) -> set[str]:
        """Labels of the secret keys in the token; to be asked while nobody has it open."""
        library, core = self.loaded()
        try:
            session = library.get_token(token_label=LABEL).open(rw=True)
            core.login(session.handle, pin(self.pin_file.read_text()), security_officer=False)
            keys = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY})
            return {key[pkcs11.Attribute.LABEL] for key in keys}
        finally:
            core.finalize()

    def remove(self) -> None:
        """Pulls the token out."""
        self.tokens.rename(self.folder / "removed")

    def restore(self) -> None:
        """Puts it back."""
        (self.folder / "removed").rename(self.tokens)
