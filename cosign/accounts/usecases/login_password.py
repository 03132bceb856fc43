"""Login by password and the second steps (R-ACC-07, R-ACC-09), with lockout.

    begin        charges the attempt to number and address, before anything is compared
    (the servicer compares, in the pool of slow hashes; without an account a hash of nobody)
    fail         keeps the charge; locks the account when it was the last one
    finish       gives the charge back and logs in

Unknown numbers are charged and locked like known ones: what a caller sees does not depend on the account.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cosign.accounts.codes import CodePurpose, Ticket
from cosign.accounts.faults import LoginFailed, LoginLocked, LoginMethodOff, TicketInvalid
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.passwords import is_outdated
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.assess import assess
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.login_sms import HalfLogin, failures_of, half_login
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login, record_login
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.brands import BrandPolicy, LoginFactors, LoginMethod, Operation, RiskAnswer
from cosign.brands.login_model import LockoutPolicy
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, CosignFault
from cosign.messages import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attempt:
    """A charged attempt."""

    brand: str
    phone_number: str
    address: str
    account: Account | None
    """None if there is no account: the attempt will fail, after the same work."""
    policy: BrandPolicy

    @property
    def stored(self) -> str:
        """The hash to compare with; empty for nobody."""
        return "" if self.account is None else self.account.password_hash


def begin(unit: AccountUnit, *, brand: str, phone_number: str, address: str, clock: Clock) -> Attempt | CosignFault:
    """Charges an attempt.

    Returns:
        LoginLocked when number or address has failed too often.

    Raises:
        BrandUnknown.
        LoginMethodOff: The brand has no login by password.
    """
    policy = unit.policy(brand)
    if LoginMethod.PASSWORD not in policy.login.methods and policy.login.factors is LoginFactors.SINGLE:
        raise LoginMethodOff("the brand has no login by password")
    lockout, now = policy.lockout, clock.now()
    counters = {
        failures_of(phone_number): lockout.failures,
        address_failures(address): lockout.failures * lockout.address_factor,
    }
    for subject, limit in counters.items():
        until = charge_attempt(unit, brand, subject, limit, lockout, now)
        if until is not None:
            return locked_until(until, now)
    account = unit.accounts.by_number(brand, phone_number)
    return Attempt(brand=brand, phone_number=phone_number, address=address, account=account, policy=policy)


def begin_own(unit: AccountUnit, *, account_id: str, clock: Clock) -> Attempt | CosignFault:
    """Charges an attempt to prove the present password of a session's account; the number's counter alone.

    Returns:
        LoginLocked.

    Raises:
        ResourceNotFound.
    """
    account = own_account(unit, account_id)
    policy, number = unit.policy(account.brand), unit.accounts.phone_number(account_id)
    until = charge_attempt(
        unit, account.brand, failures_of(number), policy.lockout.failures, policy.lockout, clock.now()
    )
    if until is not None:
        return locked_until(until, clock.now())
    return Attempt(brand=account.brand, phone_number=number, address="", account=account, policy=policy)


def fail(unit: AccountUnit, *, attempt: Attempt, by: LoginBy | None, clock: Clock) -> CosignFault:
    """Records a wrong password. The one that used up the attempts locks the account.

    Returns:
        LoginFailed, whatever the reason was.
    """
    now, account = clock.now(), attempt.account
    count, until = unit.codes.counted(attempt.brand, failures_of(attempt.phone_number), now=now)
    account_id = "" if account is None else account.account_id
    if account is not None and by is not None:
        method = LoginMethodUsed.PASSWORD
        record_login(
            unit, account_id=account_id, method=method, result=LoginFailed.reason, device_id="", by=by, clock=clock
        )
    else:
        unit.audit(AuditEvent.LOGIN, outcome=LoginFailed.reason, account_id=account_id)
    if count >= attempt.policy.lockout.failures:
        unit.audit(AuditEvent.ACCOUNT_LOCKED, account_id=account_id)
        _lock(unit, account_id, until)
    return LoginFailed("number or password is wrong")


def give_back(unit: AccountUnit, attempt: Attempt) -> Account:
    """The password was right: the attempts of the number start again, the address gets this one back.

    Raises:
        LoginFailed: The password changed while it was compared.
    """
    found = unit.accounts.by_number(attempt.brand, attempt.phone_number)
    if found is None or attempt.account is None or found.password_hash != attempt.account.password_hash:
        raise LoginFailed("the account changed meanwhile")
    unit.codes.forget(attempt.brand, failures_of(attempt.phone_number))
    if attempt.address:
        unit.codes.give_back(attempt.brand, address_failures(attempt.address))
    if found.state is AccountState.LOCKED:  # its time is over: while it ran, `begin` refused
        unit.audit(AuditEvent.ACCOUNT_UNLOCKED, account_id=found.account_id)
        found = unit.accounts.become(found, AccountState.ACTIVE)
    return found


def finish(
    unit: AccountUnit,
    *,
    attempt: Attempt,
    half: str,
    rehashed: str,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | HalfLogin:
    """Logs in after the right password.

    Args:
        unit: A write transaction.
        attempt: What `begin` charged.
        half: The half-session that this is the second step of; empty for a first step.
        rehashed: The password at the present cost, or empty.
        accepted: Documents the user ticked.
        by: The calling phone.
        tokens: Makes the refresh token.
        clock: Present time.

    Raises:
        LoginFailed, TicketInvalid, ConsentRequired, LoginMethodOff, and what `open_login` raises.
    """
    account = give_back(unit, attempt)
    if rehashed:
        unit.accounts.store_rehash(account.account_id, account.password_hash, rehashed)
    factors, method, risk = attempt.policy.login.factors, LoginMethodUsed.PASSWORD, None
    if half:
        take_ticket(unit, half, CodePurpose.HALF_PASSWORD, clock=clock)
        method = LoginMethodUsed.SMS_PASSWORD
    elif factors is LoginFactors.SMS_THEN_PASSWORD:
        raise LoginMethodOff("the code comes first")
    elif factors is LoginFactors.SINGLE:
        key = by.details.public_key
        risk = assess(unit, account=account, public_key=key, address=by.address, method=method, clock=clock)
    if not half and (factors is LoginFactors.PASSWORD_THEN_SMS or risk is RiskAnswer.CODE):
        proved = Ticket(brand=attempt.brand, purpose=CodePurpose.HALF_CODE, phone_number=attempt.phone_number)
        return half_login(unit, proved, CodePurpose.HALF_CODE, clock)
    session = open_login(unit, account=account, by=by, method=method, tokens=tokens, clock=clock, risk=risk)
    unit.consent(account.account_id, account.brand, Operation.LOGIN, accepted, session.device_id)
    return session


def enter_code(
    unit: AccountUnit,
    *,
    half: str,
    code_ticket: str,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession:
    """Second step after a password: a proved number.

    Raises:
        TicketInvalid: No half-session of this kind, or the code is of another number.
        ConsentRequired, and what `open_login` raises.
    """
    waiting = take_ticket(unit, half, CodePurpose.HALF_CODE, clock=clock)
    proved = take_ticket(unit, code_ticket, CodePurpose.LOGIN, clock=clock)
    account = unit.accounts.by_number(waiting.brand, waiting.phone_number)
    if account is None or (proved.brand, proved.phone_number) != (waiting.brand, waiting.phone_number):
        raise TicketInvalid("the code is of another number")
    session = open_login(unit, account=account, by=by, method=LoginMethodUsed.SMS_PASSWORD, tokens=tokens, clock=clock)
    unit.consent(account.account_id, account.brand, Operation.LOGIN, accepted, session.device_id)
    return session


def needs_rehash(attempt: Attempt) -> bool:
    """Whether the stored hash was made at another cost than the policy's."""
    return bool(attempt.stored) and is_outdated(attempt.stored, attempt.policy.password.cost)


