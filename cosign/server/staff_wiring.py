"""Builds the staff area: of a server process, and what operator programs do with it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.accounts import AccountUnit
from cosign.accounts.passwords import Passwords
from cosign.blocking import BlockingPool
from cosign.brands import Brands
from cosign.errors import RateLimited
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.personal.access import AuditedAccess
from cosign.request_once import RequestOnce
from cosign.server.brands_wiring import content_unit
from cosign.server.callers import Callers
from cosign.server.config import Config
from cosign.server.config_staff import staff_rules
from cosign.server.limits_wiring import Limiters
from cosign.server.messages_wiring import message_unit, operation_unit, unread_messages
from cosign.server.metrics import Metrics
from cosign.server.operator_wiring import Operator
from cosign.server.personal_wiring import build_personal
from cosign.signing.area import SigningUnits
from cosign.staff import DualControl, StaffCallers
from cosign.staff.freezes import freezes
from cosign.staff.repository import SqlStaffUnit, sweep
from cosign.staff.role_changes import role_changes
from cosign.staff.rules import StaffRules
from cosign.staff.servicer import (
    ContentAdminServicer,
    LookupNeighbours,
    LookupServicer,
    ProposalServicer,
    StaffCalls,
    StaffLoginServicer,
    StaffServicer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSide:
    """What the rest of the server uses of the area."""

    callers: StaffCallers
    """For servicers of other areas on the staff listener."""
    calls: StaffCalls
    """The environment of our servicers, for other areas on the staff listener."""
    dual: DualControl
    """Other areas add their kinds of proposals."""
    logins: StaffLoginServicer
    members: StaffServicer
    proposals: ProposalServicer
    lookups: LookupServicer
    contents: ContentAdminServicer
    clock_now: Callable[[], dt.datetime]
    close: Callable[[], None]

    def sweep(self, connection: Connection) -> None:
        """Removes what has run out of time, and ends proposals that nobody decided."""
        sweep(connection, self.clock_now())
        self.dual.expire(connection)


def build_staff(
    config: Config,
    units: SigningUnits,
    *,
    personal: PersonalData,
    accounts: Callable[[Connection], AccountUnit],
    brands: Brands,
    callers: Callers,
    limits: Limiters,
    metrics: Metrics,
    blocking: BlockingPool,
    pager: Pager,
    once: RequestOnce,
) -> StaffSide:
    """Builds the servicers of the staff listener; they are there also when it is off."""
    rules, unit = staff_rules(config.staff, issuer=config.server.server_id), staff_units(units, personal=personal)
    passwords = Passwords()

    def limit_member(staff_id: str) -> None:
        try:
            limits.devices.spend(staff_id)
        except RateLimited:
            metrics.limited("staff")
            raise

    staff_callers = StaffCallers(
        engine=units.engine,
        unit=unit,
        clock=units.clock,
        blocking=blocking,
        limits=rules.sessions,
        limit_member=limit_member,
    )
    roles, freezing = role_changes(unit, rules), freezes(accounts, rules)
    calls = StaffCalls(
        engine=units.engine,
        unit=unit,
        callers=staff_callers,
        clock=units.clock,
        blocking=blocking,
        passwords=passwords,
        pager=pager,
        once=once,
        brands=brands,
        rules=rules,
        dual=DualControl(kinds=(roles, freezing), unit=unit, clock=units.clock),
        role_changes=roles,
        limit_guest=callers.limit_guest,
        count_login=metrics.login,
    )
    neighbours = LookupNeighbours(
        accounts=accounts,
        operations=lambda connection: operation_unit(units, personal, connection),
        unread=unread_messages(units, personal),
        inbox=lambda connection: message_unit(units, personal, connection),
        access=AuditedAccess(personal, units.audit, units.clock),
        freezes=freezing,
    )
    return StaffSide(
        callers=staff_callers,
        calls=calls,
        dual=calls.dual,
        logins=StaffLoginServicer(calls),
        members=StaffServicer(calls),
        proposals=ProposalServicer(calls),
        lookups=LookupServicer(calls, neighbours),
        contents=ContentAdminServicer(
            calls, unit=lambda connection: content_unit(connection, units.audit), brands=brands
        ),
        clock_now=units.clock.now,
        close=passwords.close,
    )


def staff_units(units: SigningUnits, *, personal: PersonalData) -> Callable[[Connection], SqlStaffUnit]:
    """What makes the unit of this area for a connection; servers and operator programs share it."""
    return lambda connection: SqlStaffUnit(connection, personal=personal, trail=units.audit, clock=units.clock)


def operator_staff(operator: Operator) -> tuple[Callable[[Connection], SqlStaffUnit], StaffRules]:
    """The unit of this area and its rules, for an operator program.

    Raises:
        SelfTestFailed, TokenUnavailable, DatabaseUnavailable: See `build_personal`.
    """
    config = operator.config
    unit = staff_units(operator.units, personal=build_personal(operator.units).data)
    return unit, staff_rules(config.staff, issuer=config.server.server_id)
