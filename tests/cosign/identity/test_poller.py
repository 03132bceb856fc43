"""The loop of a process that asks for results."""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from cosign.errors import DatabaseUnavailable
from cosign.identity.poller import Poller
from cosign.identity.ports import Units
from cosign.identity.usecases.verification import Asked
from tests.cosign.identity.world import QUERY_AFTER, IdentityWorld

SECONDS = 60.0


class Away:
    """Units whose database is away for the first look."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._looks = 0
        self.write = units.write

    def read(self, work: Callable[..., Any]) -> Any:
        self._looks += 1
        if self._looks == 1:
            raise DatabaseUnavailable("away")
        return self._units.read(work)


async def test_the_loop_goes_on(world: IdentityWorld) -> None:
    """R-IDV-17: it outlives an outage of the database, asks for what is due, and ends when it is told."""
    await world.start(await world.account(), name="无回调")
    world.clock.forward(seconds=QUERY_AFTER.total_seconds())
    decided = threading.Event()
    faults: list[Exception] = []
    heard: list[tuple[str, Asked]] = []

    def asked(provider: str, result: Asked) -> None:
        heard.append((provider, result))
        decided.set()

    verification = dataclasses.replace(world.verification, units=Away(world.verification.units))
    poller = Poller(verification, asked=asked, failed=faults.append, pause_seconds=0.01)
    poller.start()
    try:
        assert decided.wait(SECONDS)
    finally:
        poller.stop()
    assert heard == [("gateway", Asked.DECIDED)]
    assert [type(fault) for fault in faults] == [DatabaseUnavailable]


async def test_a_loop_that_never_began_ends(world: IdentityWorld) -> None:
    """A server that fails to start stops what it has."""
    Poller(world.verification, asked=lambda *_: None, failed=lambda _: None).stop()
