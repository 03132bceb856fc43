"""What security officers and operators do to staff accounts (R-ADM-21).

`actor` is the staff id of a security officer, or `operator` for `cosignctl`. Nobody acts on his own account, and the
last security officer stays.
"""

from collections.abc import Collection
from typing import Final

from cosign import ids
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.staff.faults import LastSecurityOfficer, OwnAccountRefused, StaffStateRefused
from cosign.staff.model import StaffMember, StaffState, checked_login_name, checked_name
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import Role, checked_roles
from cosign.staff.rules import StaffRules
from cosign.staff.scope import BrandScope, check_scope
from cosign.staff.usecases.enrol import invitation_hash, new_invitation
from cosign.staff.usecases.login import forget_failures

OPERATOR: Final = "operator"
_WORKING: Final = (StaffState.ACTIVE, StaffState.LOCKED)


def invite(
    unit: StaffUnit,
    *,
    login_name: str,
    name: str,
    roles: Collection[Role],
    actor: str,
    rules: StaffRules,
    clock: Clock,
    brands: BrandScope = None,
) -> tuple[StaffMember, str]:
    """Makes an account that waits for its owner.

    Args:
        unit: A write transaction.
        login_name: 3 to 32 characters, see `StaffMember`.
        name: Of the person, 1 to 64 characters.
        roles: May be empty: then he can log in and do nothing until he gets some.
        actor: Who invites.
        rules: Of staff.
        clock: Present time.
        brands: Whose affairs he sees and touches; None: of all.

    Returns:
        The member and the invitation, which is stored nowhere.

    Raises:
        FieldInvalid, StaffNameTaken, RolesRefused.
    """
    check_scope(roles, brands)
    invitation = new_invitation()
    member = StaffMember(
        staff_id=ids.new_id(ids.STAFF, clock.now_ms()),
        login_name=checked_login_name(login_name),
        roles=checked_roles(roles) if roles else frozenset(),
        brands=brands,
        state=StaffState.INVITED,
        created_at=clock.now(),
        invitation_hash=invitation_hash(invitation),
        invitation_expires_at=clock.now() + rules.invitation,
    )
    unit.members.add(member, checked_name(name))
    unit.audit(AuditEvent.STAFF_INVITED, object_id=member.staff_id, actor=actor)
    return member, invitation


def reset(
    unit: StaffUnit, *, staff_id: str, actor: str, keep_roles: bool, rules: StaffRules, clock: Clock
) -> tuple[StaffMember, str]:
    """Takes password, authenticator and recovery codes away and invites the member again; also after DISABLED.

    He stays bound to his brands. `keep_roles` false takes the roles as well: who gets the invitation could use them.

    Returns:
        The member as he was before, in his new state, and the invitation.

    Raises:
        ResourceNotFound, OwnAccountRefused, StaffStateRefused, ConcurrentOperation.
        LastSecurityOfficer: Not for `operator`, whose way back this is.
    """
    member = other_member(unit, staff_id, actor)
    if actor != OPERATOR:
        _keep_one(unit, member)
    invitation = new_invitation()
    changed = unit.members.invite(
        member, invitation_hash=invitation_hash(invitation), expires_at=clock.now() + rules.invitation
    )
    if not keep_roles and member.roles:
        unit.members.set_roles(changed, (), changed.brands)
    unit.sessions.end_all(staff_id, "reset")
    forget_failures(unit, member.login_name)
    unit.audit(AuditEvent.STAFF_RESET, object_id=staff_id, actor=actor)
    return changed, invitation


def disable(unit: StaffUnit, *, staff_id: str, actor: str) -> StaffMember:
    """Ends an account until it is reset; its sessions end now.

    Raises:
        ResourceNotFound, OwnAccountRefused, LastSecurityOfficer, StaffStateRefused, ConcurrentOperation.
    """
    member = other_member(unit, staff_id, actor)
    _keep_one(unit, member)
    changed = unit.members.become(member, StaffState.DISABLED)
    unit.sessions.end_all(staff_id, "disabled")
    unit.audit(AuditEvent.STAFF_DISABLED, object_id=staff_id, actor=actor)
    return changed


