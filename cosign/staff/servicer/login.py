"""StaffLoginService: enrolment, login, own password and codes."""

from cosign.accounts.model import network_of
from cosign.accounts.passwords import is_outdated
from cosign.api.v1 import staff_login_pb2 as pb
from cosign.api.v1 import staff_login_pb2_grpc as rpc
from cosign.audit.model import AuditEvent
from cosign.errors import CosignFault, FieldInvalid
from cosign.paging import PageScope, page_size
from cosign.staff.callers import StaffContext, certificate_hash
from cosign.staff.faults import InvitationInvalid, OneTimeCodeWrong, StaffLoginFailed
from cosign.staff.model import StaffLogin, StaffMember, StaffPrincipal
from cosign.staff.ports import StaffUnit
from cosign.staff.roles import permissions_of
from cosign.staff.scope import scope_words
from cosign.staff.servicer.calls import StaffCalls, encode_login
from cosign.staff.usecases import enrol, login
from cosign.staff.usecases.manage import get_member
from cosign.staff.usecases.passwords import change_password, check_rules, password_text, used_before
from cosign.staff.usecases.sessions import end_session
from cosign.timestamps import timestamp

_METHOD = "staff"
"""Label of `cosign_logins_total`."""
_MAX_NAME = 32
_MAX_CODE = 32
_MAX_INVITATION = 64


