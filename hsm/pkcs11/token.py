"""The token port over PKCS#11 (tier 1 of section 8.2): records sealed by a key that never leaves the token.

The algorithm was chosen and proved when the token was made ready and stands in the token's own state; a token that no
longer does what its state says is refused, there is nothing to fall back to.
"""

import contextlib
import enum
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from hsm.pkcs11.changes import add_version, drop_version, finish, raise_epoch
from hsm.pkcs11.content import Content, find_content, prove
from hsm.pkcs11.exclusive import changing
from hsm.pkcs11.library import Library, serial_of
from hsm.pkcs11.native import Native, Pin
from hsm.pkcs11.pin_source import PinSource
from hsm.pkcs11.pool import Lease, Limits, SessionLost, SessionPool
from hsm.pkcs11.shares import TokenShares
from hsm.pkcs11.state import Algorithm, StoredState
from hsm.pkcs11.uri import TokenUri
from hsm.ports import (
    PoolState,
    RecordRefused,
    Sealed,
    SecurityLevel,
    TokenFault,
    TokenInfo,
    TokenKeyMissing,
    TokenRefused,
    TokenUnavailable,
)

RecordT = TypeVar("RecordT")
T = TypeVar("T")


class Mode(enum.Enum):
    """Which algorithm the operator wants."""

    AUTO = "auto"
    """The one that was chosen when the token was made ready."""
    GCM = "aes-gcm"
    DERIVED = "derived-key"

    @property
    def algorithm(self) -> Algorithm | None:
        """None leaves the choice to the token's state."""
        return {Mode.AUTO: None, Mode.GCM: Algorithm.GCM, Mode.DERIVED: Algorithm.DERIVED}[self]


