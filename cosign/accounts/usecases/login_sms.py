"""Login by a proved number, with automatic registration and as first step of two (R-ACC-03, R-ACC-08, R-ACC-09)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cosign.accounts.codes import CodePurpose, Ticket
from cosign.accounts.faults import AccountSuspended, AccountUnknown, LoginMethodOff
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.codes import issue_ticket, take_ticket
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login
from cosign.accounts.usecases.register import add_account
from cosign.audit.model import AuditEvent
from cosign.brands import LoginFactors, LoginMethod, Operation
from cosign.clock import Clock


@dataclass(frozen=True, slots=True, repr=False)
class HalfLogin:
    """A login that waits for its second step; `purpose` says for which."""

    ticket: str
    purpose: CodePurpose
    expires_at: dt.datetime


def login_sms(
    unit: AccountUnit,
    *,
    ticket: str,
    accepted: Sequence[str],
    insists: bool,
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | HalfLogin:
    """Logs in the account of a proved number; makes one where the brand registers by itself.

    Raises:
        TicketInvalid, LoginMethodOff.
        BrandUnknown, and what `account_of_number` and `login_account` raise.
    """
    proved = take_ticket(unit, ticket, CodePurpose.LOGIN, clock=clock)
    if LoginMethod.SMS not in unit.policy(proved.brand).login.methods:
        raise LoginMethodOff("the brand has no login by SMS")
    account, registered = account_of_number(
        unit, brand=proved.brand, phone_number=proved.phone_number, insists=insists, clock=clock
    )
    return login_account(
        unit,
        account=account,
        phone_number=proved.phone_number,
        method=LoginMethodUsed.REGISTER if registered else LoginMethodUsed.SMS,
        registered=registered,
        accepted=accepted,
        by=by,
        tokens=tokens,
        clock=clock,
    )


def account_of_number(
    unit: AccountUnit, *, brand: str, phone_number: str, insists: bool, clock: Clock
) -> tuple[Account, bool]:
    """The account of a number that was just proved, and whether it was made for it.

    A locked account opens: its owner has proved the number.

    Raises:
        AccountUnknown: There is none, and the brand does not register by itself.
        AccountCancelled, AccountSuspended, ConcurrentOperation.
    """
    found = unit.accounts.by_number(brand, phone_number)
    if found is None:
        if not unit.policy(brand).registration.automatic:
            raise AccountUnknown("the number has no account")
        made = add_account(unit, brand=brand, phone_number=phone_number, password_hash="", insists=insists, clock=clock)
        return unlock(unit, made, phone_number), True
    if found.state is AccountState.SUSPENDED:
        raise AccountSuspended("stopped by staff")
    return unlock(unit, found, phone_number), False


def login_account(
    unit: AccountUnit,
    *,
    account: Account,
    phone_number: str,
    method: LoginMethodUsed,
    registered: bool,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | HalfLogin:
    """Ends every login whose first step was not the password: a session, or the second step the account still owes.

    `phone_number` is that of the account; without one there is no second step, for nothing could find it again.

    Raises:
        ConsentRequired, and what `open_login` raises.
    """
    step = _second_step(account, unit.policy(account.brand).login.factors) if phone_number else None
    if step is not None:
        proved = Ticket(brand=account.brand, purpose=step, phone_number=phone_number)
        return half_login(unit, proved, step, clock)
    session = open_login(unit, account=account, by=by, method=method, tokens=tokens, clock=clock, registered=registered)
    unit.consent(account.account_id, account.brand, Operation.LOGIN, accepted, session.device_id)
    return session


def half_login(unit: AccountUnit, proved: Ticket, step: CodePurpose, clock: Clock) -> HalfLogin:
    """A ticket that is good for the second step only."""
    lifetime = dt.timedelta(seconds=unit.policy(proved.brand).sessions.half_seconds)
    ticket = Ticket(brand=proved.brand, purpose=step, phone_number=proved.phone_number)
    text, expires_at = issue_ticket(unit, ticket, clock.now() + lifetime)
    return HalfLogin(text, step, expires_at)


def unlock(unit: AccountUnit, account: Account, phone_number: str) -> Account:
    """LOCKED to ACTIVE, because the number was proved; forgets the failures that led there."""
    unit.codes.forget(account.brand, failures_of(phone_number))
    if account.state is not AccountState.LOCKED:
        return account
    unit.audit(AuditEvent.ACCOUNT_UNLOCKED, account_id=account.account_id)
    return unit.accounts.become(account, AccountState.ACTIVE)


def failures_of(phone_number: str) -> str:
    """Counter of failed logins to a number, whether it has an account or not."""
    return f"login:number:{phone_number}"


def _second_step(account: Account, factors: LoginFactors) -> CodePurpose | None:
    if account.state is AccountState.REGISTERED:
        return CodePurpose.HALF_FIRST_PASSWORD
    if factors is not LoginFactors.SINGLE and account.password_hash:
        return CodePurpose.HALF_PASSWORD
    return None
