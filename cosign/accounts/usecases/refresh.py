"""Renewal and end of sessions (R-ACC-27, R-ACC-29)."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from cosign.accounts.faults import AccountSuspended, SessionReplaced
from cosign.accounts.model import AccountState, LoginSession
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens, read_token
from cosign.accounts.usecases.open_login import OpenedSession, issue_bearer
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.devices.model import PROOF_WINDOW, Device, DeviceProof
from cosign.devices.usecases.open_session import check_usable
from cosign.errors import SessionEnded
from cosign.messages import MessageKind
from protocol.errors import BadSignature, DeviceProofInvalid

REPEAT_WINDOW: Final = dt.timedelta(seconds=60)
"""How long the token before the newest one is answered again: the answer may have been lost."""
REUSED: Final = "reused"
_TELLING: Final = frozenset({REUSED, "replaced"})
"""Ends that the phone is told apart from an ordinary one."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Shown:
    """A genuine refresh token."""

    session: LoginSession
    generation: int
    device: Device
    proof: DeviceProof
    stolen: bool
    """Whether another device than the session's showed it."""


def show(unit: AccountUnit, *, token: str, proof: DeviceProof, tokens: RefreshTokens, clock: Clock) -> Shown:
    """Reads a refresh token and checks the proof; writes nothing, so that a forged one takes no lock.

    Raises:
        SessionEnded: Not a token of this service.
        ClockSkew: The time of the proof is off.
    """
    read = read_token(token)
    session = unit.sessions.get(read.session_id)
    device = None if session is None else unit.devices.device(session.device_id)
    if session is None or device is None:
        raise SessionEnded("no such session")
    tokens.check(read, session.device_id)
    stolen = False
    try:
        proof.verify(device.public_key, clock.now())
    except BadSignature:
        stolen = True
    return Shown(session=session, generation=read.generation, device=device, proof=proof, stolen=stolen)


def refresh(unit: AccountUnit, *, shown: Shown, tokens: RefreshTokens, clock: Clock) -> OpenedSession | Exception:
    """Answers with the next token, or with the newest one when that was probably lost on its way.

    Returns:
        SessionReplaced, DeviceProofInvalid: The token was replaced before, or shown by another device. Its session
            has ended, the user is told, the trail has it.

    Raises:
        SessionEnded, SessionReplaced: The session has ended.
        ProofReplayed, DeviceUnbound, DeviceBlocked, AccountSuspended.
    """
    session = unit.sessions.get(shown.session.session_id)
    now = clock.now()
    if session is None or shown.generation > session.generation:
        raise SessionEnded("no such session")
    if session.ended_reason in _TELLING:
        raise SessionReplaced("the session was ended")
    if session.ended_reason or session.expires_at <= now:
        raise SessionEnded("the session has ended")
    if shown.stolen:
        end_stolen(unit, session, shown.device)
        return DeviceProofInvalid("not the device of the session")
    check_usable(shown.device)
    unit.devices.remember_nonce(shown.device.public_key, shown.proof.nonce, now + 2 * PROOF_WINDOW)
    account = own_account(unit, session.account_id)
    if account.state is AccountState.SUSPENDED:
        raise AccountSuspended("stopped by staff")
    policy = unit.policy(session.brand).sessions
    expires_at = now + dt.timedelta(days=policy.refresh_days)
    rotated = shown.generation == session.generation and unit.sessions.rotate(session, now=now, expires_at=expires_at)
    session = unit.sessions.get(session.session_id) or session  # another call may have rotated it meanwhile
    repeated = shown.generation == session.generation - 1 and now - session.refreshed_at <= REPEAT_WINDOW
    if not rotated and not repeated:
        end_stolen(unit, session, shown.device)
        return SessionReplaced("the token was replaced before")
    lifetime = dt.timedelta(seconds=policy.bearer_seconds)
    return issue_bearer(unit, session, acting=account.acting, lifetime=lifetime, tokens=tokens, clock=clock)


def end_stolen(unit: AccountUnit, session: LoginSession, device: Device) -> None:
    """Ends a session that two hold, on all nodes; audits and tells."""
    unit.sessions.end(session.session_id, REUSED)
    unit.devices.end_sessions(session.account_id, session_id=session.session_id)
    unit.audit(AuditEvent.SESSION_REUSED, account_id=session.account_id, device_id=session.device_id)
    unit.tell(session.account_id, MessageKind.SESSIONS_ENDED, target=session.device_id, device=device.display_name)


def logout(unit: AccountUnit, *, account_id: str, session_id: str, device_id: str) -> None:
    """Ends one session; device and keys stay, push messages no longer reach the phone."""
    if unit.sessions.end(session_id, "logout"):
        unit.audit(AuditEvent.SESSION_ENDED, outcome="logout", account_id=account_id, device_id=device_id)
    unit.devices.end_sessions(account_id, session_id=session_id)
    unit.phones.detach_push(device_id)