class StaffLoginServicer(rpc.StaffLoginServiceServicer):
    """Logins of staff."""

    def __init__(self, calls: StaffCalls) -> None:
        self._calls = calls

    async def BeginStaffEnrolment(
        self, request: pb.BeginStaffEnrolmentRequest, context: StaffContext
    ) -> pb.BeginStaffEnrolmentResponse:
        """See the proto."""
        calls, address = self._calls, self._calls.limit_guest(context)
        name = _text("login_name", request.login_name, _MAX_NAME)
        invitation = _text("invitation", request.invitation, _MAX_INVITATION)

        def work(unit: StaffUnit) -> enrol.Enrolment | CosignFault:
            charged = login.charge(unit, login_name=name, address=address, rules=calls.rules, clock=calls.clock)
            if charged is not None:
                return charged
            try:
                made = enrol.begin_enrolment(
                    unit, login_name=name, invitation=invitation, rules=calls.rules, clock=calls.clock
                )
            except InvitationInvalid as fault:
                return fault
            login.uncharge(unit, login_name=name, address=address)
            return made

        made = await calls.write(work)
        return pb.BeginStaffEnrolmentResponse(totp_secret=made.secret, totp_uri=made.uri)

    async def FinishStaffEnrolment(
        self, request: pb.FinishStaffEnrolmentRequest, context: StaffContext
    ) -> pb.FinishStaffEnrolmentResponse:
        """See the proto."""
        calls, address = self._calls, self._calls.limit_guest(context)
        name = _text("login_name", request.login_name, _MAX_NAME)
        invitation = _text("invitation", request.invitation, _MAX_INVITATION)
        password = password_text("password", request.password)
        code = _text("code", request.code, _MAX_CODE)
        check_rules(calls.rules, password, login_name=name)

        def charge(unit: StaffUnit) -> StaffMember | CosignFault:
            charged = login.charge(unit, login_name=name, address=address, rules=calls.rules, clock=calls.clock)
            if charged is not None:
                return charged
            try:
                return enrol.invited_member(unit, login_name=name, invitation=invitation, clock=calls.clock)
            except InvitationInvalid as fault:
                return fault

        await calls.write(charge)
        hashed = await calls.passwords.hash(password, calls.rules.password.cost)

        def work(unit: StaffUnit) -> tuple[StaffMember, list[str]] | CosignFault:
            try:
                done = enrol.finish_enrolment(
                    unit, login_name=name, invitation=invitation, password_hash=hashed, code=code, clock=calls.clock
                )
            except (InvitationInvalid, OneTimeCodeWrong) as fault:
                return fault
            login.uncharge(unit, login_name=name, address=address)
            return done

        member, codes = await calls.write(work)
        return pb.FinishStaffEnrolmentResponse(staff_id=member.staff_id, recovery_codes=codes)

    async def OpenStaffSession(
        self, request: pb.OpenStaffSessionRequest, context: StaffContext
    ) -> pb.OpenStaffSessionResponse:
        """See the proto."""
        try:
            opened = await self._open(request, context)
        except CosignFault as fault:
            self._calls.count_login(_METHOD, fault.reason)
            raise
        self._calls.count_login(_METHOD, "ok")
        return pb.OpenStaffSessionResponse(
            access_token=opened.token,
            expires_at=timestamp(opened.session.expires_at),
            staff=self._encode(opened.member, opened.recovery_codes_left),
        )

    async def _open(self, request: pb.OpenStaffSessionRequest, context: StaffContext) -> login.OpenedStaffSession:
        calls, address = self._calls, self._calls.limit_guest(context)
        name = _text("login_name", request.login_name, _MAX_NAME)
        password = password_text("password", request.password)
        code = _text("code", request.code, _MAX_CODE)
        shown, cost = certificate_hash(context), calls.rules.password.cost
        attempt = await calls.write(
            lambda unit: login.begin(
                unit,
                login_name=name,
                address=address,
                network=network_of(address),
                certificate_hash=shown,
                rules=calls.rules,
                clock=calls.clock,
            )
        )
        right = await calls.passwords.verify(attempt.stored, password, cost)
        rehashed = ""
        if right and is_outdated(attempt.stored, cost):
            rehashed = await calls.passwords.hash(password, cost)
        return await calls.write(
            lambda unit: login.finish(
                unit,
                attempt=attempt,
                password_right=right,
                rehashed=rehashed,
                code=code,
                rules=calls.rules,
                clock=calls.clock,
            )
        )

    async def CloseStaffSession(
        self, request: pb.CloseStaffSessionRequest, context: StaffContext
    ) -> pb.CloseStaffSessionResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, None, password_old=True)
        await self._calls.write(lambda unit: end_session(unit, principal=principal))
        return pb.CloseStaffSessionResponse()

    async def GetOwnStaff(self, request: pb.GetOwnStaffRequest, context: StaffContext) -> pb.GetOwnStaffResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, None, password_old=True)

        def work(unit: StaffUnit) -> pb.GetOwnStaffResponse:
            member = get_member(unit, principal.staff_id)
            return pb.GetOwnStaffResponse(staff=self._encode(member, unit.members.recovery_codes_left(member.staff_id)))

        return await self._calls.read(work)

    async def ChangeOwnStaffPassword(
        self, request: pb.ChangeOwnStaffPasswordRequest, context: StaffContext
    ) -> pb.ChangeOwnStaffPasswordResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, None, password_old=True)
        old = password_text("old_password", request.old_password)
        new = password_text("new_password", request.new_password)
        address = calls.limit_guest(context)
        member, former = await calls.write(lambda unit: self._begin_change(unit, principal, address))
        cost = calls.rules.password.cost
        if not await calls.passwords.verify(member.password_hash, old, cost):
            raise StaffLoginFailed("the present password is wrong")
        check_rules(calls.rules, new, login_name=member.login_name)
        if await calls.passwords.among([member.password_hash, *former], new, cost):
            raise used_before()
        hashed = await calls.passwords.hash(new, cost)

        def work(unit: StaffUnit) -> None:
            change_password(
                unit, principal=principal, before=member, password_hash=hashed, rules=calls.rules, clock=calls.clock
            )
            login.uncharge(unit, login_name=member.login_name, address=address)

        await calls.write(work)
        return pb.ChangeOwnStaffPasswordResponse()

    def _begin_change(
        self, unit: StaffUnit, principal: StaffPrincipal, address: str
    ) -> tuple[StaffMember, list[str]] | CosignFault:
        calls = self._calls
        member = get_member(unit, principal.staff_id)
        charged = login.charge(
            unit, login_name=member.login_name, address=address, rules=calls.rules, clock=calls.clock
        )
        return charged if charged is not None else (member, list(unit.members.former_passwords(member.staff_id)))

    async def RenewRecoveryCodes(
        self, request: pb.RenewRecoveryCodesRequest, context: StaffContext
    ) -> pb.RenewRecoveryCodesResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, None)

        def work(unit: StaffUnit) -> list[str]:
            codes = enrol.renew_codes(unit, staff_id=principal.staff_id)
            unit.audit(AuditEvent.STAFF_CODES_RENEWED, object_id=principal.staff_id, actor=principal.staff_id)
            return codes

        return pb.RenewRecoveryCodesResponse(recovery_codes=await self._calls.write(work))

    async def ListOwnStaffLogins(
        self, request: pb.ListOwnStaffLoginsRequest, context: StaffContext
    ) -> pb.ListOwnStaffLoginsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, None)
        found, token = await page_of_logins(
            calls, "ListOwnStaffLogins", principal, principal.staff_id, request.page_size, request.page_token
        )
        return pb.ListOwnStaffLoginsResponse(logins=[encode_login(one) for one in found], next_page_token=token)

    def _encode(self, member: StaffMember, codes_left: int) -> pb.OwnStaff:
        calls = self._calls
        set_at = member.password_set_at
        aged = set_at is None or calls.clock.now() >= set_at + calls.rules.sessions.password_age
        return pb.OwnStaff(
            staff_id=member.staff_id,
            login_name=member.login_name,
            roles=sorted(role.value for role in member.roles),
            permissions=sorted(permission.value for permission in permissions_of(member.roles)),
            brands=scope_words(member.brands),
            must_change_password=member.must_change_password or aged,
            recovery_codes_left=codes_left,
        )


async def page_of_logins(
    calls: StaffCalls, method: str, principal: StaffPrincipal, staff_id: str, size: int, page_token: str
) -> tuple[list[StaffLogin], str]:
    """A page of the logins of a member and the token of the next one."""
    limit, scope = page_size(size), PageScope(method, principal.staff_id, staff_id)
    before = calls.pager.cursor(scope, page_token)
    found = list(await calls.read(lambda unit: unit.sessions.logins(staff_id, before=before, limit=limit + 1)))
    more = len(found) > limit
    return found[:limit], calls.pager.token(scope, found[limit - 1].login_id if more else "")


def _text(field: str, text: str, most: int) -> str:
    if not 1 <= len(text) <= most or not text.isprintable():
        raise FieldInvalid(field, f"must be 1 to {most} printable characters")
    return text
