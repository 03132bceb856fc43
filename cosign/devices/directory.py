"""Fast look-ups for every call: the key of a device, the caller of a session.

Both are cached for a few seconds, and forgotten when any node unbinds the device (`cosign.store.waker`). While this
process hears nothing of the others it caches nothing. What must hold in any case (unbinding destroys the shares) is
checked under the lock of the transaction.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final, Generic, TypeVar

from sqlalchemy import Engine

from cosign.blocking import BlockingPool
from cosign.clock import Clock
from cosign.devices import repository
from cosign.devices.model import Caller, token_hash
from cosign.devices.repository import SqlDeviceUnit, on_sessions_ended, on_unbound
from cosign.errors import SessionEnded
from cosign.store.unit_of_work import reading
from cosign.store.waker import Waker

T = TypeVar("T")

CACHE_SECONDS: Final = 5.0
CACHE_SIZE: Final = 100_000
_MAX_TOKEN_LENGTH: Final = 128


class _Cache(Generic[T]):
    """Bounded; an entry lives CACHE_SECONDS. Used from several threads: every access is one step of the interpreter."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._entries: OrderedDict[str, tuple[T, float]] = OrderedDict()
        self._monotonic = monotonic
        self.generation = 0

    def ageing(self, keys: Collection[str]) -> list[str]:
        """Of `keys`, those whose entry has seen half of its life."""
        middle = self._monotonic() + CACHE_SECONDS / 2
        return [key for key in keys if (found := self._entries.get(key)) is not None and found[1] <= middle]

    def get(self, key: str) -> T | None:
        found = self._entries.get(key)
        if found is None:
            return None
        value, until = found
        if until <= self._monotonic():
            self._entries.pop(key, None)
            return None
        return value

    def put(self, key: str, value: T, seen: int) -> None:
        """Keeps `value`, unless something was forgotten since `generation` was `seen`: it may have been read before."""
        if seen != self.generation:
            return
        self._entries[key] = (value, self._monotonic() + CACHE_SECONDS)
        if len(self._entries) > CACHE_SIZE:
            self._entries.popitem(last=False)

    def forget(self, condition: Callable[[str, T], bool]) -> None:
        self.generation += 1
        for key in [key for key, (value, _) in list(self._entries.items()) if condition(key, value)]:
            self._entries.pop(key, None)


class DeviceDirectory:
    """Public keys of active devices."""

    def __init__(self, engine: Engine, *, waker: Waker, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._waker = waker
        self._cache: _Cache[bytes] = _Cache(monotonic)
        waker.subscribe(lambda topic: on_unbound(topic, self.forget))

    def public_keys(self, device_ids: Collection[str]) -> dict[str, bytes]:
        """The device keys, 33 bytes each; unknown and unbound devices are left out.

        One query for what is not cached. It also asks for what would have to be asked for again soon, so that devices
        that work at the same time share their queries.

        Raises:
            DatabaseUnavailable: They cannot be read.
        """
        known: dict[str, bytes] = {}
        missing: list[str] = []
        for device_id in device_ids:
            key = self._cache.get(device_id) if self._waker.live else None
            if key is None:
                missing.append(device_id)
            else:
                known[device_id] = key
        if missing:
            generation = self._cache.generation
            missing += self._cache.ageing(known)
            known = {device_id: key for device_id, key in known.items() if device_id not in missing}
            with reading(self._engine) as connection:
                found = repository.active_public_keys(connection, sorted(missing))
            for device_id, key in found.items():
                self._cache.put(device_id, key, generation)
            known |= found
        return known

    def forget(self, device_id: str) -> None:
        """Drops a device that was unbound; all if `device_id` is empty."""
        self._cache.forget(lambda key, _: device_id in ("", key))


class SessionDirectory:
    """Callers of bearer tokens."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        unit: Callable[..., SqlDeviceUnit],
        blocking: BlockingPool,
        waker: Waker,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._unit = unit
        self._blocking = blocking
        self._waker = waker
        self._cache: _Cache[tuple[Caller, int]] = _Cache(monotonic)
        waker.subscribe(lambda topic: on_unbound(topic, self.forget))
        waker.subscribe(lambda topic: on_sessions_ended(topic, self.forget_user))

    async def caller(self, token: str) -> Caller:
        """Who opened the session of this bearer token.

        Raises:
            SessionEnded: No such session, or its time is over.
        """
        if not 0 < len(token) <= _MAX_TOKEN_LENGTH:
            raise SessionEnded("no session token")
        digest = token_hash(token)
        found = self._cache.get(digest.hex()) if self._waker.live else None
        if found is None:
            generation = self._cache.generation
            found = await self._blocking.run(self._read, digest)
            if found is not None:
                # Only what was just read: a hit must not prolong the life of an entry that nothing confirms.
                self._cache.put(digest.hex(), found, generation)
        if found is None or found[1] <= self._clock.now_ms():
            raise SessionEnded("the session has ended")
        return found[0]

    def forget(self, device_id: str) -> None:
        """Drops the sessions of a device that was unbound; all if `device_id` is empty."""
        self._cache.forget(lambda _, found: device_id in ("", found[0].device_id))

    def forget_user(self, user_id: str) -> None:
        """Drops the sessions of a user: some of them changed or ended."""
        self._cache.forget(lambda _, found: user_id == found[0].user_id)

    def subscribe(self, told: Callable[[str], None]) -> None:
        """`told` hears of every user whose sessions changed or ended on any node, on any thread; forgotten before."""
        self._waker.subscribe(lambda topic: on_sessions_ended(topic, told))

    def _read(self, digest: bytes) -> tuple[Caller, int] | None:
        with reading(self._engine) as connection:
            session = self._unit(connection).session(digest)
        if session is None:
            return None
        caller, expires_at = session
        return caller, round(expires_at.timestamp() * 1000)
