"""Whom a user acts as (R-ACC-16), entry mode (R-ACC-17), what an unverified user may not do (R-ACC-32)."""

from collections.abc import Sequence

from cosign import ids
from cosign.accounts.faults import IdvRequired
from cosign.accounts.model import Identity, IdentityKind, Principal
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.brands import Mode
from cosign.clock import Clock
from cosign.errors import FieldInvalid, ResourceNotFound


def list_identities(unit: AccountUnit, *, account_id: str) -> Sequence[Identity]:
    """The natural person first, then what he is in enterprises, oldest first."""
    return [Identity(account_id, IdentityKind.NATURAL_PERSON), *unit.accounts.identities(account_id)]


def switch_identity(unit: AccountUnit, *, principal: Principal, identity_id: str) -> Identity:
    """Acts as another identity from the next call on. Raises ResourceNotFound."""
    for identity in list_identities(unit, account_id=principal.account_id):
        if identity.identity_id == identity_id:
            break
    else:
        raise ResourceNotFound("no such identity")
    acting = "" if identity.kind is IdentityKind.NATURAL_PERSON else identity_id
    unit.accounts.set_acting(principal.account_id, acting)
    unit.devices.act_as(principal.session_id, user_id=principal.account_id, acting=acting)
    unit.audit(AuditEvent.IDENTITY_SWITCHED, account_id=principal.account_id, device_id=principal.device_id)
    return identity


def acting_identity(unit: AccountUnit, principal: Principal) -> Identity:
    """The identity of a call; for areas whose permissions follow it.

    Raises:
        ResourceNotFound: It ended meanwhile; the user must choose another one.
    """
    if not principal.acting:
        return Identity(principal.account_id, IdentityKind.NATURAL_PERSON)
    for identity in unit.accounts.identities(principal.account_id):
        if identity.identity_id == principal.acting:
            return identity
    raise ResourceNotFound("the identity has ended")


def give_identity(
    unit: AccountUnit, *, account_id: str, kind: IdentityKind, enterprise_id: str, clock: Clock
) -> Identity:
    """Makes a user employee, administrator or legal representative; for the area of enterprises."""
    identity = Identity(ids.new_id(ids.IDENTITY, clock.now_ms()), kind, enterprise_id)
    unit.accounts.add_identity(account_id, identity)
    return identity


def end_identity(unit: AccountUnit, *, identity_id: str, clock: Clock) -> None:
    """Ends an identity; whoever acts as it becomes the natural person again, on all nodes."""
    for account_id in unit.accounts.end_identities(identity_id=identity_id, now=clock.now()):
        account = own_account(unit, account_id)
        if account.acting == identity_id:
            unit.accounts.set_acting(account_id, "")
        unit.devices.stop_acting(account_id, acting=identity_id)


def select_mode(unit: AccountUnit, *, principal: Principal, mode: str) -> None:
    """Remembers the entry mode. Raises FieldInvalid."""
    if mode not in {one.value for one in unit.policy(principal.brand).modes}:
        raise FieldInvalid("mode", f"must be one of {', '.join(one.value for one in Mode)} that the brand has")
    unit.accounts.set_mode(principal.account_id, mode)


def person_behind(unit: AccountUnit, principal: Principal) -> str:
    """The id of the verified person behind an account. Whether he may do something: `cosign.identity.require_verified`.

    Raises:
        IdvRequired: Not verified; metadata name the methods of the brand.
    """
    account = own_account(unit, principal.account_id)
    if not account.person_id:
        raise IdvRequired(method.value for method in unit.policy(account.brand).identity.methods)
    return account.person_id


def mark_verified(unit: AccountUnit, *, account_id: str, person_id: str, name: str, document_number: str) -> None:
    """Ties an account to a verified person; for the area of real-name checks."""
    account = own_account(unit, account_id)
    unit.accounts.set_verified(
        account_id, account.brand, person_id=person_id, name=name, document_number=document_number
    )
    unit.audit(AuditEvent.ACCOUNT_VERIFIED, account_id=account_id)
