"""Readers that wait for a change of an inbox: coroutines that are woken by `cosign.store.waker`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
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


class InboxWaiters:
    """Wakes readers by account. Used from one event loop; hears of changes on any thread."""

    def __init__(self, waker: Waker, *, draining: Callable[[], bool]) -> None:
        self._draining = draining
        self._events: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = {}
        self._count = 0
        waker.subscribe(self._hear)

    def admits(self, account_id: str) -> bool:
        """Whether one more reader of this account may wait."""
        waiting = len(self._events.get(account_id, ()))
        return self._count < IN_ALL and waiting < PER_ACCOUNT and not self._draining()

    async def wait(self, account_id: str, seconds: float, changed: Callable[[], Awaitable[bool]]) -> None:
        """Returns when `changed` answers true, when the time is over, or when this node drains.

        Args:
            account_id: Whose inbox.
            seconds: Longest time.
            changed: Reads the database; called once after registering, then whenever something may have happened.
        """
        entry = (asyncio.get_running_loop(), asyncio.Event())
        self._events.setdefault(account_id, set()).add(entry)
        self._count += 1
        try:
            end = time.monotonic() + seconds
            while True:
                entry[1].clear()
                if await changed():
                    return
                if not await self._heard(entry[1], end):
                    return
        finally:
            self._count -= 1
            self._events[account_id].discard(entry)
            if not self._events[account_id]:
                del self._events[account_id]

    async def _heard(self, event: asyncio.Event, end: float) -> bool:
        """Whether to read again; False when the time is over or this node drains."""
        read_at = time.monotonic() + _READ_SECONDS
        while not event.is_set():
            now = time.monotonic()
            if now >= end or self._draining():
                return False
            if now >= read_at:
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), min(_LOOK_SECONDS, end - now))
        return True

    def _hear(self, topic: str) -> None:
        if topic.startswith(CHANGED):
            self._wake(self._events.get(topic.removeprefix(CHANGED)))
        elif not topic:  # anything may have been missed
            for entries in list(self._events.values()):
                self._wake(entries)

    @staticmethod
    def _wake(entries: "set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] | None") -> None:
        for loop, event in tuple(entries or ()):
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                loop.call_soon_threadsafe(event.set)
