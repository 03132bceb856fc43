"""Begins an attempt: everything that can be refused before a provider is asked (R-IDV-02 to R-IDV-09)."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cosign import ids
from cosign.accounts import CodePurpose, Principal, take_ticket
from cosign.accounts.faults import TicketInvalid
from cosign.audit.model import AuditEvent
from cosign.brands import BrandPolicy, DocumentType, IdentityMethod, Operation
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.identity.documents import check_allowed, checked
from cosign.identity.faults import AttemptLimit, AttemptOpen, IdentityVerified
from cosign.identity.model import (
    Attempt,
    AttemptPurpose,
    IdentityState,
    PersonData,
    account_state,
    check_transition,
)
from cosign.identity.ports import IdentityUnit
from cosign.identity.providers import Providers
from cosign.identity.usecases.outcome import time_out
from cosign.identity.usecases.status import DAY

LIFETIME: Final = dt.timedelta(minutes=30)
"""An attempt that is not decided by then times out."""

_CARD: Final = re.compile(r"\d{12,19}", re.ASCII)

_NAME_AND_NUMBER: Final = ("name", "document_number")
REQUIRED: Final[Mapping[IdentityMethod, tuple[str, ...]]] = {
    IdentityMethod.CPCN_FACE: _NAME_AND_NUMBER,
    IdentityMethod.ALIPAY_FACE: _NAME_AND_NUMBER,
    IdentityMethod.BANK_FOUR: (*_NAME_AND_NUMBER, "card_number", "phone_number"),
    IdentityMethod.CARRIER_THREE: (*_NAME_AND_NUMBER, "phone_number"),
    IdentityMethod.OCR_FACE: (),
    IdentityMethod.MOTION_FACE: _NAME_AND_NUMBER,
    IdentityMethod.SMS_DOCUMENT: (*_NAME_AND_NUMBER, "phone_number", "ticket", "front_upload_id", "back_upload_id"),
    IdentityMethod.NETWORK_ID: ("credential",),
    IdentityMethod.MANUAL: (),
}
"""Fields of a start that each method needs, beside an e-mail address where the brand wants one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Wish:
    """What a user sends to become verified. Numbers as he wrote them."""

    method: IdentityMethod
    person: PersonData
    card_number: str = ""
    ticket: str = ""
    front_upload_id: str = ""
    back_upload_id: str = ""
    credential: str = ""
    accepted: tuple[str, ...] = ()
    """Ids of documents."""

    def value(self, field: str) -> str:
        """A field by its name in `REQUIRED`."""
        source: object = self.person if hasattr(self.person, field) else self
        return str(getattr(source, field))


def required_fields(policy: BrandPolicy, method: IdentityMethod) -> tuple[str, ...]:
    """Fields that a start by this method must have."""
    email = ("email",) if policy.identity.email_required and method is not IdentityMethod.MANUAL else ()
    return (*REQUIRED[method], *email)


def keep_pictures(policy: BrandPolicy) -> dt.timedelta:
    """How long pictures of an attempt stay: as long as the attempt."""
    return dt.timedelta(days=policy.retention.attempts_days)


