"""`Brands` of a server process: policies from memory, forgotten when any node applies another one.

While this process hears nothing of the others (`cosign.store.waker`) it keeps nothing. On SQLite `cosignctl` is
another process that cannot be heard: an entry lives CACHE_SECONDS.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.brands.model import BrandPolicy
from cosign.brands.ports import BrandUnit, PolicyVersion
from cosign.brands.repository import on_applied
from cosign.errors import BrandUnknown, DatabaseUnavailable
from cosign.store.unit_of_work import reading
from cosign.store.waker import Waker

CACHE_SECONDS: Final = 5.0


class BrandDirectory:
    """Implements `cosign.brands.Brands`; for any thread."""

    def __init__(
        self,
        engine: Engine,
        *,
        enabled: Sequence[str],
        unit: Callable[[Connection], BrandUnit],
        waker: Waker,
        observe: Callable[[PolicyVersion], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Builds the directory.

        Args:
            engine: The database.
            enabled: Brands of the configuration; others are unknown here, whatever the table holds.
            unit: Makes the unit of a transaction.
            waker: Tells of changes on other nodes.
            observe: Told of every version that was read.
            monotonic: For tests.
        """
        self._engine = engine
        self._names = tuple(sorted(enabled))
        self._unit = unit
        self._waker = waker
        self._observe = observe
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[str, tuple[PolicyVersion, float]] = {}
        self._last: dict[str, PolicyVersion] = {}
        self._generation = 0
        waker.subscribe(lambda topic: on_applied(topic, self.forget))

    def names(self) -> tuple[str, ...]:
        """See the port."""
        return self._names

    def policy(self, brand: str) -> BrandPolicy:
        """See the port."""
        return self.version(brand).policy

    def version(self, brand: str) -> PolicyVersion:
        """The version in force. Raises as `policy` does."""
        if brand not in self._names:
            raise BrandUnknown("no such brand here")
        found = self._known.get(brand) if self._waker.live else None
        if found is not None and self._monotonic() < found[1]:
            return found[0]
        generation = self._generation
        with reading(self._engine) as connection:
            version = self._unit(connection).policy(brand)
        if version is None:
            raise BrandUnknown("the brand has no policy")
        self._observe(version)
        with self._lock:
            # What was read before another version was applied must not be kept.
            if generation == self._generation:
                self._known[brand] = (version, self._monotonic() + CACHE_SECONDS)
                self._last[brand] = version
        return version

    def versions(self) -> list[PolicyVersion]:
        """Of all brands served here, sorted by name, for display: while the database is out, what was read last."""
        try:
            return [self.version(brand) for brand in self._names]
        except DatabaseUnavailable:
            return [self._last[brand] for brand in self._names if brand in self._last]

    def forget(self, brand: str) -> None:
        """Drops a brand; all if `brand` is empty."""
        with self._lock:
            self._generation += 1
            if brand:
                self._known.pop(brand, None)
            else:
                self._known.clear()
