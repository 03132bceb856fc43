"""Makes a token ready: initialise it, set its PINs, draw the first KEK, write the state (SEAL-4).

Dual control: the PIN of the security officer is made of two parts that two operators keep apart. Neither can
initialise the token or set its user PIN alone. The user PIN is drawn by the core, goes into a file that the server
reads, and is seen by nobody.
"""

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from pkcs11 import TokenFlag
from pkcs11 import exceptions as p11

from hsm.pkcs11.exclusive import changing
from hsm.pkcs11.faults import translated
from hsm.pkcs11.library import Library, serial_of
from hsm.pkcs11.native import Native, Pin
from hsm.pkcs11.objects import create_key, label_of, shown_attributes, versions_of
from hsm.pkcs11.pin_source import PinSource
from hsm.pkcs11.probe import Probe, probe_random, probe_sealing
from hsm.pkcs11.shares import make_wrapping_key
from hsm.pkcs11.state import Algorithm, StoredState, read_state, write_state
from hsm.pkcs11.state import label_of as state_label
from hsm.pkcs11.transcript import FORMAT, sign
from hsm.pkcs11.uri import TokenUri
from hsm.ports import TokenKeyMissing, TokenRefused, TokenUnavailable

RecordT = TypeVar("RecordT")
PinT = TypeVar("PinT", bound=Pin)


