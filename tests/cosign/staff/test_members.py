"""Staff accounts: separation of duties, two persons for roles, nobody on his own account, the last one stays."""

import uuid
from typing import Any

import pytest

from cosign.api.v1 import proposal_pb2, staff_login_pb2
from cosign.api.v1 import staff_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import FieldInvalid, RequestIdReused, ResourceNotFound, SessionEnded
from cosign.staff import Permission, PermissionMissing, Role
from cosign.staff.faults import (
    LastSecurityOfficer,
    OwnAccountRefused,
    ProposalStateRefused,
    RolesRefused,
    SecondPersonNeeded,
    StaffLoginFailed,
    StaffNameTaken,
    StaffStateRefused,
)
from cosign.staff.model import STAFF_TRANSITIONS, StaffState
from cosign.staff.roles import CONFLICTS, PERMISSIONS, checked_roles
from cosign.staff.usecases import manage
from tests.cosign.staff.world import Context, Somebody, World


def new() -> str:
    return str(uuid.uuid4())


async def officers(world: World) -> tuple[Somebody, Context, Somebody, Context]:
    first = await world.member("officer-1", Role.SECURITY_OFFICER)
    second = await world.member("officer-2", Role.SECURITY_OFFICER)
    return first, await first.log_in(), second, await second.log_in()


async def invite(world: World, context: Context, login_name: str, *roles: str) -> pb.InviteStaffResponse:
    request = pb.InviteStaffRequest(login_name=login_name, name="Somebody", roles=roles, reason="joins the team")
    return await world.members.InviteStaff(request, context)


async def approve(world: World, context: Context, proposal_id: str) -> proposal_pb2.Proposal:
    request = proposal_pb2.ApproveProposalRequest(request_id=new(), proposal_id=proposal_id)
    return (await world.proposals.ApproveProposal(request, context)).proposal


def roles_of(world: World, staff_id: str) -> set[Role]:
    return set(world.do(lambda unit: unit.members.get(staff_id)).roles)


async def test_roles_need_a_second_security_officer(world: World) -> None:
    """R-ADM-21: whoever invites cannot give roles alone, nor approve himself; the second one may, once."""
    first, one, second, two = await officers(world)
    invited = await invite(world, one, "reviewer-1", "platform_reviewer")
    staff_id = invited.staff.staff_id
    assert not invited.staff.roles
    reviewer = await Somebody(world, staff_id, "reviewer-1", invited.invitation).enrol()
    context = await reviewer.log_in()
    own = await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), context)
    assert not own.staff.permissions
    with pytest.raises(SecondPersonNeeded):
        await approve(world, one, invited.proposal_id)
    done = await approve(world, two, invited.proposal_id)
    assert (done.state, done.proposer_id, done.decided_by) == (
        proposal_pb2.PROPOSAL_STATE_EXECUTED,
        first.staff_id,
        second.staff_id,
    )
    assert done.reason == "joins the team"
    assert roles_of(world, staff_id) == {Role.PLATFORM_REVIEWER}
    own = await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), context)  # from the next call on
    assert Permission.REVIEW_FIRST.value in own.staff.permissions
    with pytest.raises(ProposalStateRefused):
        await approve(world, two, invited.proposal_id)
    changed = [row for row in world.rows() if row.event is AuditEvent.STAFF_ROLES_CHANGED]
    assert [(row.key_id, row.actor) for row in changed] == [(staff_id, second.staff_id)]


async def test_nobody_acts_on_his_own_account(world: World) -> None:
    """R-ADM-21: no own roles, no own state; not as the second person either."""
    first, one, second, two = await officers(world)
    calls: list[tuple[Any, Any]] = [
        (
            world.members.ChangeStaffRoles,
            pb.ChangeStaffRolesRequest(request_id=new(), staff_id=first.staff_id, roles=["auditor"], reason="why"),
        ),
        (world.members.DisableStaff, pb.DisableStaffRequest(request_id=new(), staff_id=first.staff_id)),
        (world.members.UnlockStaff, pb.UnlockStaffRequest(request_id=new(), staff_id=first.staff_id)),
        (world.members.ResetStaff, pb.ResetStaffRequest(staff_id=first.staff_id, reason="why")),
        (world.members.EndStaffSessions, pb.EndStaffSessionsRequest(request_id=new(), staff_id=first.staff_id)),
    ]
    for call, request in calls:
        with pytest.raises(OwnAccountRefused):
            await call(request, one)
    request = pb.ChangeStaffRolesRequest(
        request_id=new(), staff_id=second.staff_id, roles=["auditor"], reason="new work"
    )
    proposed = await world.members.ChangeStaffRoles(request, one)
    with pytest.raises(OwnAccountRefused):
        await approve(world, two, proposed.proposal_id)
    assert roles_of(world, second.staff_id) == {Role.SECURITY_OFFICER}


