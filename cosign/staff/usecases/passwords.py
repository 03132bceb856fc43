"""Passwords of staff: rules, change, and the demand to change (R-ADM-21)."""

from cosign.audit.model import AuditEvent
from cosign.brands.passwords import PasswordRule, check_password
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, FieldInvalid
from cosign.staff.faults import StaffPasswordWeak
from cosign.staff.model import StaffMember, StaffPrincipal
from cosign.staff.ports import StaffUnit
from cosign.staff.rules import StaffRules

MAX_PASSWORD_LENGTH = 128
"""Characters; longer ones are refused before they are hashed."""


def password_text(field: str, text: str) -> str:
    """Requires 1 to 128 characters. Raises FieldInvalid, which never holds the text."""
    if not 1 <= len(text) <= MAX_PASSWORD_LENGTH:
        raise FieldInvalid(field, f"must be 1 to {MAX_PASSWORD_LENGTH} characters")
    return text


def check_rules(rules: StaffRules, password: str, *, login_name: str) -> None:
    """Raises StaffPasswordWeak if a new password breaks a rule or holds the login name."""
    broken = [rule.value for rule in check_password(rules.password, password, name=login_name)]
    if broken:
        raise StaffPasswordWeak(broken)


def used_before() -> StaffPasswordWeak:
    """The refusal of a password that the member had before."""
    return StaffPasswordWeak([PasswordRule.USED_BEFORE.value])


def change_password(
    unit: StaffUnit,
    *,
    principal: StaffPrincipal,
    before: StaffMember,
    password_hash: str,
    rules: StaffRules,
    clock: Clock,
) -> None:
    """Stores a new password after the present one was proved; all other sessions end.

    Raises:
        ConcurrentOperation: The password changed since `before` was read.
    """
    member = unit.members.get(principal.staff_id)
    if member is None or member.password_hash != before.password_hash:
        raise ConcurrentOperation("the password changed meanwhile")
    unit.members.set_password(member.staff_id, password_hash, now=clock.now(), history=max(rules.password.history, 1))
    unit.sessions.end_all(member.staff_id, "password", keep=principal.session_id)
    unit.audit(AuditEvent.STAFF_PASSWORD_SET, object_id=member.staff_id, actor=member.staff_id)
