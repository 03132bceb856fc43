"""How an account ends: the days of grace, and the cascade (R-ACC-25, section 3.12).

announce    ACTIVE to CANCELLING: sessions end, the keys rest, a login takes it back (`usecases.withdraw`)
close       sessions, devices with their shares, identities, secrets, number and all the user could see go in every
            area (`PersonalArea.cancel`); a tombstone and evidence stay until the account is erased
close_due   what a sweep does with an account whose days are over
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cosign.accounts.model import Account, AccountState
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.usecases.change_lost_number import give_up
from cosign.accounts.usecases.devices import drop_device, own_device
from cosign.accounts.usecases.passwords import end_sessions
from cosign.accounts.usecases.withdraw import BY_ACCOUNT
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.messages import MessageKind

POSTPONED: Final = dt.timedelta(days=1)
"""When a cancellation that something stands in the way of is tried again."""
_ALL: Final = 1_000
"""More devices than any account has."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a cancellation did."""

    device_ids: Sequence[str]
    """Devices whose keys rest or are gone."""
    cancel_at: dt.datetime | None = None
    """Until when a login takes it back; None: it is done."""


def announce(unit: AccountUnit, *, account: Account, days: int, reason: str, clock: Clock) -> Cancelled:
    """Begins the days of grace. Raises AccountStateRefused."""
    account_id, cancel_at = account.account_id, clock.now() + dt.timedelta(days=days)
    unit.accounts.become(account, AccountState.CANCELLING)
    unit.closing.announce(account_id, cancel_at, reason=reason)
    end_sessions(unit, account_id, "cancelling")
    rested = [phone.device_id for phone in unit.phones.of(account_id, before="", limit=_ALL)]
    for device_id in rested:
        unit.devices.block(device_id, by=BY_ACCOUNT)
    time = cancel_at.strftime("%Y-%m-%d %H:%M:%S")
    unit.tell(account_id, MessageKind.CANCELLATION_REQUESTED, target=account_id, time=time)
    unit.audit(AuditEvent.CANCELLATION_REQUESTED, account_id=account_id)
    return Cancelled(rested, cancel_at)


def close(unit: AccountUnit, *, account: Account, reason: str, clock: Clock) -> list[str]:
    """Ends an account in one transaction; returns the devices whose shares were destroyed.

    Raises:
        AccountStateRefused: Its state does not allow it.
        ConcurrentOperation: Somebody else ends it, or its user came back.
    """
    account_id = account.account_id
    unit.close_reviews(account_id)  # first, as a decision changes the review first: neither waits for the other
    unit.accounts.become(account, AccountState.CANCELLED)
    unit.close_reviews(account_id)  # what was handed in meanwhile; from here on nothing is (`Accounts.hold`)
    unit.cancelled(account_id)  # before the message that the user finds if the account is given back
    unit.tell(account_id, MessageKind.ACCOUNT_CANCELLED)
    give_up(unit, account_id=account_id, clock=clock)
    end_sessions(unit, account_id, "cancelled")
    dropped = []
    for phone in unit.phones.of(account_id, before="", limit=_ALL):
        drop_device(unit, own_device(unit, account_id, phone.device_id), clock=clock)
        dropped.append(phone.device_id)
    unit.accounts.end_identities(account_id=account_id, now=clock.now())
    unit.closing.bury(account, reason=reason, now=clock.now())
    unit.audit(AuditEvent.ACCOUNT_CANCELLED, account_id=account_id)
    return dropped


def close_due(unit: AccountUnit, *, account_id: str, others: Sequence[Blockers], clock: Clock) -> list[str]:
    """Ends an account whose days of grace are over; returns the devices whose shares were destroyed.

    What has come to stand in the way since postpones it by a day. Nothing happens when the user came back meanwhile,
    or another node was first.

    Raises:
        ConcurrentOperation: Another node does it now.
    """
    account = unit.accounts.get(account_id)
    now = clock.now()
    if account is None or account.state is not AccountState.CANCELLING:
        return []
    if account.cancel_at is None or account.cancel_at > now:
        return []
    reason = unit.closing.announced_reason(account_id)
    if any(other.blockers(unit, account_id) for other in others):
        unit.closing.announce(account_id, now + POSTPONED, reason=reason)
        unit.audit(AuditEvent.CANCELLATION_REQUESTED, outcome="postponed", account_id=account_id)
        return []
    return close(unit, account=account, reason=reason, clock=clock)