async def test_the_last_security_officer_stays(world: World) -> None:
    """R-ADM-21: neither disabled, nor reset, nor given other roles; an operator may reset him."""
    first = await world.member("officer-1", Role.SECURITY_OFFICER)
    for act in (
        lambda unit: manage.disable(unit, staff_id=first.staff_id, actor=manage.OPERATOR),
        lambda unit: manage.set_roles(
            unit, staff_id=first.staff_id, roles={Role.SUPPORT}, brands=None, actor=manage.OPERATOR
        ),
    ):
        with pytest.raises(LastSecurityOfficer):
            world.do(act)
    second = await world.member("officer-2", Role.SECURITY_OFFICER)
    one = await first.log_in()
    await world.members.DisableStaff(pb.DisableStaffRequest(request_id=new(), staff_id=second.staff_id), one)
    with pytest.raises(StaffLoginFailed):
        await second.log_in()
    world.do(
        lambda unit: manage.reset(
            unit,
            staff_id=first.staff_id,
            actor=manage.OPERATOR,
            keep_roles=True,
            rules=world.calls.rules,
            clock=world.clock,
        )
    )
    assert roles_of(world, first.staff_id) == {Role.SECURITY_OFFICER}
    with pytest.raises(SessionEnded):
        await world.members.ListStaff(pb.ListStaffRequest(), one)


async def test_who_resets_somebody_does_not_get_his_roles(world: World) -> None:
    """R-ADM-21: an officer who accepts the invitation of a reset account himself finds it without roles."""
    _, one, _, two = await officers(world)
    victim = await world.member("reviewer-1", Role.PLATFORM_REVIEWER)
    session = await victim.log_in()
    reset = await world.members.ResetStaff(pb.ResetStaffRequest(staff_id=victim.staff_id, reason="lost his phone"), one)
    with pytest.raises(SessionEnded):
        await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), session)
    with pytest.raises(StaffLoginFailed):
        await victim.log_in(code=victim.recovery_codes[0])
    taken = await Somebody(world, victim.staff_id, "reviewer-1", reset.invitation).enrol()
    own = await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), await taken.log_in())
    assert not own.staff.permissions
    await approve(world, two, reset.proposal_id)
    assert roles_of(world, victim.staff_id) == {Role.PLATFORM_REVIEWER}


async def test_a_name_is_given_once_and_requests_run_once(world: World) -> None:
    """R-ADM-21: login names are unique; a repeated request has one effect; names of persons come with the answer."""
    _, one, _, _ = await officers(world)
    await invite(world, one, "support-1", "support")
    with pytest.raises(StaffNameTaken):
        await invite(world, one, "support-1", "support")
    with pytest.raises(FieldInvalid):
        await invite(world, one, "No", "support")
    with pytest.raises(FieldInvalid):
        await invite(world, one, "support-2", "king")
    support = await world.member("support-3", Role.SUPPORT)
    request = pb.DisableStaffRequest(request_id=new(), staff_id=support.staff_id)
    answers = [await world.members.DisableStaff(request, one) for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0].staff.name, answers[0].staff.state) == ("Support-3", pb.STAFF_STATE_DISABLED)
    with pytest.raises(RequestIdReused):
        await world.members.DisableStaff(
            pb.DisableStaffRequest(request_id=request.request_id, staff_id=new_staff()), one
        )
    with pytest.raises(ResourceNotFound):
        await world.members.GetStaff(pb.GetStaffRequest(staff_id=new_staff()), one)
    page = await world.members.ListStaff(pb.ListStaffRequest(page_size=3), one)
    rest = await world.members.ListStaff(pb.ListStaffRequest(page_size=3, page_token=page.next_page_token), one)
    assert len(page.staff) + len(rest.staff) == 4


