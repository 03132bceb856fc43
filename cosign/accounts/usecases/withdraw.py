"""The way back from a cancellation within its days of grace (section 3.12)."""

from typing import Final

from cosign.accounts.model import Account, AccountState
from cosign.accounts.ports import AccountUnit
from cosign.audit.model import AuditEvent
from cosign.messages import TargetKind

BY_ACCOUNT: Final = "account"
"""Who blocked a device: the suspension of its account, or its cancellation."""
_ALL: Final = 1_000
"""More devices than any account has."""


def withdraw(unit: AccountUnit, account: Account) -> Account:
    """The user has logged in: CANCELLING to ACTIVE, and the keys of his devices work again.

    Raises:
        AccountStateRefused: Not CANCELLING.
        ConcurrentOperation: Its time has just come.
    """
    changed = unit.accounts.become(account, AccountState.ACTIVE)
    unit.closing.withdraw(account.account_id)
    for phone in unit.phones.of(account.account_id, before="", limit=_ALL):
        unit.devices.release(phone.device_id, by=BY_ACCOUNT)
    unit.answered(account.account_id, TargetKind.ACCOUNT, account.account_id, "withdrawn")
    unit.audit(AuditEvent.CANCELLATION_WITHDRAWN, account_id=account.account_id)
    return changed
