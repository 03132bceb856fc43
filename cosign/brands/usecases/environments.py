"""Creates, disables and resolves intranet environments (R-ACC-14)."""

import datetime as dt

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.brands.environments import MAX_LIFETIME, Environment, check_endpoint, decode_code
from cosign.brands.faults import EnvironmentDisabled, EnvironmentInvalid
from cosign.brands.ports import Brands, BrandUnit
from cosign.clock import Clock
from cosign.errors import FieldInvalid

MAX_NAME = 64


def create_environment(
    unit: BrandUnit, *, brand: str, name: str, endpoint: str, lifetime: dt.timedelta, clock: Clock
) -> Environment:
    """Stores a new environment; the caller signs its code.

    Raises:
        FieldInvalid: `name`, `endpoint` or `lifetime` has a wrong form or range.
    """
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise FieldInvalid("name", f"must be 1 to {MAX_NAME} printable characters")
    if not dt.timedelta(0) < lifetime <= MAX_LIFETIME:
        raise FieldInvalid("lifetime", f"must be more than 0 and at most {MAX_LIFETIME.days} days")
    now = clock.now().replace(microsecond=0)
    environment = Environment(
        environment_id=ids.new_id(ids.ENVIRONMENT, clock.now_ms()),
        brand=brand,
        name=name,
        endpoint=check_endpoint(endpoint),
        created_at=now,
        expires_at=now + lifetime,
    )
    unit.add_environment(environment)
    _record(unit, AuditEvent.ENVIRONMENT_CREATED, clock)
    return environment


def disable_environment(unit: BrandUnit, *, environment_id: str, clock: Clock) -> None:
    """Turns an environment off; its codes are refused from now on.

    Raises:
        ResourceNotFound: No such environment.
        EnvironmentDisabled: It is off already.
    """
    unit.disable_environment(environment_id, clock.now())
    _record(unit, AuditEvent.ENVIRONMENT_DISABLED, clock)


def resolve_environment(
    unit: BrandUnit, brands: Brands, *, code: str, identity_public_key: bytes, clock: Clock
) -> Environment:
    """The environment of a scanned code, as it is stored.

    Raises:
        EnvironmentInvalid: Not a code of this service, altered, expired, or the brand has no intranet mode.
        EnvironmentDisabled: It was turned off.
        BrandUnknown: Its brand is not served any more.
    """
    scanned = decode_code(code, identity_public_key, clock.now())
    if not brands.policy(scanned.brand).login.environment_qr:
        raise EnvironmentInvalid("this app has no intranet mode")
    stored = unit.environment(scanned.environment_id)
    if stored is None or stored.fields() != scanned.fields():
        raise EnvironmentInvalid("no such environment")
    if stored.disabled_at is not None:
        raise EnvironmentDisabled("the environment was turned off")
    return stored


def _record(unit: BrandUnit, event: AuditEvent, clock: Clock) -> None:
    unit.record(AuditEntry(time_ms=clock.now_ms(), event=event, outcome="done", actor="operator"))
