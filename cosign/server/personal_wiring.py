"""Personal data of one process: data keys, the registry of all areas, access, erasure and rotation."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from cosign.accounts import personal as accounts
from cosign.audit import operation_log_personal
from cosign.brands import Brands
from cosign.brands.directory import BrandDirectory
from cosign.computer_logins import personal as computer_logins
from cosign.content import personal as content
from cosign.identity import change_personal as identity_changes
from cosign.identity import personal as identity
from cosign.linked_logins import personal as linked_logins
from cosign.messages import personal as messages
from cosign.personal.access import AuditedAccess
from cosign.personal.cipher import TokenPersonalData
from cosign.personal.data_keys import DataKeys
from cosign.personal.erasure import PersonalFile
from cosign.personal.own import AREA as OWN_AREA
from cosign.personal.registry import PersonalArea, PersonalRegistry
from cosign.personal.resealing import PersonalResealing
from cosign.personal.retention import Retention
from cosign.reviews import personal as reviews
from cosign.server import brands_wiring
from cosign.server.config import Config
from cosign.signing.area import SigningUnits
from cosign.staff import personal as staff
from cosign.store.waker import LocalWaker, Waker
from cosign.uploads import personal as uploads

AREAS: tuple[PersonalArea, ...] = (
    OWN_AREA,
    accounts.AREA,
    uploads.AREA,
    messages.AREA,
    operation_log_personal.AREA,
    content.AREA,
    reviews.AREA,
    computer_logins.AREA,
    linked_logins.AREA,
    identity.AREA,
    identity_changes.AREA,
    staff.AREA,
)
"""Every area that holds personal data; a column that is in none of them fails a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSide:
    """What servers and operator programs do with personal data."""

    keys: DataKeys
    data: TokenPersonalData
    """Implements `cosign.personal.PersonalData`; handed to every area."""
    registry: PersonalRegistry
    access: AuditedAccess
    file: PersonalFile
    resealing: PersonalResealing


def build_personal(
    units: SigningUnits, *, waker: Waker | None = None, areas: Sequence[PersonalArea] = AREAS
) -> PersonalSide:
    """Opens the data keys, or makes them at the first start.

    Raises:
        SelfTestFailed: A data key does not open under this token.
        TokenUnavailable, DatabaseUnavailable: See there.
    """
    keys = DataKeys(units.engine, units.token, server_id=units.core.server_id, clock=units.clock, waker=waker)
    keys.load()
    data, registry = TokenPersonalData(keys), PersonalRegistry(areas)
    access = AuditedAccess(data, units.audit, units.clock)
    return PersonalSide(
        keys=keys,
        data=data,
        registry=registry,
        access=access,
        file=PersonalFile(registry, data, access, audit=units.audit, clock=units.clock),
        resealing=PersonalResealing(
            units.engine,
            keys,
            data,
            registry,
            audit=units.audit,
            clock=units.clock,
            sealed_elsewhere=lambda version: uploads.uses(units.engine, version),
        ),
    )


def build_retention(units: SigningUnits, personal: PersonalSide, *, brands: Brands) -> Retention:
    """Retention by the policies of the brands."""

    def terms(brand: str) -> dict[str, int]:
        policy = brands.policy(brand).retention
        days = {one.name: getattr(policy, one.name) for one in dataclasses.fields(policy)}
        return {name.removesuffix("_days"): value for name, value in days.items() if name.endswith("_days")}

    return Retention(
        units.engine, personal.registry, brands=brands.names, terms=terms, of_brand=accounts.of_brand, clock=units.clock
    )


def operator_brands(config: Config, units: SigningUnits) -> Brands:
    """Policies of the brands, for an operator program. Raises ConfigInvalid: a brand has no policy."""
    brands_wiring.install(config, units.engine, units.audit, units.clock)
    return BrandDirectory(
        units.engine,
        enabled=config.brands.enabled,
        unit=partial(brands_wiring.brand_unit, trail=units.audit),
        waker=LocalWaker(units.engine),
    )
