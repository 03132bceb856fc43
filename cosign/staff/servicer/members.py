"""StaffService: staff accounts and roles."""

from collections.abc import Callable
from typing import Final, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection

from cosign import ids, validation
from cosign.api.v1 import staff_pb2 as pb
from cosign.api.v1 import staff_pb2_grpc as rpc
from cosign.errors import FieldInvalid
from cosign.paging import PageScope, page_size
from cosign.staff.callers import StaffContext
from cosign.staff.model import StaffMember, StaffPrincipal, StaffState, checked_reason
from cosign.staff.ports import StaffUnit
from cosign.staff.role_changes import RoleChange
from cosign.staff.roles import Permission, checked_roles
from cosign.staff.scope import check_scope, decoded_scope, scope_words
from cosign.staff.servicer.calls import StaffCalls, decode_roles, encode_login
from cosign.staff.servicer.login import page_of_logins
from cosign.staff.usecases import manage
from cosign.timestamps import timestamp

_STATES: Final = {
    StaffState.INVITED: pb.STAFF_STATE_INVITED,
    StaffState.ACTIVE: pb.STAFF_STATE_ACTIVE,
    StaffState.LOCKED: pb.STAFF_STATE_LOCKED,
    StaffState.DISABLED: pb.STAFF_STATE_DISABLED,
}
A = TypeVar("A", bound=Message)


