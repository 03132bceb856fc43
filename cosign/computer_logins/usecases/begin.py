"""A computer asks to be let in, and collects its session."""

import datetime as dt
import secrets
from dataclasses import dataclass

from cosign import ids
from cosign.accounts.faults import LoginMethodOff
from cosign.accounts.model import AccountState, LoginEntry, LoginMethodUsed, network_of
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.brands import LoginMethod
from cosign.clock import Clock
from cosign.computer_logins.model import (
    BEARER,
    ComputerLogin,
    ComputerLoginState,
    ComputerSession,
    encode_qr,
    new_number,
)
from cosign.computer_logins.ports import ComputerUnit
from cosign.computer_logins.usecases.sessions import is_alive
from cosign.devices.model import new_session_token, token_hash
from cosign.errors import ResourceNotFound, SessionEnded
from cosign.messages import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Begun:
    """What a computer gets."""

    login: ComputerLogin
    qr_text: str
    secret: str
    """Shows that it is this computer that asks; never shown to anybody."""
    number: str
    """Shown beside the QR code, repeated on the phone."""


@dataclass(frozen=True, slots=True, repr=False)
class Collected:
    """The session of a computer."""

    session: ComputerSession
    bearer: str


def begin(unit: ComputerUnit, *, brand: str, label: str, address: str, clock: Clock) -> Begun:
    """Stores a new login; nothing of an account is known yet.

    Raises:
        BrandUnknown.
        LoginMethodOff: The brand has no login of computers.
    """
    policy, now = unit.accounts.policy(brand), clock.now()
    if LoginMethod.PC_QR not in policy.login.methods:
        raise LoginMethodOff("the brand has no login of computers")
    ticket, secret, number = secrets.token_urlsafe(32), secrets.token_urlsafe(32), new_number()
    login = ComputerLogin(
        login_id=ids.new_id(ids.COMPUTER_LOGIN, clock.now_ms()),
        brand=brand,
        state=ComputerLoginState.WAITING,
        label=label,
        network=network_of(address),
        created_at=now,
        expires_at=now + dt.timedelta(seconds=policy.sessions.challenge_seconds),
    )
    unit.logins.add(login, ticket_hash=token_hash(ticket), secret_hash=token_hash(secret), number=number)
    return Begun(login=login, qr_text=encode_qr(brand, ticket), secret=secret, number=number)


def look(unit: ComputerUnit, *, login_id: str, secret: str, clock: Clock) -> ComputerLoginState:
    """Where a login stands now, for the computer that began it. Raises ResourceNotFound, also for a wrong secret."""
    login = unit.logins.of_computer(login_id, token_hash(secret))
    if login is None:
        raise ResourceNotFound("no such login")
    return login.at(clock.now())


def collect(unit: ComputerUnit, *, login_id: str, secret: str, clock: Clock) -> Collected:
    """CONFIRMED to CONSUMED: makes the session, which nobody but the computer that began ever sees.

    Raises:
        ResourceNotFound: No such login, or a wrong secret.
        ComputerLoginStateRefused, ConcurrentOperation: Not confirmed, or collected already.
        SessionEnded: The phone's login has ended since it approved.
    """
    login, now = unit.logins.of_computer(login_id, token_hash(secret)), clock.now()
    if login is None:
        raise ResourceNotFound("no such login")
    if login.at(now) is ComputerLoginState.EXPIRED:
        raise SessionEnded("the login took too long")
    unit.logins.become(login, ComputerLoginState.CONSUMED)
    account = own_account(unit.accounts, login.account_id)
    if account.state is not AccountState.ACTIVE or not is_alive(unit, login.session_id, now):
        raise SessionEnded("the login of the phone has ended")
    policy = unit.accounts.policy(login.brand).computers
    for old in unit.computers.living(login.account_id, now)[policy.most - 1 :]:
        unit.computers.end(old.computer_id, "replaced")
    session = ComputerSession(
        computer_id=ids.new_id(ids.COMPUTER, clock.now_ms()),
        account_id=login.account_id,
        brand=login.brand,
        device_id=login.device_id,
        session_id=login.session_id,
        acting=login.acting,
        label=login.label,
        network=login.network,
        opened_at=now,
        expires_at=now + dt.timedelta(minutes=policy.session_minutes),
    )
    bearer = BEARER + new_session_token()
    unit.computers.add(session, token_hash(bearer))
    _record(unit, session, clock)
    return Collected(session, bearer)


def _record(unit: ComputerUnit, session: ComputerSession, clock: Clock) -> None:
    accounts, account_id = unit.accounts, session.account_id
    entry = LoginEntry(
        login_id=ids.new_id(ids.LOGIN, clock.now_ms()),
        time=clock.now(),
        method=LoginMethodUsed.COMPUTER.value,
        result="ok",
        device_id=session.device_id,
        device_label=session.label,
        network=session.network,
    )
    accounts.sessions.add_login(account_id, entry)
    state = ComputerLoginState.CONSUMED.value
    accounts.audit(AuditEvent.COMPUTER_LOGIN, outcome=state, account_id=account_id, device_id=session.device_id)
    time = clock.now().strftime("%Y-%m-%d %H:%M:%S")
    accounts.tell(account_id, MessageKind.COMPUTER_LOGIN, target=account_id, device=session.label, time=time)
