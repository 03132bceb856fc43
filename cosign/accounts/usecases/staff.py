"""What operators do to accounts (R-ADM-24): suspend and release, and look up by number, masked."""

from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.model import Account, AccountState
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.login_sms import failures_of
from cosign.accounts.usecases.passwords import end_sessions, own_account
from cosign.accounts.usecases.withdraw import BY_ACCOUNT
from cosign.audit.model import AuditEvent

_ALL = 1_000


def suspend(unit: AccountUnit, *, account_id: str) -> Account:
    """Stops an account: sessions end on all nodes, its devices' keys rest.

    Raises:
        AccountStateRefused, ResourceNotFound.
    """
    account = own_account(unit, account_id)
    changed = unit.accounts.become(account, AccountState.SUSPENDED)
    end_sessions(unit, account_id, "suspended")
    for phone in unit.phones.of(account_id, before="", limit=_ALL):
        unit.devices.block(phone.device_id, by=BY_ACCOUNT)
    unit.audit(AuditEvent.ACCOUNT_SUSPENDED, account_id=account_id)
    return changed


def unlock_account(unit: AccountUnit, *, account_id: str) -> Account:
    """LOCKED or SUSPENDED to ACTIVE; devices that the suspension blocked are released.

    Raises:
        AccountStateRefused, ResourceNotFound.
    """
    account = own_account(unit, account_id)
    if account.state is AccountState.CANCELLING:
        raise AccountStateRefused("only its user takes a cancellation back, by a login")
    changed = unit.accounts.become(account, AccountState.ACTIVE)
    unit.codes.forget(account.brand, failures_of(unit.accounts.phone_number(account_id)))
    for phone in unit.phones.of(account_id, before="", limit=_ALL):
        unit.devices.release(phone.device_id, by=BY_ACCOUNT)
    unit.audit(AuditEvent.ACCOUNT_UNLOCKED, account_id=account_id)
    return changed
