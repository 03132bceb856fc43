"""Changes of a verified person, and the same person on a new device (R-IDV-12, R-IDV-13)."""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Final

from cosign.accounts import CodePurpose, Principal, take_ticket
from cosign.accounts.faults import IdvRequired, TicketInvalid
from cosign.brands import IdentityMethod
from cosign.clock import Clock
from cosign.devices.model import DeviceState
from cosign.errors import FieldInvalid, NotAuthorised
from cosign.identity.change_model import same_person
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.documents import checked
from cosign.identity.faults import ChangeOff, MethodOff, OtherPerson, ReverifyNeeded
from cosign.identity.model import LEVELS, AssuranceLevel, Attempt, AttemptPurpose, Person, PersonData
from cosign.identity.ports import IdentityUnit
from cosign.identity.providers import Providers
from cosign.identity.usecases.start import Wish, begin_attempt, keep_pictures

_OWN_PICTURES: Final = frozenset({IdentityMethod.SMS_DOCUMENT, IdentityMethod.OCR_FACE})
"""Methods that take both sides of the card themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a verified user may do about his identity now."""

    change: bool
    """Name and document may be changed."""
    renew: bool
    """The document ends soon or has ended: its successor may be handed in, whatever the policy says of changes."""
    validity: DocumentValidity
    document_expiry: dt.date | None
    reverify: bool
    """This device must be checked before it holds keys."""
    key_holder: str
    """Device that holds the keys, or empty."""


def changes_of(unit: IdentityUnit, *, principal: Principal) -> Changes:
    """What may be changed. Raises IdvRequired."""
    person, policy = _verified(unit, principal), unit.accounts.policy(principal.brand).identity
    validity, holder = unit.validity.of(person), key_holder(unit, principal.account_id)
    return Changes(
        change=policy.name_change,
        renew=validity is not DocumentValidity.UNTOLD,
        validity=validity,
        document_expiry=person.document_expiry,
        reverify=policy.reverify_new_device and holder != principal.device_id,
        key_holder=holder,
    )


def key_holder(unit: IdentityUnit, account_id: str) -> str:
    """The device on which the person was checked last; empty if it is gone, or nobody was checked."""
    person = unit.people.current(account_id)
    attempt = None if person is None else unit.attempts.get(person.attempt_id)
    device = unit.accounts.devices.device(attempt.device_id) if attempt is not None and attempt.device_id else None
    bound = device is not None and device.user_id == account_id and device.state is not DeviceState.UNBOUND
    return device.device_id if device is not None and bound else ""


def require_key_holder(unit: IdentityUnit, principal: Principal) -> None:
    """Lets the device pass on which the person was checked; for areas that make keys and certificates.

    Raises:
        ReverifyNeeded: The brand checks persons again on new devices, and this is one.
    """
    policy = unit.accounts.policy(principal.brand).identity
    if policy.reverify_new_device and key_holder(unit, principal.account_id) != principal.device_id:
        raise ReverifyNeeded("the person was not checked on this device")


def check_change(unit: IdentityUnit, *, principal: Principal) -> Person:
    """Whether the caller may change his verified data now; returns the version in force.

    Raises:
        IdvRequired: Not verified.
        NotAuthorised: He acts for an enterprise.
        ChangeOff: The brand does not offer it, and the document does not end soon.
        ReverifyNeeded: Another device holds the keys.
    """
    person, policy = _verified(unit, principal), unit.accounts.policy(principal.brand).identity
    if principal.acting:
        raise NotAuthorised("only the natural person changes his identity")
    if not policy.name_change and unit.validity.of(person) is DocumentValidity.UNTOLD:
        raise ChangeOff("the brand does not offer it")
    require_key_holder(unit, principal)
    return person


def check_successor(unit: IdentityUnit, *, principal: Principal, before: Person, claimed: PersonData) -> None:
    """Whether new data can be those of the verified person; `claimed` is normalised.

    Raises:
        OtherPerson: Neither name nor document stays.
        ChangeOff: The brand only renews documents, and the name is another one.
    """
    old = unit.people.data(before.record_id)
    if not same_person(old, claimed):
        raise OtherPerson("name or document must stay the same")
    if not unit.accounts.policy(principal.brand).identity.name_change and old.name != claimed.name:
        raise ChangeOff("the brand does not offer to change the name")


