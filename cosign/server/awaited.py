"""Calls that wait for a message of their caller: bounded in time and in number, because a caller that sends none would
hold its place among the calls in progress for ever."""

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

MESSAGE_SECONDS: Final = 10.0
"""A unary call whose message has not come by then is cancelled."""
CROWDED_SECONDS: Final = 1.0
"""What a call may wait in any case; in a burst of honest calls all headers come before the messages."""


class Cancellable(Protocol):
    """A call of the core, or something like it; hashed by identity."""

    def cancel(self) -> object: ...


class Awaited:
    """The calls, oldest first; for any thread."""

    def __init__(
        self, most: int, *, seconds: float = MESSAGE_SECONDS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """One call more than `most` cancels the oldest, unless it has come just now."""
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._since: dict[Cancellable, float] = {}
        self._lock = threading.Lock()

    def add(self, call: Cancellable) -> None:
        """From now on the call is awaited."""
        oldest: Cancellable | None = None
        with self._lock:
            self._since[call] = now = self._monotonic()
            if len(self._since) > self._most:
                first, since = next(iter(self._since.items()))
                if now - since >= CROWDED_SECONDS:
                    oldest = first
                    del self._since[first]
        if oldest is not None:
            oldest.cancel()

    def remove(self, call: Cancellable) -> None:
        """The message has come, or the call has ended."""
        with self._lock:
            self._since.pop(call, None)

    async def cancel_late(self) -> None:
        """Cancels the calls that have waited too long; to be called every second."""
        limit = self._monotonic() - self._seconds
        with self._lock:
            late = [call for call, since in self._since.items() if since < limit]
            for call in late:
                del self._since[call]
        for call in late:
            call.cancel()

    def __len__(self) -> int:
        return len(self._since)
