"""A member accepts an invitation: authenticator, password, recovery codes (R-ADM-21).

begin_enrolment    a secret for the authenticator
finish_enrolment   the first code of it, and a password: the account is ACTIVE
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.staff import totp
from cosign.staff.faults import InvitationInvalid, OneTimeCodeWrong
from cosign.staff.model import StaffMember, StaffState
from cosign.staff.ports import StaffUnit
from cosign.staff.rules import StaffRules


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What the authenticator takes."""

    secret: bytes
    uri: str


def new_invitation() -> str:
    """256 random bits; shown once to who invites."""
    return secrets.token_urlsafe(32)


def invitation_hash(invitation: str) -> bytes:
    """What is stored of an invitation, 32 bytes."""
    return hashlib.sha256(invitation.encode()).digest()


def invited_member(unit: StaffUnit, *, login_name: str, invitation: str, clock: Clock) -> StaffMember:
    """The member an invitation is for. Raises InvitationInvalid, whatever is wrong."""
    member = unit.members.by_login_name(login_name)
    good = member is not None and hmac.compare_digest(member.invitation_hash, invitation_hash(invitation))
    if (
        member is None
        or not good
        or member.state is not StaffState.INVITED
        or member.invitation_expires_at is None
        or member.invitation_expires_at <= clock.now()
    ):
        raise InvitationInvalid("unknown, used or expired invitation")
    return member


def begin_enrolment(unit: StaffUnit, *, login_name: str, invitation: str, rules: StaffRules, clock: Clock) -> Enrolment:
    """Makes a new secret for the authenticator; one that was made before is good no more. Raises InvitationInvalid."""
    member = invited_member(unit, login_name=login_name, invitation=invitation, clock=clock)
    secret = totp.new_secret()
    unit.members.set_totp_secret(member.staff_id, secret)
    return Enrolment(secret, totp.provisioning_uri(secret, login_name=login_name, issuer=rules.issuer))


def finish_enrolment(
    unit: StaffUnit, *, login_name: str, invitation: str, password_hash: str, code: str, clock: Clock
) -> tuple[StaffMember, list[str]]:
    """Makes the account ACTIVE.

    Args:
        unit: A write transaction.
        login_name: Of the member.
        invitation: From who invited.
        password_hash: Of a password that keeps the rules.
        code: What the authenticator shows now.
        clock: Present time.

    Returns:
        The member and ten recovery codes, which exist nowhere else.

    Raises:
        InvitationInvalid.
        OneTimeCodeWrong: Also when `begin_enrolment` was not called.
        ConcurrentOperation: Another call was first.
    """
    member = invited_member(unit, login_name=login_name, invitation=invitation, clock=clock)
    secret = unit.members.totp_secret(member.staff_id)
    step = totp.matching_step(secret, code, clock.now()) if secret else None
    if step is None:
        raise OneTimeCodeWrong("the code does not match")
    active = unit.members.enrol(member, password_hash=password_hash, totp_counter=step, now=clock.now())
    codes = renew_codes(unit, staff_id=member.staff_id)
    unit.audit(AuditEvent.STAFF_ENROLLED, object_id=member.staff_id, actor=member.staff_id)
    return active, codes


def renew_codes(unit: StaffUnit, *, staff_id: str) -> list[str]:
    """Replaces the recovery codes; the old ones are good no more."""
    codes = totp.new_recovery_codes()
    unit.members.set_recovery_codes(staff_id, [totp.recovery_hash(staff_id, code) for code in codes])
    return codes