def spend_own_ticket(unit: IdentityUnit, *, principal: Principal, ticket: str, clock: Clock) -> None:
    """Spends a ticket of purpose IDENTITY for the number of the account. Raises TicketInvalid."""
    taken = take_ticket(unit.accounts, ticket, CodePurpose.IDENTITY, clock=clock)
    number = unit.accounts.accounts.phone_number(principal.account_id)
    if (taken.brand, taken.phone_number) != (principal.brand, number):
        raise TicketInvalid("the code was sent to another number")


def begin_change(
    unit: IdentityUnit, *, principal: Principal, wish: Wish, providers: Providers, clock: Clock
) -> Attempt:
    """Begins the check of new data; the version in force stays until it passes, and if it fails.

    Both sides of the card and an SMS code to the number of the account are needed, whatever the method.

    Raises:
        Those of `check_change`, `check_successor` and `begin_attempt`.
    """
    before = check_change(unit, principal=principal)
    for field in ("ticket",) if wish.method is IdentityMethod.OCR_FACE else _papers():
        if not wish.value(field):
            raise FieldInvalid(field, "is needed for a change")
    if wish.method is IdentityMethod.SMS_DOCUMENT:
        number = unit.accounts.accounts.phone_number(principal.account_id)
        wish = dataclasses.replace(wish, person=dataclasses.replace(wish.person, phone_number=number))
    else:
        spend_own_ticket(unit, principal=principal, ticket=wish.ticket, clock=clock)
    if wish.person.name:
        policy = unit.accounts.policy(principal.brand).identity
        claimed = checked(wish.person, policy=policy, clock=clock, field="person")
        check_successor(unit, principal=principal, before=before, claimed=claimed)
    attempt = begin_attempt(
        unit, principal=principal, wish=wish, providers=providers, clock=clock, purpose=AttemptPurpose.CHANGE
    )
    if wish.method in _OWN_PICTURES:
        return attempt
    pictures = (wish.front_upload_id, wish.back_upload_id)
    unit.claim_uploads(
        principal.account_id, pictures, until=clock.now() + keep_pictures(unit.accounts.policy(principal.brand))
    )
    attempt = dataclasses.replace(attempt, upload_ids=pictures)
    unit.attempts.save(attempt, attempt.state)
    return attempt


def begin_reverification(
    unit: IdentityUnit, *, principal: Principal, wish: Wish, providers: Providers, clock: Clock
) -> Attempt:
    """Begins the check of the same person on the calling device.

    In brands that check persons on new devices this device holds the keys once it passed, and the one that held them
    is unbound. In all brands it proves that the person is there. Name and number may be left away: then the face is
    compared with the verified person.

    Raises:
        IdvRequired: Not verified.
        MethodOff: The method does not compare the living person.
        OtherPerson: Other data than those of the verified person.
        Those of `begin_attempt`.
    """
    person, policy = _verified(unit, principal), unit.accounts.policy(principal.brand).identity
    if LEVELS[wish.method] is not AssuranceLevel.HIGH:
        raise MethodOff(one.value for one in providers.offered(policy) if LEVELS[one] is AssuranceLevel.HIGH)
    known = unit.people.data(person.record_id)
    if wish.person.name or wish.person.document_number:
        given = checked(wish.person, policy=policy, clock=clock, field="person")
        if (given.name, given.document_number) != (known.name, known.document_number):
            raise OtherPerson("not the data of the verified person")
    wish = dataclasses.replace(wish, person=known)
    return begin_attempt(
        unit, principal=principal, wish=wish, providers=providers, clock=clock, purpose=AttemptPurpose.REVERIFY
    )


def _papers() -> tuple[str, ...]:
    return ("ticket", "front_upload_id", "back_upload_id")


def _verified(unit: IdentityUnit, principal: Principal) -> Person:
    person = unit.people.current(principal.account_id)
    if person is None:
        raise IdvRequired(method.value for method in unit.accounts.policy(principal.brand).identity.methods)
    return person
