"""Builds the reviews area: for the areas that hand in, and for the staff listener."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign.accounts import AccountUnit
from cosign.accounts.review_subject import AppealSubject, NumberChangeSubject
from cosign.brands import Brands
from cosign.identity import IdentityUnit
from cosign.identity.review_subject import IdentitySubject
from cosign.personal import PersonalData
from cosign.personal.access import AuditedAccess
from cosign.reviews import ReviewKind, ReviewUnit
from cosign.reviews.repository import Neighbours, SqlReviewUnit, Subjects
from cosign.reviews.servicer import ReviewCalls, ReviewReasonServicer, ReviewServicer
from cosign.reviews.usecases.claims import end_claims, end_corrections
from cosign.server.review_metrics import ReviewMetrics
from cosign.signing.area import SigningUnits
from cosign.staff import BrandScope, Role
from cosign.staff.model import StaffState
from cosign.staff.servicer import StaffCalls
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.links import Links

_BATCH: Final = 100
"""Items that one sweep puts back at most; the next one goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSide:
    """What the rest of the server uses of the area."""

    units: SigningUnits
    unit: Callable[[Connection], ReviewUnit]
    reviews: ReviewServicer
    reasons: ReviewReasonServicer
    metrics: ReviewMetrics

    def sweep(self) -> None:
        """Ends claims and corrections whose time is over, and measures the queues. Blocks."""
        clock = self.units.clock
        with writing(self.units.engine) as connection:
            unit = self.unit(connection)
            lapsed = end_claims(unit, clock=clock, limit=_BATCH)
            end_corrections(unit, clock=clock, limit=_BATCH)
        self.metrics.lapsed(lapsed)
        now_ms = clock.now_ms()
        with reading(self.units.engine) as connection:
            self.metrics.depth(self.unit(connection).depth(now_ms), now_ms)


def hand_in_units(
    units: SigningUnits, *, brands: Brands, personal: PersonalData
) -> Callable[[Connection], SqlReviewUnit]:
    """What areas hand in with, on the connection of their transaction."""
    neighbours = _neighbours(units, brands=brands, personal=personal)
    return lambda connection: SqlReviewUnit(connection, neighbours, {})


def build_reviews(
    units: SigningUnits,
    staff: StaffCalls,
    *,
    accounts: Callable[[Connection], AccountUnit],
    identity: Callable[[Connection], IdentityUnit],
    brands: Brands,
    personal: PersonalData,
    links: Links,
    metrics: ReviewMetrics,
) -> ReviewSide:
    """Builds the servicers for the staff listener. A kind of review has one line in `subjects`."""
    clock = units.clock
    subjects: Subjects = {
        ReviewKind.IDENTITY: lambda connection: IdentitySubject(identity(connection), clock),
        ReviewKind.ACCOUNT_APPEAL: lambda connection: AppealSubject(accounts(connection), clock),
        ReviewKind.NUMBER_CHANGE: lambda connection: NumberChangeSubject(accounts(connection), clock),
    }
    neighbours = _neighbours(units, brands=brands, personal=personal)

    def unit(connection: Connection) -> ReviewUnit:
        return SqlReviewUnit(connection, neighbours, subjects)

    def scope_of(connection: Connection, staff_id: str) -> tuple[frozenset[Role], BrandScope]:
        member = staff.unit(connection).members.get(staff_id)
        if member is None or member.state is not StaffState.ACTIVE:
            return frozenset(), None
        return member.roles, member.brands

    calls = ReviewCalls(
        engine=units.engine,
        unit=unit,
        callers=staff.callers,
        scope_of=scope_of,
        clock=clock,
        blocking=staff.blocking,
        pager=staff.pager,
        once=staff.once,
        link=links.make,
        count_decision=metrics.decision,
    )
    return ReviewSide(
        units=units, unit=unit, reviews=ReviewServicer(calls), reasons=ReviewReasonServicer(calls), metrics=metrics
    )


def _neighbours(units: SigningUnits, *, brands: Brands, personal: PersonalData) -> Neighbours:
    return Neighbours(
        personal=personal,
        access=AuditedAccess(personal, units.audit, units.clock),
        brands=brands,
        trail=units.audit,
        clock=units.clock,
    )