def begin_attempt(
    unit: IdentityUnit,
    *,
    principal: Principal,
    wish: Wish,
    providers: Providers,
    clock: Clock,
    purpose: AttemptPurpose = AttemptPurpose.FIRST,
) -> Attempt:
    """Stores an attempt; the caller asks the provider once this transaction is committed.

    Raises:
        ConsentRequired, MethodOff, FieldInvalid, DocumentRefused, DocumentExpired, IdentityVerified, AttemptOpen,
        AttemptLimit, TicketInvalid, ResourceNotFound: See StartVerification in the proto.
    """
    policy, now, method = unit.accounts.policy(principal.brand), clock.now(), wish.method
    unit.accounts.consent(
        principal.account_id, principal.brand, Operation.VERIFY_IDENTITY, wish.accepted, principal.device_id
    )
    providers.check_offered(policy.identity, method)
    for field in required_fields(policy, method):
        if not wish.value(field):
            raise FieldInvalid(field, "is needed by this method")
    check_entry(unit, principal=principal, purpose=purpose, policy=policy, clock=clock)
    claimed = _claimed(wish, policy, clock)
    attempt = Attempt(
        attempt_id=ids.new_id(ids.ATTEMPT, clock.now_ms()),
        account_id=principal.account_id,
        brand=principal.brand,
        device_id=principal.device_id,
        purpose=purpose,
        method=method,
        state=IdentityState.IN_PROGRESS,
        created_at=now,
        changed_at=now,
        expires_at=now + LIFETIME,
        card_last_four=_card(wish)[-4:],
    )
    if method is not IdentityMethod.OCR_FACE:
        check_transition(attempt.state, IdentityState.PROVIDER_PENDING)
        attempt = replace(
            attempt,
            state=IdentityState.PROVIDER_PENDING,
            provider=providers.name_of(method),
            provider_ref=attempt.attempt_id,
        )
    if method is IdentityMethod.SMS_DOCUMENT:
        _spend_ticket(unit, principal, wish, claimed, clock)
        pictures = (wish.front_upload_id, wish.back_upload_id)
        unit.claim_uploads(principal.account_id, pictures, until=now + keep_pictures(policy))
        attempt = replace(attempt, upload_ids=pictures)
    unit.attempts.add(attempt, claimed)
    unit.accounts.audit(AuditEvent.IDENTITY_SUBMITTED, account_id=principal.account_id, device_id=principal.device_id)
    return attempt


def check_entry(
    unit: IdentityUnit, *, principal: Principal, purpose: AttemptPurpose, policy: BrandPolicy, clock: Clock
) -> None:
    """Whether the account may begin an automatic attempt now; one whose time is over ends here.

    Raises:
        IdentityVerified, AttemptOpen, AttemptLimit, IdentityStateRefused.
    """
    account_id, now = principal.account_id, clock.now()
    newest = unit.attempts.newest(account_id)
    if newest is not None and newest.is_living:
        locked = unit.attempts.locked(newest.attempt_id)
        if locked is None or locked.expires_at > now or locked.state is IdentityState.MANUAL_REVIEW:
            raise AttemptOpen(newest.attempt_id)
        if locked.is_living:
            newest = time_out(unit, locked, clock=clock)
    person = unit.people.current(account_id)
    if person is not None and purpose is AttemptPurpose.FIRST:
        raise IdentityVerified("the user is verified")
    entry = {
        AttemptPurpose.CHANGE: IdentityState.CHANGING,
        AttemptPurpose.REVERIFY: IdentityState.REVERIFY,
    }.get(purpose, IdentityState.IN_PROGRESS)
    check_transition(account_state(person, newest), entry)
    if unit.attempts.counted(account_id, since=now - DAY) >= policy.identity.attempts_a_day:
        raise AttemptLimit("the attempts of a day are used up", retry_after_ms=round(DAY.total_seconds() * 1000))


def _claimed(wish: Wish, policy: BrandPolicy, clock: Clock) -> PersonData | None:
    """Checked data; None when the method tells them later."""
    if wish.method in (IdentityMethod.OCR_FACE, IdentityMethod.NETWORK_ID):
        return None
    check_allowed(policy.identity, wish.person.document_type, wish.method)
    if wish.method is not IdentityMethod.MOTION_FACE and wish.person.document_type is not DocumentType.RESIDENT_ID:
        raise FieldInvalid("document_type", "must be resident_id for this method")
    return checked(wish.person, policy=policy.identity, clock=clock, field="person")


def _card(wish: Wish) -> str:
    """The bank card, if the method has one. Raises FieldInvalid, which never holds it."""
    if wish.method is not IdentityMethod.BANK_FOUR:
        return ""
    number = wish.card_number.replace(" ", "")
    if _CARD.fullmatch(number) is None or not luhn(number):
        raise FieldInvalid("card_number", "must be 12 to 19 digits with a right check digit")
    return number


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _spend_ticket(
    unit: IdentityUnit, principal: Principal, wish: Wish, claimed: PersonData | None, clock: Clock
) -> None:
    ticket = take_ticket(unit.accounts, wish.ticket, CodePurpose.IDENTITY, clock=clock)
    if claimed is None or ticket.brand != principal.brand or ticket.phone_number != claimed.phone_number:
        raise TicketInvalid("the code was sent to another number")
