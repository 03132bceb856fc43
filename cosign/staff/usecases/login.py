"""Login of staff: password and a code of the authenticator, or a recovery code, with lockout (R-ADM-21).

    begin     charges the attempt to name and address, before anything is compared
    (the servicer compares the password in the pool of slow hashes; for an unknown name a hash of nobody)
    finish    checks the rest and opens a session, or records the failure

Unknown names are charged and locked like known ones, and every failure gets one answer: what a caller sees does not
depend on the account, nor on which of the proofs was wrong.
"""

import dataclasses
import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final

from cosign import ids
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, CosignFault
from cosign.staff import totp
from cosign.staff.faults import StaffLoginFailed, StaffLoginLocked
from cosign.staff.model import StaffLogin, StaffMember, StaffSession, StaffState
from cosign.staff.ports import StaffUnit
from cosign.staff.rules import StaffRules
from cosign.staff.usecases.sessions import token_hash

ADDRESS_FACTOR: Final = 4
"""An address may fail so many times as often as a name: offices share addresses."""
_NO_SECRET: Final = bytes(totp.SECRET_BYTES)
"""Stands in for the secret of nobody."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Attempt:
    """A charged attempt."""

    login_name: str
    address: str
    network: str
    """Of the address, without what names one machine; kept in the login history."""
    certificate_hash: bytes
    member: StaffMember | None
    """None if there is no such member: the attempt will fail, after the same work."""

    @property
    def stored(self) -> str:
        """The hash to compare with; empty for nobody."""
        return "" if self.member is None else self.member.password_hash


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpenedStaffSession:
    """A session and its bearer, which is stored nowhere."""

    session: StaffSession
    member: StaffMember
    token: str
    recovery_codes_left: int


def begin(
    unit: StaffUnit,
    *,
    login_name: str,
    address: str,
    network: str,
    certificate_hash: bytes,
    rules: StaffRules,
    clock: Clock,
) -> Attempt | CosignFault:
    """Charges an attempt. Returns StaffLoginLocked when name or address has failed too often."""
    charged = charge(unit, login_name=login_name, address=address, rules=rules, clock=clock)
    if charged is not None:
        return charged
    member = unit.members.by_login_name(login_name)
    return Attempt(
        login_name=login_name, address=address, network=network, certificate_hash=certificate_hash, member=member
    )


def charge(
    unit: StaffUnit, *, login_name: str, address: str, rules: StaffRules, clock: Clock
) -> StaffLoginLocked | None:
    """Counts an attempt of a name from an address; StaffLoginLocked when it may not be made."""
    now = clock.now()
    counters = {_name(login_name): rules.failures, _address(address): rules.failures * ADDRESS_FACTOR}
    for subject, limit in counters.items():
        until = unit.attempts.charge(subject, limit=limit, now=now, window=rules.lock, lock=rules.lock)
        if until is not None:
            wait = round((until - now).total_seconds() * 1000)
            return StaffLoginLocked("too many failed logins", retry_after_ms=max(wait, 1))
    return None


def uncharge(unit: StaffUnit, *, login_name: str, address: str) -> None:
    """The attempt was right: the count of the name starts again, the address gets this one back."""
    unit.attempts.forget(_name(login_name))
    unit.attempts.give_back(_address(address))


def forget_failures(unit: StaffUnit, login_name: str) -> None:
    """A security officer has unlocked the name."""
    unit.attempts.forget(_name(login_name))


def finish(
    unit: StaffUnit,
    *,
    attempt: Attempt,
    password_right: bool,
    rehashed: str,
    code: str,
    rules: StaffRules,
    clock: Clock,
) -> OpenedStaffSession | CosignFault:
    """Opens a session if everything is right.

    Args:
        unit: A write transaction.
        attempt: What `begin` charged.
        password_right: What the comparison said.
        rehashed: The password at the present cost, or empty.
        code: Six digits of the authenticator, or a recovery code.
        rules: Of staff.
        clock: Present time.

    Returns:
        StaffLoginFailed, to be raised after the commit.
    """
    now = clock.now()
    member = unit.members.get(attempt.member.staff_id) if attempt.member is not None else None
    code_right = _check_code(unit, member, code, now, use=password_right)
    if (
        member is None
        or not password_right
        or not code_right
        or member.password_hash != attempt.stored
        or member.state not in (StaffState.ACTIVE, StaffState.LOCKED)
        or member.is_locked(now)
        or (member.certificate_hash and member.certificate_hash != attempt.certificate_hash)
    ):
        return _failed(unit, attempt, member, rules, clock)
    if member.state is StaffState.LOCKED:  # its time is over
        member = unit.members.become(member, StaffState.ACTIVE)
        unit.audit(AuditEvent.STAFF_UNLOCKED, outcome="time", object_id=member.staff_id, actor=member.staff_id)
    uncharge(unit, login_name=attempt.login_name, address=attempt.address)
    if rehashed:
        unit.members.store_rehash(member.staff_id, member.password_hash, rehashed)
        member = dataclasses.replace(member, password_hash=rehashed)
    return _open(unit, member, attempt, rules, clock)


def _check_code(unit: StaffUnit, member: StaffMember | None, code: str, now: dt.datetime, *, use: bool) -> bool:
    """Whether the second proof is right; it is used up only when the password was right as well."""
    secret = unit.members.totp_secret(member.staff_id) if member is not None else b""
    if len(code) == totp.DIGITS and code.isascii() and code.isdigit():
        step = totp.matching_step(secret or _NO_SECRET, code, now)
        return bool(member and secret and use and step is not None) and unit.members.use_totp_step(
            member.staff_id if member else "", step or 0
        )
    if member is None or not use:
        return False
    return unit.members.use_recovery_code(member.staff_id, totp.recovery_hash(member.staff_id, code))


def _failed(
    unit: StaffUnit, attempt: Attempt, member: StaffMember | None, rules: StaffRules, clock: Clock
) -> StaffLoginFailed:
    now = clock.now()
    if member is not None:
        _history(unit, member.staff_id, StaffLoginFailed.reason, attempt.network, clock)
    unit.audit(
        AuditEvent.STAFF_LOGIN, outcome=StaffLoginFailed.reason, object_id=member.staff_id if member else "nobody"
    )
    count, until = unit.attempts.counted(_name(attempt.login_name), now=now)
    if count >= rules.failures and member is not None and member.state is StaffState.ACTIVE:
        try:
            unit.members.become(member, StaffState.LOCKED, locked_until=until)
        except ConcurrentOperation:  # another failed attempt was first
            pass
        else:
            unit.audit(AuditEvent.STAFF_LOCKED, object_id=member.staff_id)
    return StaffLoginFailed("name, password or code is wrong")


def _open(
    unit: StaffUnit, member: StaffMember, attempt: Attempt, rules: StaffRules, clock: Clock
) -> OpenedStaffSession:
    now, token = clock.now(), secrets.token_urlsafe(32)
    session = StaffSession(
        session_id=ids.new_id(ids.STAFF_SESSION, clock.now_ms()),
        staff_id=member.staff_id,
        created_at=now,
        last_used_at=now,
        expires_at=now + rules.sessions.absolute,
        certificate_hash=attempt.certificate_hash,
    )
    unit.sessions.add(session, token_hash(token))
    _history(unit, member.staff_id, "done", attempt.network, clock)
    unit.audit(AuditEvent.STAFF_LOGIN, object_id=member.staff_id, actor=member.staff_id)
    left = unit.members.recovery_codes_left(member.staff_id)
    return OpenedStaffSession(session=session, member=member, token=token, recovery_codes_left=left)


def _history(unit: StaffUnit, staff_id: str, result: str, network: str, clock: Clock) -> None:
    login_id = ids.new_id(ids.STAFF_LOGIN, clock.now_ms())
    unit.sessions.add_login(staff_id, StaffLogin(login_id, clock.now(), result, network))


def _name(login_name: str) -> str:
    return f"name:{login_name}"


def _address(address: str) -> str:
    return f"address:{address}"
