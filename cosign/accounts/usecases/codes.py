"""Captchas, SMS codes and tickets (R-ACC-01, R-ACC-02)."""

import datetime as dt
from dataclasses import dataclass

from cosign import ids
from cosign.accounts.codes import (
    DAY,
    CodePurpose,
    Ticket,
    new_captcha,
    new_code,
    new_ticket,
)
from cosign.accounts.faults import CaptchaWrong, CodeTooSoon, CodeTries, CodeWrong, SmsQuota, TicketInvalid
from cosign.accounts.ports import AccountUnit
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.devices.model import token_hash
from cosign.errors import CosignFault


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeWish:
    """A decoded SendCode request."""

    brand: str
    phone_number: str
    """`+86` and 11 digits."""
    purpose: CodePurpose
    captcha_id: str
    captcha_answer: str
    installation_id: str
    address: str
    """Of the caller; counted, never stored."""
    language: str = "zh"
    """Of the SMS, `zh` or `en`."""


def make_captcha(unit: AccountUnit, *, brand: str, clock: Clock) -> tuple[str, str, dt.datetime]:
    """Returns id, characters and end of a new captcha. Raises BrandUnknown."""
    lifetime = dt.timedelta(seconds=unit.policy(brand).codes.captcha_seconds)
    captcha_id, answer = ids.new_id(ids.CAPTCHA, clock.now_ms()), new_captcha()
    unit.codes.add_captcha(captcha_id, brand, answer, clock.now() + lifetime)
    return captcha_id, answer, clock.now() + lifetime


def send_code(unit: AccountUnit, *, wish: CodeWish, clock: Clock) -> tuple[dt.datetime, dt.datetime] | CosignFault:
    """Sends a code and returns its end and when the next one may be asked for.

    Nothing here looks for an account: known and unknown numbers cannot be told apart.

    Returns:
        CaptchaWrong, CodeTooSoon or SmsQuota when it is refused; the captcha is spent in any case.

    Raises:
        BrandUnknown.
    """
    policy, now = unit.policy(wish.brand).codes, clock.now()
    if policy.captcha_before_sms and not unit.codes.take_captcha(wish.captcha_id, wish.brand, wish.captcha_answer, now):
        return CaptchaWrong("the answer is wrong or too late")
    before = unit.codes.sent(wish.brand, wish.phone_number, wish.purpose)
    resend = dt.timedelta(seconds=policy.resend_seconds)
    if before is not None and before.sent_at + resend > now:
        wait = before.sent_at + resend - now
        return CodeTooSoon("a code was sent a moment ago", retry_after_ms=round(wait.total_seconds() * 1000))
    limits = {
        f"sms:number:{wish.phone_number}": policy.daily,
        f"sms:address:{wish.address}": policy.daily * policy.address_factor,
    }
    if wish.installation_id:
        limits[f"sms:installation:{wish.installation_id}"] = policy.daily * policy.installation_factor
    for subject, most in limits.items():
        count, ends = unit.codes.counted(wish.brand, subject, now=now)
        if count >= most:
            wait = ends - now
            return SmsQuota("the codes of a day are used up", retry_after_ms=round(wait.total_seconds() * 1000))
    for subject in limits:
        unit.codes.count(wish.brand, subject, now=now, window=DAY)
    code, expires_at = new_code(), now + dt.timedelta(seconds=policy.lifetime_seconds)
    unit.codes.put(wish.brand, wish.phone_number, wish.purpose, code, sent_at=now, expires_at=expires_at)
    unit.send_code(
        brand=wish.brand,
        phone_number=wish.phone_number,
        purpose=wish.purpose.value,
        code=code,
        language=wish.language,
        expires_at=expires_at,
    )
    unit.audit(AuditEvent.CODE_SENT, outcome=wish.purpose.value)
    return expires_at, now + resend


def verify_code(
    unit: AccountUnit, *, brand: str, phone_number: str, purpose: CodePurpose, code: str, clock: Clock
) -> tuple[str, dt.datetime] | CosignFault:
    """Returns a ticket and its end. A try is counted before the code is compared.

    Returns:
        CodeTries or CodeWrong when it is refused.

    Raises:
        BrandUnknown.
    """
    policy, now = unit.policy(brand).codes, clock.now()
    if not unit.codes.charge_try(brand, phone_number, purpose, tries=policy.tries, now=now):
        sent = unit.codes.sent(brand, phone_number, purpose)
        if sent is not None and not sent.used and sent.expires_at > now:
            return CodeTries("the tries are used up")
        return CodeWrong("no such code")
    if not unit.codes.matches(brand, phone_number, purpose, code):
        return CodeWrong("another code was sent")
    unit.codes.use(brand, phone_number, purpose)
    ticket = Ticket(brand=brand, purpose=purpose, phone_number=phone_number)
    return issue_ticket(unit, ticket, now + dt.timedelta(seconds=policy.ticket_seconds))


def issue_ticket(unit: AccountUnit, ticket: Ticket, expires_at: dt.datetime) -> tuple[str, dt.datetime]:
    """Stores a ticket; returns what its holder shows, and its end."""
    text = new_ticket()
    unit.codes.add_ticket(token_hash(text), ticket, expires_at)
    return text, expires_at


def take_ticket(unit: AccountUnit, text: str, *purposes: CodePurpose, clock: Clock) -> Ticket:
    """Spends a ticket. If the transaction is rolled back later, it has not been spent.

    Raises:
        TicketInvalid: Unknown, used, expired or of another purpose.
    """
    ticket = unit.codes.take_ticket(token_hash(text), clock.now()) if text else None
    if ticket is None or ticket.purpose not in purposes:
        raise TicketInvalid("no such ticket")
    return ticket


def peek_ticket(unit: AccountUnit, text: str, *purposes: CodePurpose, clock: Clock) -> Ticket:
    """As `take_ticket`, but the ticket stays."""
    ticket = unit.codes.peek_ticket(token_hash(text), clock.now()) if text else None
    if ticket is None or ticket.purpose not in purposes:
        raise TicketInvalid("no such ticket")
    return ticket


def step_up(unit: AccountUnit, text: str, *, account_id: str, clock: Clock) -> None:
    """Confirms a dangerous act: spends a ticket of purpose STEP_UP for the number of the account.

    Raises:
        TicketInvalid: Any other ticket.
    """
    _check_own(unit, take_ticket(unit, text, CodePurpose.STEP_UP, clock=clock), account_id)


def check_step_up(unit: AccountUnit, text: str, *, account_id: str, clock: Clock) -> None:
    """As `step_up`, but the ticket stays: for an act that asks somebody else before it is done."""
    _check_own(unit, peek_ticket(unit, text, CodePurpose.STEP_UP, clock=clock), account_id)


def _check_own(unit: AccountUnit, ticket: Ticket, account_id: str) -> None:
    account = unit.accounts.by_number(ticket.brand, ticket.phone_number)
    if account is None or account.account_id != account_id:
        raise TicketInvalid("the ticket is of another number")
