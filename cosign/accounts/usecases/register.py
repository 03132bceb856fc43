"""Registration, explicit and by the first login (R-ACC-03, R-ACC-04)."""

from collections.abc import Sequence

from cosign import ids
from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import AccountCancelled, LoginMethodOff
from cosign.accounts.model import Account, AccountState, LoginMethodUsed
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession, open_login
from cosign.audit.model import AuditEvent
from cosign.brands import CancelledNumber, Operation, PasswordStep
from cosign.clock import Clock


def register(
    unit: AccountUnit,
    *,
    ticket: str,
    password_hash: str,
    accepted: Sequence[str],
    insists: bool,
    by: LoginBy,
    tokens: RefreshTokens,
    clock: Clock,
) -> OpenedSession:
    """Makes an account for the number of a ticket and logs in.

    Args:
        unit: A write transaction.
        ticket: Of purpose REGISTER.
        password_hash: Of a password that met the rules; empty for none.
        accepted: Documents the user ticked.
        insists: Make a new account although a cancelled one could be asked back.
        by: The calling phone.
        tokens: Makes the refresh token.
        clock: Present time.

    Raises:
        TicketInvalid, PhoneTaken, AccountCancelled, ConsentRequired.
        LoginMethodOff: The brand has no explicit registration.
        BrandUnknown, and what `open_login` raises.
    """
    proved = take_ticket(unit, ticket, CodePurpose.REGISTER, clock=clock)
    if not unit.policy(proved.brand).registration.explicit:
        raise LoginMethodOff("the brand registers at the first login")
    account = add_account(
        unit,
        brand=proved.brand,
        phone_number=proved.phone_number,
        password_hash=password_hash,
        insists=insists,
        clock=clock,
    )
    session = open_login(
        unit,
        account=account,
        by=by,
        method=LoginMethodUsed.REGISTER,
        tokens=tokens,
        clock=clock,
        registered=True,
    )
    unit.consent(account.account_id, account.brand, Operation.REGISTER, accepted, session.device_id)
    return session


def add_account(
    unit: AccountUnit, *, brand: str, phone_number: str, password_hash: str, insists: bool, clock: Clock
) -> Account:
    """Stores an account: ACTIVE, or REGISTERED while a password that the brand demands is missing.

    Raises:
        PhoneTaken: The number has an account.
        AccountCancelled: It had one that can be asked back, and the user has not insisted.
    """
    registration = unit.policy(brand).registration
    asks_back = registration.cancelled_number is CancelledNumber.APPEAL and not insists
    if asks_back and unit.closing.cancelled_number(brand, phone_number):
        raise AccountCancelled("the account of this number was cancelled")
    waits = registration.password is PasswordStep.REQUIRED and not password_hash
    account = Account(
        account_id=ids.new_id(ids.ACCOUNT, clock.now_ms()),
        brand=brand,
        state=AccountState.REGISTERED if waits else AccountState.ACTIVE,
        created_at=clock.now(),
        password_hash=password_hash,
    )
    unit.accounts.add(account, phone_number)
    unit.audit(AuditEvent.ACCOUNT_REGISTERED, account_id=account.account_id)
    return account
