"""Who is inside the module: initialising it again needs that nobody is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from hsm.ports import TokenUnavailable


class Gate:
    """Counts calls; can be shut until they have ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._inside = 0
        self._shut = False

    @contextmanager
    def inside(self, timeout: float) -> Iterator[None]:
        """Holds a call that waits while the gate is shut. Raises TokenUnavailable if that takes too long."""
        with self._changed:
            if self._shut and not self._changed.wait_for(lambda: not self._shut, timeout):
                raise TokenUnavailable("the token is being opened again")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if self._shut:
                    self._changed.notify_all()

    @contextmanager
    def shut(self, timeout: float) -> Iterator[bool]:
        """Keeps new calls out; tells whether those inside ended within `timeout` seconds."""
        ends = monotonic() + timeout
        with self._changed:
            self._shut = True
            empty = self._changed.wait_for(lambda: not self._inside, max(0.0, ends - monotonic()))
        try:
            yield empty
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()