class Pkcs11Token(Generic[RecordT]):
    """Implements `hsm.ports.Token`. Made by `open`; thread-safe."""

    def __init__(
        self,
        uri: TokenUri,
        library: Library[RecordT],
        native: Native[RecordT],
        limits: Limits,
        ask: Callable[[], Pin] | None,
        settle: float,
    ) -> None:
        self._native = native
        self._calls = library.calls
        self._name = uri.object
        self._pool: SessionPool[RecordT, Content] = SessionPool(
            library, native, uri, PinSource(uri, native.pin, ask), find=self._find, limits=limits
        )
        self._shares = TokenShares(self._pool, native, library.calls, uri.object)
        self._label = ""
        self._settle = settle
        self._content: Content
        self._watch: threading.Thread | None = None
        self._closed = threading.Event()

    @classmethod
    def open(
        cls,
        uri: TokenUri,
        *,
        native: Native[RecordT],
        mode: Mode = Mode.AUTO,
        limits: Limits | None = None,
        ask: Callable[[], Pin] | None = None,
        settle: float = 60.0,
    ) -> "Pkcs11Token[RecordT]":
        """Logs in, finds and checks every key, and proves what the token can do (HSM-4, SEAL-4).

        Args:
            uri: Which token, which keys, which module, where the PIN is.
            native: The core's calls.
            mode: Must be the algorithm of the token's state, or `AUTO`.
            limits: Sessions and deadline.
            ask: Asks for the PIN if the URI names no source; None refuses that.
            settle: Seconds after a rotation during which the version before may not be destroyed: every node has
                looked at the token by then. The same for all nodes.

        Raises:
            TokenFault: The token may not or cannot be used.
        """
        token = cls(uri, Library.open(uri.module_path, native), native, limits or Limits(), ask, settle)
        try:
            token._label = token._pool.run(_label)
            chosen = token._content.state.algorithm
            if mode.algorithm not in (None, chosen):
                raise TokenRefused(f"the token seals by {mode_of(chosen).value}, the configuration wants {mode.value}")
            token.self_test()
        except BaseException:
            token._pool.close()
            raise
        return token

    @property
    def algorithm(self) -> int:
        """See the port."""
        return int(self._content.state.algorithm)

    @property
    def current_version(self) -> int:
        """See the port: as of the last look at the token."""
        return self._content.state.current

    @property
    def pool_state(self) -> PoolState:
        """For metrics and operators."""
        return self._pool.state

    def info(self) -> TokenInfo:
        """See the port."""
        state = self._content.state
        name = f"pkcs11 {self._label}"
        return TokenInfo(name, SecurityLevel.SEALED_RECORD, self.algorithm, state.current, dict(state.check_values))

    def seal(self, record: RecordT, aad: bytes, *, version: int) -> bytes:
        """See the port. A version that another node has replaced meanwhile is refused: nothing may be sealed under
        a key that is about to be destroyed."""

        def sealing(lease: Lease[Content]) -> bytes:
            content = self._fresh(lease, self._settle / 6)
            if version != content.state.current:
                raise TokenUnavailable(f"KEK version {version} was replaced", retry_after_ms=1)
            key = content.key(version)
            return self._calls.seal(lease.handle, key, content.state.algorithm, record, aad)

        return self._pool.run(sealing)

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> RecordT:
        """See the port."""
        (opened,) = self._pool.run(lambda lease: self._open(lease, version, [(sealed, aad)]))
        if opened is None:
            raise _does_not_open(version)
        return opened

    def unseal_many(self, records: Sequence[Sealed]) -> list[RecordT | TokenFault]:
        """See the port: one visit to a call thread, one call of the core per KEK version."""
        places: dict[int, list[int]] = {}
        for place, record in enumerate(records):
            places.setdefault(record.version, []).append(place)
        answers: dict[int, RecordT | TokenFault] = {}

        def opening(lease: Lease[Content]) -> None:
            for version, wanted in places.items():
                pairs = [(records[place].sealed, records[place].aad) for place in wanted]
                try:
                    opened = self._open(lease, version, pairs)
                except SessionLost:
                    raise
                except TokenFault as fault:
                    answers.update(dict.fromkeys(wanted, fault))
                else:
                    for place, record in zip(wanted, opened, strict=True):
                        answers[place] = _does_not_open(version) if record is None else record

        if records:
            try:
                self._pool.run(opening)
            except TokenFault as fault:
                return [fault] * len(records)
        return [answers[place] for place in range(len(records))]

    def new_version(self) -> int:
        """See the port. At most two versions are readable at a time (SEAL-4).

        Raises:
            TokenRefused: Two versions are readable already.
        """
        return self._change(lambda lease, state: add_version(lease.session, self._calls, self._name, state)).current

    def destroy_version(self, version: int) -> None:
        """See the port. Refused until every node has seen the rotation.

        Raises:
            TokenUnavailable: Too early; `retry_after_ms` says when to come back.
        """
        self._change(lambda lease, state: drop_version(lease.session, self._name, state, version, settle=self._settle))

    def random(self, length: int) -> bytes:
        """See the port."""
        return self._pool.run(lambda lease: self._calls.random(lease.handle, length))

    def self_test(self) -> None:
        """See the port; also finishes a destruction that a crash interrupted, and stirs the core's generator."""

        def testing(lease: Lease[Content]) -> None:
            content = self._fresh(lease)
            prove(lease.session, self._calls, self._native, content)
            self._calls.stir(lease.handle)
            if content.state.destroying:
                self._finish(lease)

        self._pool.run(testing)

    def _finish(self, lease: Lease[Content]) -> None:
        """Left to another node if that changes the token now."""
        with contextlib.suppress(TokenUnavailable), changing(lease.session, self._name):
            finish(lease.session, self._name, self._fresh(lease).state)

    def restore_epoch(self) -> int:
        """See the port: as of the last look at the token."""
        return self._content.state.restore_epoch

    def raise_restore_epoch(self) -> int:
        """See the port."""
        return self._change(lambda lease, state: raise_epoch(lease.session, self._name, state)).restore_epoch

    def watch(self, seconds: float, told: Callable[[TokenFault | None], None]) -> None:
        """Starts the background probe: every `seconds` it opens a lost token again, reads the state, proves the
        keys and stirs the core's generator (HEDGE-3).

        Args:
            seconds: Pause between probes.
            told: Gets the fault of every probe that failed, and None after the first that succeeded again.
        """

        def watching() -> None:
            failed = False
            while not self._closed.wait(seconds):
                try:
                    self.self_test()
                except TokenFault as fault:
                    failed = True
                    told(fault)
                else:
                    if failed:
                        told(None)
                    failed = False

        self._watch = threading.Thread(target=watching, name="cosign-token-watch", daemon=True)
        self._watch.start()

    @property
    def shares(self) -> TokenShares[RecordT]:
        """See the port."""
        return self._shares

    def close(self) -> None:
        """See the port."""
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        self._pool.close()

    def _open(
        self, lease: Lease[Content], version: int, records: Sequence[tuple[bytes, bytes]]
    ) -> list[RecordT | None]:
        content = lease.content
        if version not in content.handles:
            content = self._fresh(lease)
        key, algorithm = content.key(version), content.state.algorithm
        opened = self._calls.open_many(lease.handle, key, algorithm, records)
        if None in opened and algorithm is Algorithm.GCM:
            # Some tokens answer a wrong tag as they answer their own failure: a record of ours must open now.
            try:
                self._calls.probe(lease.handle, key, algorithm, False)
            except (self._native.refused, *self._native.wrong_answer) as fault:
                raise SessionLost("the token no longer opens what it sealed") from fault
        return opened

    def _fresh(self, lease: Lease[Content], age: float = 0.0) -> Content:
        """What is in the token now, or was at most `age` seconds ago."""
        if age and time.monotonic() - lease.content.seen < age:
            return lease.content
        try:
            lease.generation.content = content = self._find(lease.session)
        except TokenKeyMissing as fault:
            # What was there when the session began can only be gone with the token.
            raise SessionLost(str(fault)) from fault
        return content

    def _change(self, change: Callable[[Lease[Content], StoredState], StoredState]) -> StoredState:
        """Applies a change to the newest state, alone among all nodes, and looks at the token again. Never repeated by
        itself."""

        def applying(lease: Lease[Content]) -> StoredState:
            with changing(lease.session, self._name):
                changed = change(lease, self._fresh(lease).state)
                self._fresh(lease)
            return changed

        return self._pool.run(applying, repeatable=False)

    def _find(self, session: Any) -> Content:
        self._content = content = find_content(session, self._calls, self._name)
        return content


def _label(lease: Lease[Content]) -> str:
    token: Any = lease.generation.token
    return f"{token.label.strip()} {token.model.strip()} {serial_of(token)}"


def mode_of(algorithm: Algorithm) -> Mode:
    """The configured value that means `algorithm`."""
    return next(mode for mode in Mode if mode.algorithm is algorithm)


def _does_not_open(version: int) -> RecordRefused:
    return RecordRefused(f"a record does not open under KEK version {version}")
