"""Password hashes: Argon2id, in a bounded pool of threads (R-ACC-05).

The cost comes from the brand's policy and is part of the hash; a right login with an older cost makes a new hash.
What is hashed is the NFC form of the text.
"""

import asyncio
import functools
import unicodedata
from collections.abc import Iterable
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from cosign.accounts.faults import ServiceBusy
from cosign.blocking import BlockingPool
from cosign.brands.model import Argon2Cost

THREADS: Final = 2
"""Hashes at once: each takes a core and the memory of the policy."""
WAITING: Final = 32
"""Calls that may wait for a thread; more are refused, so that a flood of logins cannot fill the memory."""
_RETRY_MS: Final = 1_000


class Passwords:
    """Makes and checks hashes."""

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._pool = BlockingPool(threads)
        self._room = asyncio.Semaphore(threads + waiting)

    async def hash(self, password: str, cost: Argon2Cost) -> str:
        """PHC form, with a new salt. Raises ServiceBusy."""
        async with self._place():
            return await self._pool.run(_hash, password, cost)

    async def verify(self, stored: str, password: str, cost: Argon2Cost) -> bool:
        """Whether `password` made `stored`; takes the same time when there is no hash (`stored` empty).

        Raises:
            ServiceBusy: Too many calls wait.
        """
        async with self._place():
            return await self._pool.run(_verify, stored, password, cost)

    async def among(self, stored: Iterable[str], password: str, cost: Argon2Cost) -> bool:
        """Whether `password` made one of the hashes. Raises ServiceBusy."""
        async with self._place():
            return await self._pool.run(lambda: any(_verify(one, password, cost) for one in stored if one))

    def close(self) -> None:
        """Waits for what is running."""
        self._pool.close()

    def _place(self) -> asyncio.Semaphore:
        if self._room.locked():
            raise ServiceBusy("too many password checks wait", retry_after_ms=_RETRY_MS)
        return self._room


def is_outdated(stored: str, cost: Argon2Cost) -> bool:
    """Whether a hash was made at another cost than the policy's."""
    return _hasher(cost).check_needs_rehash(stored)


def _hash(password: str, cost: Argon2Cost) -> str:
    return _hasher(cost).hash(unicodedata.normalize("NFC", password))


def _verify(stored: str, password: str, cost: Argon2Cost) -> bool:
    hasher = _hasher(cost)
    try:
        hasher.verify(stored or _nobody(cost), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)


@functools.lru_cache(maxsize=64)
def _hasher(cost: Argon2Cost) -> PasswordHasher:
    return PasswordHasher(
        time_cost=cost.time, memory_cost=cost.memory_kib, parallelism=cost.lanes, hash_len=32, type=Type.ID
    )


@functools.lru_cache(maxsize=64)
def _nobody(cost: Argon2Cost) -> str:
    """A hash that stands in for accounts that are not there."""
    return _hasher(cost).hash("")