@dataclass(frozen=True, slots=True)
class Made:
    """What a ceremony did, for its transcript; no secrets."""

    module: str
    label: str
    model: str
    serial: str
    initialised: bool
    """Whether the token itself was initialised, not only given keys."""
    pin_file: str
    """Where the user PIN was written; empty if it existed before."""
    algorithm: Algorithm
    probes: tuple[Probe, ...]
    version: int
    """KEK version that was drawn; 1 unless the token had others."""
    key_label: str
    check_value: bytes
    attributes: Mapping[str, bool]
    wrapping_key: bool
    """Whether the key for decryption shares was made too (tier 2)."""

    def content(self, *, time_ms: int, rehearsal: bool) -> dict[str, object]:
        """What the transcript says: plain JSON values."""
        steps = [
            "Both operators gave their parts; the security officer logged in with the two joined.",
            f"The user PIN was drawn by the program and written to {self.pin_file}."
            if self.pin_file
            else "The user PIN existed before and was used.",
            f"Key {self.key_label} was drawn in the token; its check value is {self.check_value.hex()}.",
            "The key for decryption shares was drawn in the token."
            if self.wrapping_key
            else "The token makes no keys for decryption shares.",
            f"The state object was written: version {self.version} is current, restore epoch 0.",
        ]
        if self.initialised:
            steps.insert(0, f"A free slot was initialised as token {self.label}.")
        return {
            "format": FORMAT,
            "time_ms": time_ms,
            "rehearsal": rehearsal,
            "module": self.module,
            "label": self.label,
            "model": self.model,
            "serial": self.serial,
            "algorithm": int(self.algorithm),
            "key_label": self.key_label,
            "version": self.version,
            "check_value": self.check_value.hex(),
            "attributes": dict(self.attributes),
            "probes": [asdict(probe) for probe in self.probes],
            "steps": steps,
        }


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a ceremony leaves behind."""

    made: Made
    document: Mapping[str, Any]
    """The signed transcript (`hsm.pkcs11.transcript`)."""


def make_ready(
    uri: TokenUri,
    *,
    native: Native[RecordT],
    so_pin: Pin,
    algorithm: Algorithm | None = None,
    initialise: bool = True,
    keep_old_keys: bool = False,
    rehearsal: bool = False,
) -> Ceremony:
    """Runs the ceremony against the token that the URI names.

    Args:
        uri: Names the token by its label; its `pin-source` must be a file, which is made if it is not there.
        native: The core's calls.
        so_pin: Both operators' parts, joined.
        algorithm: None takes AES-GCM in the token if it proves itself, else the derived key.
        initialise: Whether a token that is not there may be made in a free slot.
        keep_old_keys: Whether a token without its state, but with KEK versions, may get a new one beside them. They are
            never destroyed here: records may be sealed under them.
        rehearsal: Stands in the transcript.

    Raises:
        TokenRefused: The token has keys already, does not offer the algorithm, or refuses the PINs.
        TokenUnavailable: There is no such token and no free slot, or it failed, or another ceremony runs.
    """
    if uri.pin_file is None:
        raise TokenRefused("the ceremony needs pin-source=file:/path in the URI, for the user PIN")
    library = Library.open(uri.module_path, native)
    try:
        return _Run(uri, library, native, so_pin, rehearsal=rehearsal).run(
            uri.pin_file, algorithm, initialise=initialise, keep_old_keys=keep_old_keys
        )
    except (p11.PKCS11Error, native.refused) as fault:
        raise translated(fault) from fault
    finally:
        library.close()


class _Run:
    """One ceremony."""

    def __init__(
        self, uri: TokenUri, library: Library[Any], native: Native[Any], so_pin: Pin, *, rehearsal: bool
    ) -> None:
        self._uri = uri
        self._library = library
        self._calls = library.calls
        self._native = native
        self._so_pin = so_pin
        self._rehearsal = rehearsal

    def run(self, pin_file: Path, algorithm: Algorithm | None, *, initialise: bool, keep_old_keys: bool) -> Ceremony:
        token, fresh = self._token(initialise=initialise)
        drawn = not pin_file.exists()
        pin = self._set_user_pin(token, pin_file, drawn=drawn)
        session = token.open(rw=True)
        self._calls.login(session.handle, pin, False)
        with changing(session, self._uri.object):
            version = self._first_version(session, keep_old_keys=keep_old_keys)
            where = str(pin_file) if drawn else ""
            made = self._keys(token, session, algorithm, version=version, initialised=fresh, pin_file=where)
            content = made.content(time_ms=time.time_ns() // 1_000_000, rehearsal=self._rehearsal)
            return Ceremony(made, sign(session, self._uri.object, content))

    def _first_version(self, session: Any, *, keep_old_keys: bool) -> int:
        """The number of the first KEK: above every version in the token, whose records a new key would never open."""
        name = self._uri.object
        with contextlib.suppress(TokenKeyMissing):
            read_state(session, name)
            raise TokenRefused(f"the token holds keys called {name} already")
        found = versions_of(session, name)
        if found and not keep_old_keys:
            labels = ", ".join(label_of(name, version) for version in found)
            raise TokenRefused(
                f"the token has {labels} but no object {state_label(name)}: restore that object from the backup"
                " of the token, records may be sealed under these keys; if none are, --keep-old-keys makes a new one"
            )
        return max(found, default=0) + 1

    def _token(self, *, initialise: bool) -> tuple[Any, bool]:
        try:
            return self._library.find_token(self._uri), False
        except TokenUnavailable:
            if not initialise or self._uri.token is None:
                raise
        free = [token for token in self._library.tokens() if not token.flags & TokenFlag.TOKEN_INITIALIZED]
        if not free:
            raise TokenUnavailable("no slot holds a token that is not initialised")
        self._calls.init_token(free[0].slot.slot_id, self._so_pin, self._uri.token)
        return self._library.find_token(self._uri), True

    def _set_user_pin(self, token: Any, pin_file: Path, *, drawn: bool) -> Pin:
        """The officer's login also proves that both operators are there: without it no PIN file is made."""
        session = token.open(rw=True)
        try:
            self._calls.login(session.handle, self._so_pin, True)
            pin = _draw(pin_file, self._native) if drawn else PinSource(self._uri, self._native.pin).get()
            if drawn or not token.flags & TokenFlag.USER_PIN_INITIALIZED:
                self._calls.init_pin(session.handle, pin)
            self._calls.logout(session.handle)
            return pin
        finally:
            session.close()

    def _keys(
        self,
        token: Any,
        session: Any,
        algorithm: Algorithm | None,
        *,
        version: int,
        initialised: bool,
        pin_file: str,
    ) -> Made:
        probes = (
            probe_sealing(session, self._calls, self._native, Algorithm.GCM),
            probe_sealing(session, self._calls, self._native, Algorithm.DERIVED),
            probe_random(session, self._calls, self._native),
        )
        offered = [one for one, probe in zip(Algorithm, probes, strict=False) if probe.good]
        chosen = algorithm or next(iter(offered), None)
        if chosen is None or chosen not in offered or not probes[-1].good:
            raise TokenRefused("; ".join(f"{probe.name}: {probe.detail}" for probe in probes if not probe.good))
        name = self._uri.object
        key = create_key(session, name, version, chosen)
        check = self._calls.check_value(session.handle, key.handle, chosen)
        state = StoredState(
            algorithm=chosen, current=version, check_values={version: check}, rotated_at_ms=time.time_ns() // 1_000_000
        )
        write_state(session, name, state)
        return Made(
            module=self._library.describe(),
            label=token.label.strip(),
            model=token.model.strip(),
            serial=serial_of(token),
            initialised=initialised,
            pin_file=pin_file,
            algorithm=chosen,
            probes=probes,
            version=version,
            key_label=label_of(name, version),
            check_value=check,
            attributes=shown_attributes(key),
            wrapping_key=make_wrapping_key(session, self._calls, self._native, name),
        )


def _draw(path: Path, native: Native[Any]) -> Pin:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as fault:
        raise TokenRefused(f"cannot make the PIN file {path}: {fault.strerror}") from None
    try:
        return native.pin.draw(fd)
    except OSError as fault:
        raise TokenRefused(f"cannot write the PIN file {path}: {fault}") from None
    finally:
        os.close(fd)
