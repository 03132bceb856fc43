"""Who is behind an account, and the gate before business operations (R-IDV-01)."""

from cosign.accounts import Principal
from cosign.accounts.faults import IdvRequired
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.faults import DocumentExpired, LevelTooLow
from cosign.identity.model import AssuranceLevel, Person, PersonData
from cosign.identity.ports import IdentityUnit


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