class StaffServicer(rpc.StaffServiceServicer):
    """What security officers do."""

    def __init__(self, calls: StaffCalls) -> None:
        self._calls = calls

    async def InviteStaff(self, request: pb.InviteStaffRequest, context: StaffContext) -> pb.InviteStaffResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_MANAGE)
        roles, reason = checked_roles(decode_roles(list(request.roles))), checked_reason(request.reason)
        brands = decoded_scope(request.brands, calls.brands.names())
        check_scope(roles, brands)

        def work(connection: Connection) -> pb.InviteStaffResponse:
            unit = calls.unit(connection)
            member, invitation = manage.invite(
                unit,
                login_name=request.login_name,
                name=request.name,
                roles=() if calls.rules.dual_roles else roles,
                brands=brands,
                actor=principal.staff_id,
                rules=calls.rules,
                clock=calls.clock,
            )
            proposal_id = self._propose(connection, principal, RoleChange(member.staff_id, roles, brands), reason)
            return pb.InviteStaffResponse(
                staff=encode_staff(member, unit), invitation=invitation, proposal_id=proposal_id
            )

        return await calls.transact(work)

    async def ListStaff(self, request: pb.ListStaffRequest, context: StaffContext) -> pb.ListStaffResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_VIEW)
        size, scope = page_size(request.page_size), PageScope("ListStaff", principal.staff_id, "")
        before = calls.pager.cursor(scope, request.page_token)

        def work(unit: StaffUnit) -> pb.ListStaffResponse:
            found = unit.members.page(before=before, limit=size + 1)
            cursor = found[size - 1].staff_id if len(found) > size else ""
            return pb.ListStaffResponse(
                staff=[encode_staff(one, unit) for one in found[:size]],
                next_page_token=calls.pager.token(scope, cursor),
            )

        return await calls.read(work)

    async def GetStaff(self, request: pb.GetStaffRequest, context: StaffContext) -> pb.GetStaffResponse:
        """See the proto."""
        await self._calls.callers.principal(context, Permission.STAFF_VIEW)
        staff_id = _staff_id(request.staff_id)
        return await self._calls.read(
            lambda unit: pb.GetStaffResponse(staff=encode_staff(manage.get_member(unit, staff_id), unit))
        )

    async def ListStaffLogins(
        self, request: pb.ListStaffLoginsRequest, context: StaffContext
    ) -> pb.ListStaffLoginsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_VIEW)
        staff_id = _staff_id(request.staff_id)
        found, token = await page_of_logins(
            calls, "ListStaffLogins", principal, staff_id, request.page_size, request.page_token
        )
        return pb.ListStaffLoginsResponse(logins=[encode_login(one) for one in found], next_page_token=token)

    async def ChangeStaffRoles(
        self, request: pb.ChangeStaffRolesRequest, context: StaffContext
    ) -> pb.ChangeStaffRolesResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id, roles = _staff_id(request.staff_id), checked_roles(decode_roles(list(request.roles)))
        reason = checked_reason(request.reason)

        def effect(connection: Connection) -> pb.ChangeStaffRolesResponse:
            unit = calls.unit(connection)
            before = manage.other_member(unit, staff_id, principal.staff_id)
            change = RoleChange(staff_id, roles, before.brands)
            member, proposal_id = self._change(connection, principal, before, change, reason)
            return pb.ChangeStaffRolesResponse(staff=encode_staff(member), proposal_id=proposal_id)

        return await self._once(request, pb.ChangeStaffRolesResponse, principal, effect)

    async def ChangeStaffBrands(
        self, request: pb.ChangeStaffBrandsRequest, context: StaffContext
    ) -> pb.ChangeStaffBrandsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id, brands = _staff_id(request.staff_id), decoded_scope(request.brands, calls.brands.names())
        reason = checked_reason(request.reason)

        def effect(connection: Connection) -> pb.ChangeStaffBrandsResponse:
            unit = calls.unit(connection)
            before = manage.other_member(unit, staff_id, principal.staff_id)
            change = RoleChange(staff_id, before.roles, brands)
            member, proposal_id = self._change(connection, principal, before, change, reason)
            return pb.ChangeStaffBrandsResponse(staff=encode_staff(member), proposal_id=proposal_id)

        return await self._once(request, pb.ChangeStaffBrandsResponse, principal, effect)

    async def DisableStaff(self, request: pb.DisableStaffRequest, context: StaffContext) -> pb.DisableStaffResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id = _staff_id(request.staff_id)

        def effect(connection: Connection) -> pb.DisableStaffResponse:
            unit = self._calls.unit(connection)
            member = manage.disable(unit, staff_id=staff_id, actor=principal.staff_id)
            return pb.DisableStaffResponse(staff=encode_staff(member))

        return await self._once(request, pb.DisableStaffResponse, principal, effect)

    async def UnlockStaff(self, request: pb.UnlockStaffRequest, context: StaffContext) -> pb.UnlockStaffResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id = _staff_id(request.staff_id)

        def effect(connection: Connection) -> pb.UnlockStaffResponse:
            unit = self._calls.unit(connection)
            member = manage.unlock(unit, staff_id=staff_id, actor=principal.staff_id)
            return pb.UnlockStaffResponse(staff=encode_staff(member))

        return await self._once(request, pb.UnlockStaffResponse, principal, effect)

    async def ResetStaff(self, request: pb.ResetStaffRequest, context: StaffContext) -> pb.ResetStaffResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id, reason = _staff_id(request.staff_id), checked_reason(request.reason)

        def work(connection: Connection) -> pb.ResetStaffResponse:
            unit = calls.unit(connection)
            before = manage.get_member(unit, staff_id)
            member, invitation = manage.reset(
                unit,
                staff_id=staff_id,
                actor=principal.staff_id,
                keep_roles=not calls.rules.dual_roles,
                rules=calls.rules,
                clock=calls.clock,
            )
            change = RoleChange(staff_id, before.roles, before.brands)
            proposal_id = self._propose(connection, principal, change, reason) if before.roles else ""
            return pb.ResetStaffResponse(
                staff=encode_staff(member, unit), invitation=invitation, proposal_id=proposal_id
            )

        return await calls.transact(work)

    async def BindStaffCertificate(
        self, request: pb.BindStaffCertificateRequest, context: StaffContext
    ) -> pb.BindStaffCertificateResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id = _staff_id(request.staff_id)
        if len(request.certificate_sha256) not in (0, 32):
            raise FieldInvalid("certificate_sha256", "must be 32 bytes or empty")

        def effect(connection: Connection) -> pb.BindStaffCertificateResponse:
            unit = self._calls.unit(connection)
            member = manage.bind_certificate(
                unit, staff_id=staff_id, certificate_hash=request.certificate_sha256, actor=principal.staff_id
            )
            return pb.BindStaffCertificateResponse(staff=encode_staff(member))

        return await self._once(request, pb.BindStaffCertificateResponse, principal, effect)

    async def EndStaffSessions(
        self, request: pb.EndStaffSessionsRequest, context: StaffContext
    ) -> pb.EndStaffSessionsResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id = _staff_id(request.staff_id)

        def effect(connection: Connection) -> pb.EndStaffSessionsResponse:
            unit = self._calls.unit(connection)
            ended = manage.end_sessions(unit, staff_id=staff_id, actor=principal.staff_id)
            return pb.EndStaffSessionsResponse(ended=ended)

        return await self._once(request, pb.EndStaffSessionsResponse, principal, effect)

    async def DemandStaffPassword(
        self, request: pb.DemandStaffPasswordRequest, context: StaffContext
    ) -> pb.DemandStaffPasswordResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.STAFF_MANAGE)
        staff_id = _staff_id(request.staff_id)

        def effect(connection: Connection) -> pb.DemandStaffPasswordResponse:
            unit = self._calls.unit(connection)
            member = manage.demand_password(unit, staff_id=staff_id, actor=principal.staff_id)
            return pb.DemandStaffPasswordResponse(staff=encode_staff(member))

        return await self._once(request, pb.DemandStaffPasswordResponse, principal, effect)

    async def _once(
        self, request: Message, answer: type[A], principal: StaffPrincipal, effect: Callable[[Connection], A]
    ) -> A:
        """Runs an effect once. What is remembered holds no name of a person: it is put in afterwards."""
        given = await self._calls.once.run(request, answer, scope=principal.staff_id, effect=effect)
        staff = getattr(given, "staff", None)
        if isinstance(staff, pb.Staff):
            staff_id = staff.staff_id
            staff.name = await self._calls.read(lambda unit: unit.members.name(staff_id))
        return given

    def _change(
        self, connection: Connection, principal: StaffPrincipal, before: StaffMember, change: RoleChange, reason: str
    ) -> tuple[StaffMember, str]:
        """Makes a change, or proposes it where it needs two persons; the member as he is now, and the proposal's id."""
        checked_roles(change.roles)
        check_scope(change.roles, change.brands)
        if self._calls.rules.dual_roles:
            return before, self._propose(connection, principal, change, reason)
        changed = manage.set_roles(
            self._calls.unit(connection),
            staff_id=change.staff_id,
            roles=change.roles,
            brands=change.brands,
            actor=principal.staff_id,
        )
        return changed, ""

    def _propose(self, connection: Connection, principal: StaffPrincipal, change: RoleChange, reason: str) -> str:
        """Proposes roles and brands where they need two persons; the id of the proposal, else empty."""
        calls = self._calls
        if not calls.rules.dual_roles:
            return ""
        made = calls.dual.propose(
            connection, principal, calls.role_changes, subject_id=change.staff_id, payload=change, reason=reason
        )
        return made.proposal_id


def encode_staff(member: StaffMember, unit: StaffUnit | None = None) -> pb.Staff:
    """A staff account as the security officers see it; without a unit the name is left out."""
    return pb.Staff(
        staff_id=member.staff_id,
        login_name=member.login_name,
        name=unit.members.name(member.staff_id) if unit is not None else "",
        roles=sorted(role.value for role in member.roles),
        brands=scope_words(member.brands),
        state=_STATES[member.state],
        created_at=timestamp(member.created_at),
        locked_until=timestamp(member.locked_until) if member.locked_until else None,
        invitation_expires_at=timestamp(member.invitation_expires_at) if member.invitation_expires_at else None,
        must_change_password=member.must_change_password,
        certificate_sha256=member.certificate_hash,
    )


def _staff_id(text: str) -> str:
    return validation.identifier("staff_id", text, ids.STAFF)
