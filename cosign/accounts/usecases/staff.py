"""What operators and staff do to accounts and their devices (R-ADM-24): suspend, unlock, block, release."""

from cosign.accounts.faults import AccountStateRefused, DeviceStateRefused
from cosign.accounts.model import Account, AccountState
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.login_sms import failures_of
from cosign.accounts.usecases.passwords import end_sessions, own_account
from cosign.accounts.usecases.withdraw import BY_ACCOUNT
from cosign.audit.model import AuditEvent
from cosign.devices.model import Device
from cosign.errors import ResourceNotFound

BY_STAFF = "staff"
"""Who blocked a device: two members of staff; the user cannot release it himself."""
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


def block_device(unit: AccountUnit, *, device_id: str) -> None:
    """Lets a device of an account rest until staff release it; its sessions end.

    Raises:
        ResourceNotFound, DeviceStateRefused.
    """
    device = _device(unit, device_id)
    if not unit.devices.block(device_id, by=BY_STAFF):
        raise DeviceStateRefused(f"the device is {device.state.value}")
    unit.sessions.end_all(device.user_id, "blocked", device_id=device_id)
    unit.audit(AuditEvent.DEVICE_BLOCKED, account_id=device.user_id, device_id=device_id)


def release_device(unit: AccountUnit, *, device_id: str) -> None:
    """Releases a device that staff blocked. Raises ResourceNotFound, DeviceStateRefused."""
    device = _device(unit, device_id)
    if not unit.devices.release(device_id, by=BY_STAFF):
        raise DeviceStateRefused("the device was not blocked by staff")
    unit.audit(AuditEvent.DEVICE_RELEASED, account_id=device.user_id, device_id=device_id)


def _device(unit: AccountUnit, device_id: str) -> Device:
    device = unit.devices.device(device_id)
    if device is None or unit.phones.get(device_id) is None:
        raise ResourceNotFound("no such device of an account")
    return device