def unlock(unit: StaffUnit, *, staff_id: str, actor: str) -> StaffMember:
    """LOCKED to ACTIVE. Raises ResourceNotFound, OwnAccountRefused, StaffStateRefused, ConcurrentOperation."""
    member = other_member(unit, staff_id, actor)
    if member.state is not StaffState.LOCKED:
        raise StaffStateRefused(f"the staff account is {member.state.value}, not locked")
    changed = unit.members.become(member, StaffState.ACTIVE)
    forget_failures(unit, member.login_name)
    unit.audit(AuditEvent.STAFF_UNLOCKED, object_id=staff_id, actor=actor)
    return changed


def set_roles(
    unit: StaffUnit,
    *,
    staff_id: str,
    roles: Collection[Role],
    brands: BrandScope,
    actor: str,
    second: str = "",
) -> StaffMember:
    """Replaces the roles and brands of somebody else; they hold from his next call on.

    Args:
        unit: A write transaction.
        staff_id: Whose.
        roles: At least one, and none that excludes another.
        brands: Whose affairs he sees and touches; None: of all.
        actor: Who wants it.
        second: Who approved it; empty where nobody has to.

    Raises:
        ResourceNotFound, OwnAccountRefused, RolesRefused, LastSecurityOfficer, ConcurrentOperation.
        StaffStateRefused: He is disabled.
    """
    wanted = checked_roles(roles)
    check_scope(wanted, brands)
    member = other_member(unit, staff_id, actor)
    other_member(unit, staff_id, second)
    if member.state is StaffState.DISABLED:
        raise StaffStateRefused("the staff account is disabled")
    if Role.SECURITY_OFFICER not in wanted:
        _keep_one(unit, member)
    changed = unit.members.set_roles(member, wanted, brands)
    if wanted != member.roles or brands == member.brands:
        unit.audit(AuditEvent.STAFF_ROLES_CHANGED, object_id=staff_id, actor=second or actor)
    if brands != member.brands:
        unit.audit(AuditEvent.STAFF_BRANDS_CHANGED, object_id=staff_id, actor=second or actor)
    return changed


def bind_certificate(unit: StaffUnit, *, staff_id: str, certificate_hash: bytes, actor: str) -> StaffMember:
    """Names the client certificate a member must show; empty: none. His sessions end.

    Raises:
        ResourceNotFound, OwnAccountRefused.
    """
    member = other_member(unit, staff_id, actor)
    unit.members.set_certificate(staff_id, certificate_hash)
    unit.sessions.end_all(staff_id, "certificate")
    unit.audit(AuditEvent.STAFF_CERTIFICATE_BOUND, object_id=staff_id, actor=actor)
    return unit.members.get(staff_id) or member


def end_sessions(unit: StaffUnit, *, staff_id: str, actor: str) -> int:
    """Ends all sessions of somebody else; returns how many. Raises ResourceNotFound, OwnAccountRefused."""
    other_member(unit, staff_id, actor)
    count = unit.sessions.end_all(staff_id, "revoked")
    unit.audit(AuditEvent.STAFF_SESSION_ENDED, outcome="revoked", object_id=staff_id, actor=actor)
    return count


def demand_password(unit: StaffUnit, *, staff_id: str, actor: str) -> StaffMember:
    """He must change his password before anything else. Raises ResourceNotFound, OwnAccountRefused."""
    member = other_member(unit, staff_id, actor)
    unit.members.require_password_change(staff_id)
    unit.audit(AuditEvent.STAFF_PASSWORD_OLD, object_id=staff_id, actor=actor)
    return unit.members.get(staff_id) or member


def get_member(unit: StaffUnit, staff_id: str) -> StaffMember:
    """Raises ResourceNotFound."""
    member = unit.members.get(staff_id)
    if member is None:
        raise ResourceNotFound("no such member of staff")
    return member


def other_member(unit: StaffUnit, staff_id: str, actor: str) -> StaffMember:
    """A member who is not the caller himself. Raises ResourceNotFound, OwnAccountRefused."""
    if staff_id == actor:
        raise OwnAccountRefused("not on your own account")
    return get_member(unit, staff_id)


def _keep_one(unit: StaffUnit, member: StaffMember) -> None:
    if Role.SECURITY_OFFICER not in member.roles or member.state not in _WORKING:
        return
    if all(one.staff_id == member.staff_id for one in unit.members.security_officers()):
        raise LastSecurityOfficer("the last security officer stays")
