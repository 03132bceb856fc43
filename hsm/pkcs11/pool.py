"""Sessions by generation: a token that went away is opened again without a restart by hand.

::

    ready ── a call loses its session ──▶ none ── next call or probe ──▶ building ── done ──▶ ready (number + 1)
                                                                            └── failed ──▶ none, with a pause

A generation is one login with everything that was found under it. Losing one session means losing all: the handles
of a token that was away are void even when the token is back. One thread builds the next generation: it waits until
nobody is inside the module, initialises it again, logs in, finds the objects by label and type; then the call that
was lost is made once more, if repeating it is safe.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final, Generic, TypeVar

from pkcs11 import exceptions as p11

from hsm.pkcs11.faults import ALREADY_LOGGED_IN, PIN_NOT_SET, Kind, code_of, described, kind_of, translated
from hsm.pkcs11.gate import Gate
from hsm.pkcs11.library import Library
from hsm.pkcs11.native import Native
from hsm.pkcs11.pin_source import PinSource
from hsm.pkcs11.threads import CallThreads
from hsm.pkcs11.uri import TokenUri
from hsm.ports import PoolState, TokenFault, TokenRefused, TokenUnavailable

RecordT = TypeVar("RecordT")
ContentT = TypeVar("ContentT")
T = TypeVar("T")

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
_LOGIN_PAUSES: Final = (0.02, 0.1, 0.3)


class SessionLost(TokenUnavailable):
    """The session answers, but wrongly: its generation must go."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a token this process takes."""

    sessions: int = 4
    """Calls at the same time, each in a session of its own."""
    waiting: int = 64
    """Calls that may wait for a session."""
    deadline: float = 5.0
    """Seconds after which a call is given up."""


@dataclass(slots=True)
class Generation(Generic[ContentT]):
    """One login."""

    number: int
    token: Any
    login: Any
    """The session that logged in; it stays open, because closing it may log out the others."""
    content: ContentT


@dataclass(frozen=True, slots=True)
class Lease(Generic[ContentT]):
    """A session for one call."""

    session: Any
    """Session of python-pkcs11."""
    handle: int
    generation: Generation[ContentT]

    @property
    def content(self) -> ContentT:
        """What was found in the token."""
        return self.generation.content


