"""Builds the logins of computers."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.accounts import AccountUnit
from cosign.blocking import BlockingPool
from cosign.brands import Brands
from cosign.computer_logins import ComputerCallers
from cosign.computer_logins.repository import SqlComputerUnit, sweep
from cosign.computer_logins.servicer import ComputerLoginServicer, Environment
from cosign.computer_logins.waiting import ComputerWaiters
from cosign.personal import PersonalData
from cosign.server.callers import Callers
from cosign.server.metrics import Metrics
from cosign.signing.area import SigningUnits
from cosign.store.waker import Waker


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputerSide:
    """What the rest of the server uses of the area."""

    servicer: ComputerLoginServicer
    callers: ComputerCallers
    """For calls of other areas that are open to computers."""
    sweep: Callable[[Connection, dt.datetime], None]


def build_computer_logins(
    units: SigningUnits,
    *,
    accounts: Callable[[Connection], AccountUnit],
    brands: Brands,
    personal: PersonalData,
    callers: Callers,
    waker: Waker,
    blocking: BlockingPool,
    metrics: Metrics,
    draining: Callable[[], bool],
) -> ComputerSide:
    """Builds the servicer; `draining` says whether this node lets all waiting calls go."""

    def unit(connection: Connection) -> SqlComputerUnit:
        return SqlComputerUnit(connection, accounts=accounts(connection), personal=personal)

    computers = ComputerCallers(
        units.engine, unit=unit, clock=units.clock, blocking=blocking, limit=callers.limit_device
    )
    environment = Environment(
        engine=units.engine,
        unit=unit,
        brands=brands,
        clock=units.clock,
        blocking=blocking,
        waiters=ComputerWaiters(waker, draining=draining),
        computers=computers,
        principal=callers.principal,
        limit_guest=callers.limit_guest,
        count_login=metrics.login,
    )
    return ComputerSide(servicer=ComputerLoginServicer(environment), callers=computers, sweep=sweep)
