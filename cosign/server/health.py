"""Standard gRPC health, per service and for the whole server (empty name).

SERVING means that at the last look the batch thread ran, the database took a commit, the token passed its test, the
clock was steady and the disk had room. A failed call makes the monitor look again at once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from grpc_health.v1 import health, health_pb2

from cosign.blocking import BlockingPool
from cosign.errors import ConcurrentOperation
from cosign.server.logging import Logger

PERIOD_SECONDS: Final = 5.0
_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING


class HealthMonitor:
    """Runs checks and publishes their result. To be made on the event loop that runs it."""

    def __init__(
        self,
        *,
        services: Sequence[str],
        checks: Mapping[str, Callable[[], None]],
        blocking: BlockingPool,
        log: Logger,
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        """`checks` maps a name (`database`, `token`) to a blocking function that raises when it is lost."""
        self.servicer = health.HealthServicer()
        self._services = ("", *services)
        self._checks = dict(checks)
        self._blocking = blocking
        self._log = log
        self._period = period_seconds
        self._loop = asyncio.get_running_loop()
        self._look_now = asyncio.Event()
        self._lost: dict[str, bool] = {}
        self.well = False
        """Result of the last look."""

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.look()
            self._look_now.clear()
            try:
                async with asyncio.timeout(self._period):
                    await self._look_now.wait()
            except TimeoutError:
                continue

    def suspect(self) -> None:
        """Something just failed: look at once. For any thread, until the loop is closed."""
        self._loop.call_soon_threadsafe(self._look_now.set)

    async def look(self) -> bool:
        """Runs every check once and publishes the result; returns whether all is well."""
        well = True
        for name, check in self._checks.items():
            lost = await self._is_lost(name, check)
            if lost != self._lost.get(name, False):
                write = self._log.error if lost else self._log.info
                write("dependency_lost" if lost else "dependency_back", service=name)
            self._lost[name] = lost
            well = well and not lost
        self.well = well
        for service in self._services:
            self.servicer.set(service, _SERVING if well else _NOT_SERVING)
        return well

    async def stop(self) -> None:
        """Reports NOT_SERVING from now on, whatever later looks find."""
        self.well = False
        self.servicer.enter_graceful_shutdown()

    async def _is_lost(self, name: str, check: Callable[[], None]) -> bool:
        try:
            await self._blocking.run(check)
        except ConcurrentOperation:
            return self._lost.get(name, False)  # a held lock says nothing about the database
        except Exception as error:
            self._log.debug("check_failed", service=name, exc_info=error)
            return True
        return False