class SessionPool(Generic[RecordT, ContentT]):
    """Runs calls in sessions of the current generation. Thread-safe."""

    def __init__(
        self,
        library: Library[RecordT],
        native: Native[RecordT],
        uri: TokenUri,
        pins: PinSource,
        *,
        find: Callable[[Any], ContentT],
        limits: Limits,
    ) -> None:
        """`find` looks up what a generation needs, in a session that is logged in."""
        self._library = library
        self._native = native
        self._uri = uri
        self._pins = pins
        self._find = find
        self._deadline = limits.deadline
        self._threads = CallThreads(threads=limits.sessions, waiting=limits.waiting, deadline=limits.deadline)
        self._gate = Gate()
        self._building = threading.Lock()
        self._generation: Generation[ContentT] | None = None
        self._number = 0
        self._untried = True
        self._was_ready = False
        self._pause = 0.0
        self._not_before = 0.0
        self._why = ""
        self._refused: TokenRefused | None = None
        self._mine = threading.local()

    @property
    def state(self) -> PoolState:
        """A snapshot."""
        ready = self._generation is not None
        return PoolState(self._number, ready, self._threads.inside, self._threads.lost, "" if ready else self._why)

    def run(self, work: Callable[[Lease[ContentT]], T], *, repeatable: bool = True) -> T:
        """Runs `work` in a session, and once more in the next generation if its session was lost.

        Args:
            work: Makes the calls; whatever it raises that is no refusal of the token passes through.
            repeatable: Whether a second run is safe. Off for whatever changes the token.

        Raises:
            TokenFault: The token refused; nothing but TokenUnavailable is worth repeating.
        """
        if os.getpid() != self._library.process:
            raise TokenUnavailable("the token was opened in another process")
        return self._threads.call(lambda: self._attempt(work, repeatable))

    def close(self) -> None:
        """Ends the threads and gives the module back, unless a call hangs in it."""
        if self._threads.close():
            with self._gate.shut(self._deadline) as empty:
                self._generation = None
                if empty:
                    self._library.close()

    def _attempt(self, work: Callable[[Lease[ContentT]], T], repeatable: bool) -> T:
        generation = self._current()
        try:
            return self._inside(generation, work)
        except (p11.PKCS11Error, self._native.refused, SessionLost) as fault:
            if not isinstance(fault, SessionLost) and kind_of(fault) is not Kind.LOST:
                raise translated(fault) from fault
            self._drop(generation, fault)
            if not repeatable:
                raise translated(fault) from fault
        generation = self._current()
        try:
            return self._inside(generation, work)
        except (p11.PKCS11Error, self._native.refused, SessionLost) as fault:
            if isinstance(fault, SessionLost) or kind_of(fault) is Kind.LOST:
                self._drop(generation, fault)
            raise translated(fault) from fault

    def _inside(self, generation: Generation[ContentT], work: Callable[[Lease[ContentT]], T]) -> T:
        with self._gate.inside(self._deadline / 2):
            if self._generation is not generation:
                # While this call waited, the module was initialised again: the handles may now mean other objects.
                raise SessionLost("the token was opened again")
            return work(self._lease(generation))

    def _lease(self, generation: Generation[ContentT]) -> Lease[ContentT]:
        """The session of this thread, opened when the generation is another than the last time."""
        lease: Lease[ContentT] | None = getattr(self._mine, "lease", None)
        if lease is None or lease.generation is not generation:
            session = generation.token.open(rw=True)
            lease = self._mine.lease = Lease(session, session.handle, generation)
        return lease

    def _drop(self, generation: Generation[ContentT], fault: Exception) -> None:
        if self._generation is generation:
            self._generation = None
            self._why = str(fault) if isinstance(fault, TokenFault) else described(fault)

    def _current(self) -> Generation[ContentT]:
        if (ready := self._generation) is not None:
            return ready
        if not self._building.acquire(timeout=self._deadline / 2):
            raise TokenUnavailable("the token is being opened again")
        try:
            if (ready := self._generation) is not None:
                return ready
            self._may_build()
            try:
                self._generation = built = self._build()
            except (p11.PKCS11Error, self._native.refused, TokenFault) as fault:
                raise self._failed(fault) from fault
            self._pause = 0.0
            self._was_ready = True
            return built
        finally:
            self._building.release()

    def _may_build(self) -> None:
        if self._refused is not None and not self._pins.changed():
            raise self._told(self._refused)
        self._refused = None
        if (wait := self._not_before - monotonic()) > 0:
            raise TokenUnavailable(self._why, retry_after_ms=max(1, int(wait * 1000)))

    def _failed(self, fault: Exception) -> TokenFault:
        reason = translated(fault)
        self._why = str(reason)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2 or _FIRST_PAUSE)
        self._not_before = monotonic() + self._pause
        if kind_of(fault) is Kind.LOGIN and isinstance(reason, TokenRefused):
            # Trying a wrong PIN again would lock the token.
            self._refused = reason
        return self._told(reason)

    def _told(self, reason: TokenFault) -> TokenFault:
        """At start the reason itself; later an outage, so that nobody takes it for a fault of one record."""
        if not self._was_ready or isinstance(reason, TokenUnavailable):
            return reason
        return TokenUnavailable(str(reason), retry_after_ms=int(_LONGEST_PAUSE * 1000))

    def _build(self) -> Generation[ContentT]:
        with self._gate.shut(self._deadline / 2) as empty:
            for pause in _LOGIN_PAUSES:
                try:
                    return self._log_in(restart=empty)
                except self._native.refused as fault:
                    # A module that read a token in files while another process wrote it believes that no PIN is set,
                    # until it is initialised again. No try of a PIN is counted.
                    if code_of(fault) != PIN_NOT_SET or not empty:
                        raise
                sleep(pause)
            return self._log_in(restart=empty)

    def _log_in(self, *, restart: bool) -> Generation[ContentT]:
        if restart and not self._untried:
            self._library.restart()
        self._untried = False
        token = self._library.find_token(self._uri)
        session = token.open(rw=True)
        try:
            self._library.calls.login(session.handle, self._pins.get(), False)
        except self._native.refused as fault:
            if code_of(fault) != ALREADY_LOGGED_IN:
                raise
        self._number += 1
        return Generation(self._number, token, session, self._find(session))
