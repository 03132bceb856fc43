"""Builds the reviews area: for the areas that hand in, and for the staff listener."""

from collections.abc import Callable

from sqlalchemy import Connection

from cosign.brands import Brands
from cosign.personal import PersonalData
from cosign.personal.access import AuditedAccess
from cosign.reviews.repository import Neighbours, SqlReviewUnit
from cosign.signing.area import SigningUnits


def hand_in_units(
    units: SigningUnits, *, brands: Brands, personal: PersonalData
) -> Callable[[Connection], SqlReviewUnit]:
    """What areas hand in with, on the connection of their transaction."""
    neighbours = review_neighbours(units, brands=brands, personal=personal)
    return lambda connection: SqlReviewUnit(connection, neighbours, {})


def review_neighbours(units: SigningUnits, *, brands: Brands, personal: PersonalData) -> Neighbours:
    """What the area uses of others."""
    return Neighbours(
        personal=personal,
        access=AuditedAccess(personal, units.audit, units.clock),
        brands=brands,
        trail=units.audit,
        clock=units.clock,
    )
