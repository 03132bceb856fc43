"""Sessions of computers: who calls, what there is, and their end."""

import datetime as dt
from collections.abc import Sequence

from cosign.accounts.model import AccountState
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.computer_logins.model import ComputerPrincipal, ComputerSession
from cosign.computer_logins.ports import ComputerUnit
from cosign.errors import ResourceNotFound, SessionEnded

_IN_USE = frozenset({AccountState.ACTIVE, AccountState.LOCKED})


def caller(unit: ComputerUnit, *, token_hash: bytes, clock: Clock) -> ComputerPrincipal:
    """Who opened the session of a bearer token; asked of the database at every call, so its end holds at once.

    Raises:
        SessionEnded: No such session, or it, the phone's login or the account has ended.
    """
    session, now = unit.computers.by_token(token_hash), clock.now()
    if session is None or session.ended_reason or session.expires_at <= now:
        raise SessionEnded("the computer's session has ended")
    account = unit.accounts.accounts.get(session.account_id)
    if account is None or account.state not in _IN_USE or not is_alive(unit, session.session_id, now):
        raise SessionEnded("the login of the phone has ended")
    return ComputerPrincipal(session.account_id, session.computer_id, session.brand, session.acting, session.expires_at)


def is_alive(unit: ComputerUnit, session_id: str, now: dt.datetime) -> bool:
    """Whether the login of a phone has not ended."""
    session = unit.accounts.sessions.get(session_id)
    return session is not None and not session.ended_reason and session.expires_at > now


def list_computers(unit: ComputerUnit, *, account_id: str, clock: Clock) -> Sequence[ComputerSession]:
    """Computers that are logged in now, newest first; at most as many as the brand allows."""
    now = clock.now()
    return [one for one in unit.computers.living(account_id, now) if is_alive(unit, one.session_id, now)]


def end_computer(unit: ComputerUnit, *, account_id: str, computer_id: str, reason: str, clock: Clock) -> None:
    """Ends the session of one computer; nothing happens when it has ended. Raises ResourceNotFound."""
    living = unit.computers.living(account_id, clock.now())
    found = next((one for one in living if one.computer_id == computer_id), None)
    if found is None:
        raise ResourceNotFound("no such computer")
    unit.computers.end(computer_id, reason)
    unit.accounts.audit(AuditEvent.COMPUTER_LOGIN, outcome=reason, account_id=account_id, device_id=found.device_id)