async def test_locks_sessions_and_passwords_of_others(world: World) -> None:
    """R-ADM-21: an officer unlocks, ends sessions, demands a new password, binds a certificate."""
    _, one, _, _ = await officers(world)
    support = await world.member("support-1", Role.SUPPORT)
    context = await support.log_in()
    with pytest.raises(StaffStateRefused):
        await world.members.UnlockStaff(pb.UnlockStaffRequest(request_id=new(), staff_id=support.staff_id), one)
    for _ in range(5):
        with pytest.raises(StaffLoginFailed):
            await support.log_in(password="Wrong-Password-1")
    one = await relogin(world, "officer-1")
    unlocked = await world.members.UnlockStaff(pb.UnlockStaffRequest(request_id=new(), staff_id=support.staff_id), one)
    assert unlocked.staff.state == pb.STAFF_STATE_ACTIVE
    await support.log_in()
    ended = await world.members.EndStaffSessions(
        pb.EndStaffSessionsRequest(request_id=new(), staff_id=support.staff_id), one
    )
    assert ended.ended == 2
    with pytest.raises(SessionEnded):
        await world.logins.GetOwnStaff(staff_login_pb2.GetOwnStaffRequest(), context)
    demanded = await world.members.DemandStaffPassword(
        pb.DemandStaffPasswordRequest(request_id=new(), staff_id=support.staff_id), one
    )
    assert demanded.staff.must_change_password
    bound = await world.members.BindStaffCertificate(
        pb.BindStaffCertificateRequest(request_id=new(), staff_id=support.staff_id, certificate_sha256=b"c" * 32), one
    )
    assert bound.staff.certificate_sha256 == b"c" * 32
    logins = await world.members.ListStaffLogins(pb.ListStaffLoginsRequest(staff_id=support.staff_id), one)
    assert len(logins.logins) == 7


async def test_what_somebody_may_not_do_is_recorded(world: World) -> None:
    """R-ADM-21: privilege escalation leaves a row; a permission that was taken away is gone at the next call."""
    support = await world.member("support-1", Role.SUPPORT)
    context = await support.log_in()
    with pytest.raises(PermissionMissing) as refused:
        await invite(world, context, "friend", "security_officer")
    assert refused.value.metadata == {"permission": "staff_manage"}
    tried = [row for row in world.rows() if row.event is AuditEvent.STAFF_REFUSED]
    assert [(row.actor, row.key_id) for row in tried] == [(support.staff_id, "staff_manage")]


def test_duties_are_separated() -> None:
    """R-ADM-21: who manages staff or audits does nothing else; no two stages of a review in one hand."""
    for roles in (
        {Role.SECURITY_OFFICER, Role.SUPPORT},
        {Role.AUDITOR, Role.OPERATOR},
        {Role.PLATFORM_REVIEWER, Role.SENIOR_REVIEWER},
        {Role.PLATFORM_REVIEWER, Role.CA_REVIEWER},
        {Role.HSM_OPERATOR, Role.PLATFORM_REVIEWER},
    ):
        with pytest.raises(RolesRefused):
            checked_roles(roles)
    with pytest.raises(RolesRefused):
        checked_roles(())
    assert checked_roles({Role.SUPPORT, Role.CONTENT_EDITOR})
    assert all(len(pair) == 2 for pair in CONFLICTS)
    assert set(PERMISSIONS) == set(Role)
    assert set(STAFF_TRANSITIONS) == set(StaffState)
    managers = [role for role in Role if Permission.STAFF_MANAGE in PERMISSIONS[role]]
    assert managers == [Role.SECURITY_OFFICER]


def new_staff() -> str:
    return "stf_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


async def relogin(world: World, login_name: str) -> Context:
    """Another session of an officer: time has passed in between."""
    member = world.do(lambda unit: unit.members.by_login_name(login_name))
    again = Somebody(world, member.staff_id, login_name, "")
    again.secret = world.do(lambda unit: unit.members.totp_secret(member.staff_id))
    return await again.log_in()
