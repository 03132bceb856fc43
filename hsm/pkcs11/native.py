"""The calls through which secrets pass, as the core offers them (`protocol.pkcs11`).

The core is handed in by whoever builds the token: nothing here imports the protocol. Sessions and objects are named
by their handles; PINs, records and agreed coordinates are handles of the core.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

RecordT = TypeVar("RecordT")
PinT = TypeVar("PinT", bound="Pin")
PinT_co = TypeVar("PinT_co", covariant=True)


class Pin(Protocol):
    """A PIN that only the core can read."""

    def join(self: PinT, other: PinT, /) -> PinT: ...


class PinFactory(Protocol[PinT_co]):
    """Reads and draws PINs through descriptors: the class `protocol.pkcs11.Pin`."""

    def read(self, fd: int) -> PinT_co: ...
    def draw(self, fd: int) -> PinT_co: ...


class NativeModule(Protocol[RecordT]):
    """A loaded module: the class `protocol.pkcs11.Pkcs11Module`, which documents each call. PINs are those of the
    factory beside it."""

    def initialize(self) -> None: ...
    def finalize(self) -> None: ...
    def login(self, session: int, pin: Any, security_officer: bool) -> None: ...
    def logout(self, session: int) -> None: ...
    def init_token(self, slot: int, so_pin: Any, label: str) -> None: ...
    def init_pin(self, session: int, pin: Any) -> None: ...
    def random(self, session: int, length: int) -> bytes: ...
    def stir(self, session: int) -> None: ...
    def seal(self, session: int, key: int, algorithm: int, record: RecordT, aad: bytes) -> bytes: ...
    def open_many(
        self, session: int, key: int, algorithm: int, records: Sequence[tuple[bytes, bytes]]
    ) -> list[RecordT | None]: ...
    def check_value(self, session: int, key: int, algorithm: int) -> bytes: ...
    def probe(self, session: int, key: int, algorithm: int, known: bool) -> None: ...
    def derive(self, session: int, key: int, point: bytes, der: bool) -> "Shared": ...
    def derive_off_curve(self, session: int, key: int, der: bool) -> None: ...


class Shared(Protocol):
    """An agreed x-coordinate that only the core can read."""

    def check(self, expected: bytes) -> None: ...


class ModuleLoader(Protocol[RecordT]):
    """The class `protocol.pkcs11.Pkcs11Module` itself."""

    def load(self, path: str) -> NativeModule[RecordT]: ...
    def known_key(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Native(Generic[RecordT]):
    """Everything this package needs from the core."""

    module: ModuleLoader[RecordT]
    pin: PinFactory[Pin]
    refused: type[Exception]
    """`protocol.pkcs11.Pkcs11Refused`: `args` are the C function and the CKR code."""
    wrong_answer: tuple[type[Exception], ...]
    """What a failed comparison with a known answer raises."""
