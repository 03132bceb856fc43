"""Who is behind an account, and the gate before business operations (R-IDV-01)."""

from collections.abc import Sequence
from typing import Final

from cosign.accounts import Principal
from cosign.accounts.faults import IdvRequired
from cosign.audit.model import AuditEvent
from cosign.brands import Operation
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.faults import DocumentExpired, LevelTooLow
from cosign.identity.model import AssuranceLevel, Person, PersonData
from cosign.identity.ports import IdentityUnit

_FOR_THE_CA: Final = "certificate_request"
"""Purpose of the reading in the audit trail; a word of `cosign.personal.access.Purpose`."""


def verified_person(unit: IdentityUnit, account_id: str) -> Person | None:
    """The version in force of the person behind an account; None while it is not verified."""
    return unit.people.current(account_id)


def require_verified(
    unit: IdentityUnit, principal: Principal, *, level: AssuranceLevel = AssuranceLevel.BASIC
) -> Person:
    """Lets verified persons pass. To be called by every business operation.

    Args:
        unit: The caller's transaction.
        principal: Who calls.
        level: The weakest check that is enough for the operation.

    Raises:
        IdvRequired: Not verified; metadata name the methods of the brand.
        DocumentExpired: Verified with a document that has ended since.
        LevelTooLow: Verified by a weaker check.
    """
    person = unit.people.current(principal.account_id)
    if person is None:
        methods = unit.accounts.policy(principal.brand).identity.methods
        raise IdvRequired(method.value for method in methods)
    if unit.validity.of(person) is DocumentValidity.EXPIRED:
        raise DocumentExpired("the document has ended")
    if person.level.rank < level.rank:
        raise LevelTooLow(f"{level.value} is needed", metadata={"level": level.value})
    return person


def person_data(unit: IdentityUnit, person: Person) -> PersonData:
    """Unmasked data of a person, to do what he asked for; shown to others only through `AuditedAccess`."""
    return unit.people.data(person.record_id)


def release_to_ca(
    unit: IdentityUnit, principal: Principal, *, level: AssuranceLevel, accepted: Sequence[str] = ()
) -> tuple[Person, PersonData]:
    """Hands a person's data out for an application to the CA, the one use beside verification itself (R-IDV-16).

    Args:
        unit: A write transaction of the area of certificates.
        principal: Who applies, for himself.
        level: The weakest check that the CA takes.
        accepted: Documents that the user accepts with this call.

    Returns:
        The person and the unmasked data; the release is audited in the same transaction.

    Raises:
        IdvRequired, LevelTooLow: See `require_verified`.
        ConsentRequired: A document of the application, or of the release, has not been accepted in its current version.
    """
    person = require_verified(unit, principal, level=level)
    account_id, brand = principal.account_id, principal.brand
    unit.accounts.consent(account_id, brand, Operation.APPLY_CERTIFICATE, accepted, principal.device_id)
    unit.accounts.consent(account_id, brand, Operation.VERIFY_IDENTITY, (), principal.device_id)
    unit.accounts.audit(AuditEvent.PERSONAL_DATA_READ, outcome=_FOR_THE_CA, device_id=account_id)
    return person, unit.people.data(person.record_id)