def address_failures(address: str) -> str:
    """Counter of failed logins from an address."""
    return f"login:address:{address}"


def _lock(unit: AccountUnit, account_id: str, until: dt.datetime) -> None:
    """Locks an account that is ACTIVE, and tells its user; several attempts may fail at once, one of them locks."""
    account = unit.accounts.get(account_id) if account_id else None
    if account is None or account.state is not AccountState.ACTIVE:
        return
    try:
        unit.accounts.become(account, AccountState.LOCKED, locked_until=until)
    except ConcurrentOperation:
        return
    unit.tell(account_id, MessageKind.LOGIN_LOCKED, time=until.strftime("%Y-%m-%d %H:%M:%S"))


def charge_attempt(
    unit: AccountUnit, brand: str, subject: str, limit: int, lockout: LockoutPolicy, now: dt.datetime
) -> dt.datetime | None:
    """Counts an attempt before it is made; None if it may be made, else when the next one may."""
    window, lock = dt.timedelta(seconds=lockout.window_seconds), dt.timedelta(seconds=lockout.lock_seconds)
    return unit.codes.charge(brand, subject, limit=limit, now=now, window=window, lock=lock)


def locked_until(until: dt.datetime, now: dt.datetime) -> LoginLocked:
    """The fault of somebody who must wait."""
    wait = round((until - now).total_seconds() * 1000)
    return LoginLocked("too many failed logins", retry_after_ms=max(wait, 1))
