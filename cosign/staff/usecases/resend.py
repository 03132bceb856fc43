"""Has a message of an account sent again: a user says that he got nothing (R-ADM-24)."""

import datetime as dt
from typing import Final

from cosign.accounts import AccountState
from cosign.accounts.faults import AccountStateRefused
from cosign.audit.model import AuditEvent
from cosign.errors import RateLimited
from cosign.messages import Channel, InboxUnit, resend
from cosign.staff.roles import Permission
from cosign.staff.usecases.look_up import Looking, known_account

PER_MESSAGE: Final = 3
"""How often one message may be sent again within a day."""
PER_ACCOUNT: Final = 10
"""How many messages may be sent to one account again within a day."""
_DAY: Final = dt.timedelta(days=1)


def resend_message(look: Looking, inbox: InboxUnit, *, account_id: str, message_id: str) -> tuple[Channel, ...]:
    """Puts a stored message into the outbox once more.

    Args:
        look: A write transaction, and who asks.
        inbox: Messages on the same transaction.
        account_id: Whose.
        message_id: Which.

    Returns:
        The channels it goes by first; others follow where one fails for good.

    Raises:
        PermissionMissing.
        ResourceNotFound, BrandHidden: No such account, or it has no such message.
        AccountStateRefused: The account has ended: it has no address.
        MessageStateRefused: What the message asked for is settled, or it has no channel but the inbox.
        RateLimited: It was sent again three times, or the account's messages ten times, within a day.
    """
    look.principal.require(Permission.MESSAGE_RESEND)
    account = known_account(look, account_id)
    if account.state in (AccountState.CANCELLED, AccountState.APPEALING):
        raise AccountStateRefused(f"the account is {account.state.value}")
    _, channels = resend(inbox, account_id=account_id, message_id=message_id)
    now = look.clock.now()
    for subject, limit in ((f"resent:{message_id}", PER_MESSAGE), (f"resent:{account_id}", PER_ACCOUNT)):
        until = look.staff.attempts.charge(subject, limit=limit, now=now, window=_DAY, lock=_DAY)
        if until is not None:
            wait = round((until - now).total_seconds() * 1000)
            raise RateLimited("sent again too often", retry_after_ms=max(wait, 1))
    look.staff.audit(
        AuditEvent.MESSAGE_RESENT, subject_id=account_id, object_id=message_id, actor=look.principal.staff_id
    )
    return channels
