"""Every method of the staff listener with every role: who may, may; who may not, is refused before anything else."""

from collections.abc import Mapping
from typing import Any, Final

from cosign.api.v1 import content_admin_pb2, lookup_pb2, proposal_pb2, staff_login_pb2, staff_pb2
from cosign.errors import CosignFault, SessionEnded
from cosign.staff import PERMISSIONS, Permission, PermissionMissing, Role
from cosign.staff.model import StaffSession
from cosign.staff.usecases.sessions import token_hash
from tests.cosign.staff.world import Context, World

ANYBODY: Final = "anybody"
"""Without a session."""
LOGGED_IN: Final = "logged in"
"""With a session of whatever role."""

NEEDED: Final[Mapping[str, Permission | str]] = {
    "StaffLoginService.BeginStaffEnrolment": ANYBODY,
    "StaffLoginService.FinishStaffEnrolment": ANYBODY,
    "StaffLoginService.OpenStaffSession": ANYBODY,
    "StaffLoginService.CloseStaffSession": LOGGED_IN,
    "StaffLoginService.GetOwnStaff": LOGGED_IN,
    "StaffLoginService.ChangeOwnStaffPassword": LOGGED_IN,
    "StaffLoginService.RenewRecoveryCodes": LOGGED_IN,
    "StaffLoginService.ListOwnStaffLogins": LOGGED_IN,
    "StaffService.InviteStaff": Permission.STAFF_MANAGE,
    "StaffService.ListStaff": Permission.STAFF_VIEW,
    "StaffService.GetStaff": Permission.STAFF_VIEW,
    "StaffService.ListStaffLogins": Permission.STAFF_VIEW,
    "StaffService.ChangeStaffRoles": Permission.STAFF_MANAGE,
    "StaffService.ChangeStaffBrands": Permission.STAFF_MANAGE,
    "StaffService.DisableStaff": Permission.STAFF_MANAGE,
    "StaffService.UnlockStaff": Permission.STAFF_MANAGE,
    "StaffService.ResetStaff": Permission.STAFF_MANAGE,
    "StaffService.BindStaffCertificate": Permission.STAFF_MANAGE,
    "StaffService.EndStaffSessions": Permission.STAFF_MANAGE,
    "StaffService.DemandStaffPassword": Permission.STAFF_MANAGE,
    "ProposalService.ListProposals": Permission.PROPOSALS_VIEW,
    "ProposalService.GetProposal": Permission.PROPOSALS_VIEW,
    "ProposalService.ApproveProposal": Permission.PROPOSALS_VIEW,
    "ProposalService.RejectProposal": Permission.PROPOSALS_VIEW,
    "ProposalService.WithdrawProposal": Permission.PROPOSALS_VIEW,
    "ContentAdminService.DraftContent": Permission.CONTENT_EDIT,
    "ContentAdminService.EditContent": Permission.CONTENT_EDIT,
    "ContentAdminService.PublishContent": Permission.CONTENT_PUBLISH,
    "ContentAdminService.WithdrawContent": Permission.CONTENT_PUBLISH,
    "ContentAdminService.ListContent": Permission.CONTENT_EDIT,
    "ContentAdminService.GetContent": Permission.CONTENT_EDIT,
    "LookupService.FindAccounts": Permission.ACCOUNT_VIEW,
    "LookupService.GetSupportAccount": Permission.ACCOUNT_VIEW,
    "LookupService.ListSupportDevices": Permission.ACCOUNT_VIEW,
    "LookupService.ListSupportLogins": Permission.ACCOUNT_VIEW,
    "LookupService.ListSupportOperations": Permission.OPERATIONS_VIEW,
    "LookupService.UnmaskField": Permission.UNMASK,
    "LookupService.ListUnmaskings": Permission.AUDIT_VIEW,
    "LookupService.UnlockAccount": Permission.ACCOUNT_UNLOCK,
    "LookupService.ListSupportMessages": Permission.ACCOUNT_VIEW,
    "LookupService.ResendMessage": Permission.MESSAGE_RESEND,
    "LookupService.ProposeFreeze": Permission.FREEZE,
}

FILES: Final = (staff_login_pb2, staff_pb2, proposal_pb2, lookup_pb2, content_admin_pb2)


def methods() -> dict[str, Any]:
    """Every method of these services and the message it takes."""
    return {
        f"{service.name}.{method.name}": method.input_type._concrete_class
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


async def outcome(desk: World, name: str, message: Any, context: Context) -> str:
    service, method = name.split(".")
    servicers = {
        "StaffLoginService": desk.logins,
        "StaffService": desk.members,
        "ProposalService": desk.proposals,
        "LookupService": desk.lookups,
        "ContentAdminService": desk.contents,
    }
    try:
        await getattr(servicers[service], method)(message(), context)
    except (PermissionMissing, SessionEnded) as fault:
        return fault.reason
    except CosignFault:
        return "let in"
    return "let in"


def session(desk: World, role: Role) -> Context:
    """A session of a member who has one role."""
    staff_id, token, now = desk.invite(role.value.replace("_", "-"), role).staff_id, role.value, desk.clock.now()
    with_password = desk.do(lambda unit: unit.members.get(staff_id))
    desk.do(lambda unit: unit.members.enrol(with_password, password_hash="x", totp_counter=0, now=now))
    made = StaffSession(
        session_id=f"sts_{role.value}",
        staff_id=staff_id,
        created_at=now,
        last_used_at=now,
        expires_at=now + desk.calls.rules.sessions.absolute,
    )
    desk.do(lambda unit: unit.sessions.add(made, token_hash(token)))
    return Context(token)


def test_every_method_is_in_the_matrix() -> None:
    """R-ADM-21."""
    assert set(methods()) == set(NEEDED)


async def test_every_method_with_every_role(desk: World) -> None:
    """R-ADM-21: the matrix of section 4."""
    others = {name: message for name, message in methods().items() if not name.endswith("CloseStaffSession")}
    for role in Role:
        context = session(desk, role)
        for name, message in others.items():
            needed = NEEDED[name]
            may = not isinstance(needed, Permission) or needed in PERMISSIONS[role]
            expected = "let in" if may else PermissionMissing.reason
            assert await outcome(desk, name, message, context) == expected, f"{role.value}: {name}"


async def test_every_method_without_a_session(desk: World) -> None:
    """R-ADM-21: a guest enrols and logs in, nothing else."""
    for name, message in methods().items():
        expected = "let in" if NEEDED[name] == ANYBODY else SessionEnded.reason
        assert await outcome(desk, name, message, Context()) == expected, name
