"""Setting, changing and resetting the password (R-ACC-05, R-ACC-06, R-ACC-18, R-ACC-19)."""

from collections.abc import Sequence

from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import PasswordSet, PasswordWeak, TicketInvalid
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.codes import peek_ticket, take_ticket
from cosign.accounts.usecases.login_sms import unlock
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login
from cosign.audit.model import AuditEvent
from cosign.brands import BrandPolicy, Operation
from cosign.brands.passwords import PasswordRule, check_password
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.messages import MessageKind

RESET_PURPOSES = (CodePurpose.RESET_PASSWORD, CodePurpose.HALF_PASSWORD)
"""A reset takes a proved number, also that of a half-session ("forgot password" on its page)."""


def check_rules(policy: BrandPolicy, password: str, confirmation: str, *, phone_number: str, name: str) -> None:
    """Raises PasswordWeak naming every rule of the brand that the password breaks."""
    broken = check_password(policy.password, password, confirmation=confirmation, phone_number=phone_number, name=name)
    if broken:
        raise PasswordWeak(broken)


def check_new(unit: AccountUnit, account: Account, password: str, confirmation: str) -> Sequence[str]:
    """Checks the rules for an account; returns the hashes that the password may not have made.

    Raises:
        PasswordWeak.
    """
    policy = unit.policy(account.brand)
    number, name = unit.accounts.phone_number(account.account_id), unit.accounts.name(account.account_id)
    check_rules(policy, password, confirmation, phone_number=number, name=name)
    if not policy.password.history:
        return ()
    return [account.password_hash, *unit.accounts.former_passwords(account.account_id)]


def used_before() -> PasswordWeak:
    """The password is one of the former ones."""
    return PasswordWeak([PasswordRule.USED_BEFORE])


def account_of_ticket(unit: AccountUnit, text: str, *purposes: CodePurpose, clock: Clock) -> Account:
    """The account of a proved number; the ticket stays. Raises TicketInvalid, also when there is no account."""
    ticket = peek_ticket(unit, text, *purposes, clock=clock)
    account = unit.accounts.by_number(ticket.brand, ticket.phone_number)
    if account is None:
        raise TicketInvalid("the number has no account")
    return account


def set_password(unit: AccountUnit, *, account_id: str, password_hash: str, clock: Clock) -> None:
    """Sets the first password. Raises PasswordSet."""
    account = own_account(unit, account_id)
    if account.password_hash:
        raise PasswordSet("there is a password")
    _store(unit, account, password_hash, clock)


def change_password(unit: AccountUnit, *, account_id: str, password_hash: str, keep_session: str, clock: Clock) -> None:
    """Replaces the password and ends all other sessions. The servicer has compared the old one."""
    account = own_account(unit, account_id)
    _store(unit, account, password_hash, clock)
    end_sessions(unit, account_id, "password", keep=keep_session)
    unit.tell(account_id, MessageKind.PASSWORD_CHANGED)


def reset_password(unit: AccountUnit, *, ticket: str, password_hash: str, clock: Clock) -> str:
    """Sets a new password for a proved number and ends all sessions; a locked account opens. Returns the account's id.

    Raises:
        TicketInvalid.
    """
    account = account_of_ticket(unit, ticket, *RESET_PURPOSES, clock=clock)
    proved = take_ticket(unit, ticket, *RESET_PURPOSES, clock=clock)
    account = unlock(unit, account, proved.phone_number)
    _store(unit, account, password_hash, clock)
    end_sessions(unit, account.account_id, "password")
    unit.tell(account.account_id, MessageKind.PASSWORD_CHANGED)
    return account.account_id


def choose_first_password(
    unit: AccountUnit,
    *,
    ticket: str,
    password_hash: str,
    accepted: Sequence[str],
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession:
    """Sets the password that the brand demands of a new account, and logs in: REGISTERED to ACTIVE.

    Raises:
        TicketInvalid, PasswordSet, ConsentRequired, and what `open_login` raises.
    """
    account = account_of_ticket(unit, ticket, CodePurpose.HALF_FIRST_PASSWORD, clock=clock)
    take_ticket(unit, ticket, CodePurpose.HALF_FIRST_PASSWORD, clock=clock)
    if account.password_hash:
        raise PasswordSet("there is a password")
    _store(unit, account, password_hash, clock)
    account = unit.accounts.get(account.account_id) or account
    session = open_login(
        unit, account=account, by=by, method=LoginMethodUsed.REGISTER, tokens=tokens, clock=clock, registered=True
    )
    unit.consent(account.account_id, account.brand, Operation.LOGIN, accepted, session.device_id)
    return session


def own_account(unit: AccountUnit, account_id: str) -> Account:
    """The account of a session. Raises ResourceNotFound when it is gone."""
    account = unit.accounts.get(account_id)
    if account is None:
        raise ResourceNotFound("no such account")
    return account


def end_sessions(unit: AccountUnit, account_id: str, reason: str, *, keep: str = "") -> int:
    """Ends the logins of an account but `keep` on all nodes; returns how many."""
    ended = unit.sessions.end_all(account_id, reason, keep=keep)
    unit.devices.end_sessions(account_id, keep=keep)
    if ended:
        unit.audit(AuditEvent.SESSIONS_ENDED, outcome=reason, account_id=account_id)
    return ended


def _store(unit: AccountUnit, account: Account, password_hash: str, clock: Clock) -> None:
    history = unit.policy(account.brand).password.history
    unit.accounts.set_password(account.account_id, password_hash, now=clock.now(), history=history)
    if account.state is AccountState.REGISTERED:
        unit.accounts.become(account, AccountState.ACTIVE)
    unit.audit(AuditEvent.PASSWORD_SET, account_id=account.account_id)
