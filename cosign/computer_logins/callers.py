"""Who calls from a computer."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.blocking import BlockingPool
from cosign.call_context import CallContext, metadata_value
from cosign.clock import Clock
from cosign.computer_logins.model import BEARER, ComputerPrincipal
from cosign.computer_logins.ports import ComputerUnit
from cosign.computer_logins.usecases.sessions import caller
from cosign.devices.model import token_hash
from cosign.errors import SessionEnded
from cosign.store.unit_of_work import reading

_SCHEME: Final = "bearer "
_MAX_TOKEN: Final = 128


class ComputerCallers:
    """Finds the computer of a call. Nothing is cached: whatever ends a session holds at the next call, on all nodes."""

    def __init__(
        self,
        engine: Engine,
        *,
        unit: Callable[[Connection], ComputerUnit],
        clock: Clock,
        blocking: BlockingPool,
        limit: Callable[[str], None],
    ) -> None:
        """`limit` charges a call to a computer that has shown a genuine token; raises RateLimited."""
        self._engine = engine
        self._unit = unit
        self._clock = clock
        self._blocking = blocking
        self._limit = limit

    async def principal(self, context: CallContext) -> ComputerPrincipal:
        """The computer whose session the call carries; for calls that are open to computers.

        Raises:
            SessionEnded: No session of a computer, or it has ended.
            RateLimited: It sends too many requests.
        """
        header = metadata_value(context, "authorization")
        token = header[len(_SCHEME) :] if header[: len(_SCHEME)].lower() == _SCHEME else ""
        if not token.startswith(BEARER) or len(token) > _MAX_TOKEN:
            raise SessionEnded("no session of a computer")
        found = await self._blocking.run(self._read, token_hash(token))
        self._limit(found.computer_id)
        return found

    def _read(self, digest: bytes) -> ComputerPrincipal:
        with reading(self._engine) as connection:
            return caller(self._unit(connection), token_hash=digest, clock=self._clock)
