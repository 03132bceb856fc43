"""What every way to log in ends with: the device, the session, the history (R-ACC-21, R-ACC-29).

Nothing is taken over from before the login: the session id, the bearer token and the refresh token are new, so that
nobody can prepare a session for somebody else.
"""

import datetime as dt
from dataclasses import dataclass

from cosign import ids
from cosign.accounts.faults import AccountSuspended, DevicesFull
from cosign.accounts.model import (
    Account,
    AccountState,
    DeviceDetails,
    LoginEntry,
    LoginMethodUsed,
    LoginSession,
    network_of,
)
from cosign.accounts.ports import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.assess import assess, refuse_unusual
from cosign.accounts.usecases.withdraw import withdraw
from cosign.audit.model import AuditEvent
from cosign.brands import RiskAnswer
from cosign.clock import Clock
from cosign.devices.model import (
    PROOF_WINDOW,
    Caller,
    Device,
    DeviceProof,
    DeviceState,
    new_session_token,
    token_hash,
)
from cosign.devices.usecases.open_session import check_usable
from cosign.errors import DeviceKeyTaken
from cosign.messages import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBy:
    """Through what a login is made. The servicer has verified the proof; its nonce is remembered here."""

    details: DeviceDetails
    proof: DeviceProof
    address: str
    """Of the caller; stored sealed and without its last part."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpenedSession:
    """What the phone gets."""

    session_id: str
    account_id: str
    device_id: str
    access_token: str
    access_expires_at: dt.datetime
    refresh_token: str
    refresh_expires_at: dt.datetime
    registered: bool = False


def open_login(
    unit: AccountUnit,
    *,
    account: Account,
    by: LoginBy,
    method: LoginMethodUsed,
    tokens: RefreshTokens,
    clock: Clock,
    registered: bool = False,
    risk: RiskAnswer | None = None,
) -> OpenedSession:
    """Takes a cancellation back that is not due yet, registers the device if it is new, opens a session.

    The device's former login ends, the history gets a row. `risk` is given by who has assessed the login already.

    Raises:
        AccountSuspended: Stopped by staff.
        LoginRisk: The login looks unusual to the brand's policy or to a judge.
        ProofReplayed: The proof was used before.
        DeviceKeyTaken: The device key belongs to another account.
        DeviceUnbound, DeviceBlocked: The device key may not be used again, or not now.
        DevicesFull: One more device than the brand allows.
    """
    if account.state is AccountState.SUSPENDED:
        raise AccountSuspended("stopped by staff")
    if account.state is AccountState.CANCELLING:
        account = withdraw(unit, account)
    policy, now, account_id = unit.policy(account.brand), clock.now(), account.account_id
    if not registered:
        key = by.details.public_key
        refuse_unusual(
            risk or assess(unit, account=account, public_key=key, address=by.address, method=method, clock=clock)
        )
    unit.devices.remember_nonce(by.details.public_key, by.proof.nonce, now + 2 * PROOF_WINDOW)
    device = unit.devices.device_by_key(by.details.public_key)
    if device is None:
        device = _add_device(
            unit, account, by.details, most=policy.devices.most, notice=policy.devices.notice, clock=clock
        )
    else:
        if device.user_id != account_id:
            raise DeviceKeyTaken("the device key belongs to another account")
        check_usable(device)
        if device.display_name != by.details.label:
            unit.devices.refresh_label(device.device_id, by.details.label)
    unit.phones.put(account_id, device.device_id, by.details, now)
    _end_others(unit, account_id, device.device_id, single=policy.sessions.single)
    session = LoginSession(
        session_id=ids.new_id(ids.SESSION, clock.now_ms()),
        account_id=account_id,
        device_id=device.device_id,
        brand=account.brand,
        generation=1,
        refreshed_at=now,
        expires_at=now + dt.timedelta(days=policy.sessions.refresh_days),
    )
    unit.sessions.add(session)
    record_login(
        unit, account_id=account_id, method=method, result="ok", device_id=device.device_id, by=by, clock=clock
    )
    lifetime = dt.timedelta(seconds=policy.sessions.bearer_seconds)
    return issue_bearer(
        unit, session, acting=account.acting, lifetime=lifetime, tokens=tokens, clock=clock, registered=registered
    )


def issue_bearer(
    unit: AccountUnit,
    session: LoginSession,
    *,
    acting: str,
    lifetime: dt.timedelta,
    tokens: RefreshTokens,
    clock: Clock,
    registered: bool = False,
) -> OpenedSession:
    """A new bearer token of a session, and the refresh token of its present generation."""
    access, until = new_session_token(), clock.now() + lifetime
    caller = Caller(session.device_id, session.account_id, session.session_id, session.brand, acting)
    unit.devices.add_session(token_hash(access), caller, until)
    return OpenedSession(
        session_id=session.session_id,
        account_id=session.account_id,
        device_id=session.device_id,
        access_token=access,
        access_expires_at=until,
        refresh_token=tokens.token(session.session_id, session.device_id, session.generation),
        refresh_expires_at=session.expires_at,
        registered=registered,
    )


def record_login(
    unit: AccountUnit,
    *,
    account_id: str,
    method: LoginMethodUsed,
    result: str,
    device_id: str,
    by: LoginBy,
    clock: Clock,
) -> None:
    """One row of history and one of audit."""
    unit.sessions.add_login(
        account_id,
        LoginEntry(
            login_id=ids.new_id(ids.LOGIN, clock.now_ms()),
            time=clock.now(),
            method=method.value,
            result=result,
            device_id=device_id,
            device_label=by.details.label,
            network=network_of(by.address),
        ),
    )
    outcome = "done" if result == "ok" else result
    unit.audit(AuditEvent.LOGIN, outcome=outcome, account_id=account_id, device_id=device_id)


def _add_device(
    unit: AccountUnit, account: Account, details: DeviceDetails, *, most: int, notice: bool, clock: Clock
) -> Device:
    known = unit.phones.of(account.account_id, before="", limit=most)
    if len(known) >= most:
        raise DevicesFull(f"the account has {len(known)} devices")
    device = Device(
        device_id=ids.new_id(ids.DEVICE, clock.now_ms()),
        user_id=account.account_id,
        display_name=details.label,
        public_key=details.public_key,
        state=DeviceState.ACTIVE,
        enrolled_at=clock.now(),
    )
    unit.devices.add_device(device)
    unit.audit(AuditEvent.DEVICE_ENROLLED, account_id=account.account_id, device_id=device.device_id)
    if known and notice:
        time = clock.now().strftime("%Y-%m-%d %H:%M:%S")
        unit.tell(account.account_id, MessageKind.NEW_DEVICE, target=device.device_id, device=details.label, time=time)
    return device


def _end_others(unit: AccountUnit, account_id: str, device_id: str, *, single: bool) -> None:
    """A login replaces the one before on the same device, and where the brand wants it all others."""
    ended = unit.sessions.end_all(account_id, "replaced", device_id="" if single else device_id)
    if ended:
        unit.devices.end_device_sessions(account_id, "" if single else device_id)
