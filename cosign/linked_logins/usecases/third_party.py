"""Login by a user of WeChat, Alipay or the network identity service (R-ACC-12, R-ACC-13)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import LoginLocked, TicketInvalid
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.login_sms import HalfLogin, account_of_number, login_account
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, record_login
from cosign.accounts.usecases.register import add_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.devices.model import token_hash
from cosign.errors import CosignFault
from cosign.linked_logins.model import (
    PENDING_LIFETIME,
    Authorisation,
    Binding,
    ExternalUser,
    PendingBinding,
    Provider,
    holder_of,
    new_state,
)
from cosign.linked_logins.ports import LinkedUnit
from cosign.linked_logins.usecases.authorise import check_offered, give_back
from cosign.linked_logins.usecases.bindings import add_binding, living_binding


@dataclass(frozen=True, slots=True, repr=False)
class BindingNeeded:
    """Nobody is bound to the user: a proved number and `login_and_bind` follow."""

    ticket: str
    user: ExternalUser
    expires_at: dt.datetime


def login_third_party(
    unit: LinkedUnit,
    *,
    authorisation: Authorisation,
    user: ExternalUser,
    registers: bool,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession | HalfLogin | BindingNeeded | CosignFault:
    """Logs in the account that is bound to a user whom his provider has named.

    Args:
        unit: A write transaction, committed also when a fault is returned.
        authorisation: What `claim` took back.
        user: What the provider said.
        registers: Make an account without a number for an unknown user, where the brand registers by itself.
        accepted: Documents the user ticked.
        by: The calling phone.
        tokens: Makes the refresh token.
        clock: Present time.

    Returns:
        LoginLocked: A lock of the account is running; a proved number opens it.

    Raises:
        AccountSuspended, ConsentRequired, and what `open_login` raises.
    """
    brand = authorisation.brand
    give_back(unit, brand=brand, address=by.address)
    binding = living_binding(unit, brand, user)
    if binding is None:
        if not (registers and unit.accounts.policy(brand).registration.automatic):
            return _wait_for_number(unit, authorisation, user, clock)
        # Without a number there is no cancelled account that could be asked back.
        account = add_account(unit.accounts, brand=brand, phone_number="", password_hash="", insists=True, clock=clock)
        add_binding(unit, account_id=account.account_id, brand=brand, user=user, clock=clock)
        return _log_in(unit, account, user.provider, accepted, by, tokens, clock, registered=True)
    unit.bindings.refresh(binding, user)
    opened = _opened(unit, binding, user.provider, by, clock)
    if isinstance(opened, CosignFault):
        return opened
    return _log_in(unit, opened, user.provider, accepted, by, tokens, clock, registered=False)


def login_and_bind(
    unit: LinkedUnit,
    *,
    binding_ticket: str,
    ticket: str,
    accepted: Sequence[str],
    insists: bool,
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> tuple[OpenedSession | HalfLogin, Binding]:
    """Binds a waiting user to the account of a proved number and logs in; makes an account where the brand does.

    If anything is refused, both tickets are still good.

    Raises:
        TicketInvalid: A ticket is no good, or the waiting user came to another phone or brand.
        BindingTaken, BindingExists.
        LoginMethodOff: The brand does not offer the provider any more.
        AccountUnknown, AccountCancelled, AccountSuspended, ConsentRequired, and what `open_login` raises.
    """
    pending = unit.authorisations.take_pending(token_hash(binding_ticket), clock.now()) if binding_ticket else None
    if pending is None or pending.holder != holder_of(by.details.public_key):
        raise TicketInvalid("nobody waits to be bound")
    proved = take_ticket(unit.accounts, ticket, CodePurpose.BIND, clock=clock)
    if proved.brand != pending.brand:
        raise TicketInvalid("the number was proved to another brand")
    provider = pending.user.provider
    check_offered(unit.accounts.policy(pending.brand), provider.method)
    account, registered = account_of_number(
        unit.accounts, brand=proved.brand, phone_number=proved.phone_number, insists=insists, clock=clock
    )
    binding = add_binding(unit, account_id=account.account_id, brand=account.brand, user=pending.user, clock=clock)
    return _log_in(unit, account, provider, accepted, by, tokens, clock, registered=registered), binding


def _wait_for_number(unit: LinkedUnit, authorisation: Authorisation, user: ExternalUser, clock: Clock) -> BindingNeeded:
    ticket, expires_at = new_state(), clock.now() + PENDING_LIFETIME
    pending = PendingBinding(brand=authorisation.brand, holder=authorisation.holder, user=user)
    unit.authorisations.add_pending(token_hash(ticket), pending, expires_at)
    return BindingNeeded(ticket, user, expires_at)


def _opened(unit: LinkedUnit, binding: Binding, provider: Provider, by: LoginBy, clock: Clock) -> Account | CosignFault:
    """The bound account; a lock of it holds for this way too, until its time is over."""
    accounts, now = unit.accounts, clock.now()
    account = accounts.accounts.get(binding.account_id)
    if account is None:
        raise TypeError("a living binding has an account")
    if account.is_locked(now) and account.locked_until is not None:
        wait = round((account.locked_until - now).total_seconds() * 1000)
        record_login(
            accounts,
            account_id=account.account_id,
            method=provider.used,
            result=LoginLocked.reason,
            device_id="",
            by=by,
            clock=clock,
        )
        return LoginLocked("the account is locked", retry_after_ms=max(wait, 1))
    if account.state is AccountState.LOCKED:
        accounts.audit(AuditEvent.ACCOUNT_UNLOCKED, account_id=account.account_id)
        account = accounts.accounts.become(account, AccountState.ACTIVE)
    return account


def _log_in(
    unit: LinkedUnit,
    account: Account,
    provider: Provider,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
    *,
    registered: bool,
) -> OpenedSession | HalfLogin:
    return login_account(
        unit.accounts,
        account=account,
        phone_number=unit.accounts.accounts.phone_number(account.account_id),
        method=LoginMethodUsed.REGISTER if registered else provider.used,
        registered=registered,
        accepted=accepted,
        by=by,
        tokens=tokens,
        clock=clock,
    )
