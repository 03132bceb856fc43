"""The core's calls with a module in between that can be told to hang or to be slow."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hsm.pkcs11.native import Native
from protocol.pkcs11 import Pin, Pkcs11Module, Pkcs11Refused
from protocol.seal import SecretRecord
from tests.hsm.softhsm import NATIVE


class SlowModule:
    """Passes everything on; opening records waits for `let_go` after `hang`, or `delay` seconds. Counts logins; the
    next `unset_pins` of them are told that no PIN is set."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.logins = 0
        self.unset_pins = 0
        self._going = threading.Event()
        self._going.set()
        self._module: Pkcs11Module

    def load(self, path: str) -> "SlowModule":
        self._module = Pkcs11Module.load(path)
        return self

    def known_key(self) -> bytes:
        return Pkcs11Module.known_key()

    def hang(self) -> None:
        self._going.clear()

    def let_go(self) -> None:
        self._going.set()

    def login(self, session: int, pin: Pin, security_officer: bool) -> None:
        self.logins += 1
        if self.unset_pins > 0:
            self.unset_pins -= 1
            raise Pkcs11Refused("C_Login", 0x102)
        self._module.login(session, pin, security_officer)

    def open_many(
        self, session: int, key: int, algorithm: int, records: Sequence[tuple[bytes, bytes]]
    ) -> list[SecretRecord | None]:
        self._going.wait()
        time.sleep(self.delay)
        return self._module.open_many(session, key, algorithm, records)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def slow_native() -> tuple[Native[SecretRecord], SlowModule]:
    """The calls, and the handle that slows them."""
    module: Any = SlowModule()
    return replace(NATIVE, module=module), module
