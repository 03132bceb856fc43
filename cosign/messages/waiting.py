"""Readers that wait for a change of an inbox: coroutines that are woken by `cosign.store.waker`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from cosign.messages.repository import CHANGED
from cosign.store.waker import Waker

MOST_WAIT_SECONDS: Final = 25.0
PER_ACCOUNT: Final = 4
"""Waiting readers of one account; further ones get the present state at once."""
IN_ALL: Final = 1_000
"""Waiting readers of this process."""
_LOOK_SECONDS: Final = 1.0
"""How often a waiting reader looks whether this node drains."""
_READ_SECONDS: Final = 5.0
"""How often it reads the database although it heard nothing: a message between nodes may be lost."""


class Reader:
    """One reader; hashed by identity."""

    def __init__(self, draining: Callable[[], bool]) -> None:
        self._draining = draining
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    async def wait(self, seconds: float, changed: Callable[[], Awaitable[bool]]) -> bool:
        """Returns true as soon as `changed` does; false when the time is over, or when this node drains.

        `changed` reads the database. It is called at the beginning, then whenever something may have happened.
        """
        end = time.monotonic() + seconds
        while True:
            self._event.clear()
            if await changed():
                return True
            if not await self._heard(end):
                return False

    def wake(self) -> None:
        """Something may have happened; for any thread."""
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            self._loop.call_soon_threadsafe(self._event.set)

    async def _heard(self, end: float) -> bool:
        """Whether to read again; False when the time is over or this node drains."""
        read_at = time.monotonic() + _READ_SECONDS
        while not self._event.is_set():
            now = time.monotonic()
            if now >= end or self._draining():
                return False
            if now >= read_at:
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), min(_LOOK_SECONDS, end - now))
        return True


class InboxWaiters:
    """Wakes readers by account. Used from one event loop; hears of changes on any thread."""

    def __init__(self, waker: Waker, *, draining: Callable[[], bool]) -> None:
        self._draining = draining
        self._readers: dict[str, set[Reader]] = {}
        self._count = 0
        waker.subscribe(self._hear)

    @property
    def draining(self) -> bool:
        """Whether this node lets all readers go."""
        return self._draining()

    def admits(self, account_id: str) -> bool:
        """Whether one more reader of this account may wait."""
        waiting = len(self._readers.get(account_id, ()))
        return self._count < IN_ALL and waiting < PER_ACCOUNT and not self._draining()

    @contextmanager
    def reader(self, account_id: str) -> Iterator[Reader]:
        """A place among the readers of an account, for as long as the context is open; `admits` tells of room."""
        reader = Reader(self._draining)
        self._readers.setdefault(account_id, set()).add(reader)
        self._count += 1
        try:
            yield reader
        finally:
            self._count -= 1
            self._readers[account_id].discard(reader)
            if not self._readers[account_id]:
                del self._readers[account_id]

    def wake(self, account_id: str) -> None:
        """Lets the readers of an account look again; for any thread."""
        for reader in tuple(self._readers.get(account_id, ())):
            reader.wake()

    def _hear(self, topic: str) -> None:
        if topic.startswith(CHANGED):
            self.wake(topic.removeprefix(CHANGED))
        elif not topic:  # anything may have been missed
            for account_id in list(self._readers):
                self.wake(account_id)
