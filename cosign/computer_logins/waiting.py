"""Computers that wait for their phone: coroutines that are woken by `cosign.store.waker`, on any node."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cosign.computer_logins.repository import CHANGED
from cosign.messages.waiting import Reader
from cosign.store.waker import Waker

MOST_WAIT_SECONDS: Final = 25.0
PER_LOGIN: Final = 2
"""Waiting calls of one login; further ones get the present state at once. A page that is reloaded needs two."""
IN_ALL: Final = 1_000
"""Waiting calls of this process."""


class ComputerWaiters:
    """Wakes readers by login. Used from one event loop; hears of changes on any thread."""

    def __init__(self, waker: Waker, *, draining: Callable[[], bool]) -> None:
        self._draining = draining
        self._readers: dict[str, set[Reader]] = {}
        waker.subscribe(self._hear)

    def admits(self, login_id: str) -> bool:
        """Whether one more call of this login may wait."""
        in_all = sum(len(readers) for readers in self._readers.values())
        return in_all < IN_ALL and len(self._readers.get(login_id, ())) < PER_LOGIN and not self._draining()

    @contextmanager
    def reader(self, login_id: str) -> Iterator[Reader]:
        """A place among the waiting calls of a login, for as long as the context is open."""
        reader = Reader(self._draining)
        self._readers.setdefault(login_id, set()).add(reader)
        try:
            yield reader
        finally:
            self._readers[login_id].discard(reader)
            if not self._readers[login_id]:
                del self._readers[login_id]

    def _hear(self, topic: str) -> None:
        if topic.startswith(CHANGED):
            login_ids = [topic.removeprefix(CHANGED)]
        elif not topic:  # anything may have been missed
            login_ids = list(self._readers)
        else:
            return
        for login_id in login_ids:
            for reader in tuple(self._readers.get(login_id, ())):
                reader.wake()
