"""AccountService: password, profile, identities, number, end."""

from typing import Final

from sqlalchemy import Connection

from cosign.accounts.model import Identity, IdentityKind, Principal
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls, password_text
from cosign.accounts.usecases import login_password as by_password
from cosign.accounts.usecases import passwords as rules
from cosign.accounts.usecases.cancel import blockers_of, cancel
from cosign.accounts.usecases.closing import Cancelled
from cosign.accounts.usecases.identities import list_identities, select_mode, switch_identity
from cosign.accounts.usecases.profile import Profile, change_phone_number, get_profile, update_profile
from cosign.api.v1 import account_pb2 as pb
from cosign.api.v1 import account_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.errors import CosignFault
from cosign.timestamps import timestamp

_KINDS: Final = {
    IdentityKind.NATURAL_PERSON: pb.IDENTITY_KIND_NATURAL_PERSON,
    IdentityKind.EMPLOYEE: pb.IDENTITY_KIND_EMPLOYEE,
    IdentityKind.ADMINISTRATOR: pb.IDENTITY_KIND_ADMINISTRATOR,
    IdentityKind.LEGAL_REPRESENTATIVE: pb.IDENTITY_KIND_LEGAL_REPRESENTATIVE,
}


class AccountServicer(rpc.AccountServiceServicer):
    """Acts on the account of the calling session."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def SetPassword(self, request: pb.SetPasswordRequest, context: CallContext) -> pb.SetPasswordResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        hashed = await self._hashed(principal, "password", request.password, request.confirmation)
        await calls.write(
            lambda unit: rules.set_password(
                unit, account_id=principal.account_id, password_hash=hashed, clock=calls.clock
            )
        )
        return pb.SetPasswordResponse()

    async def ChangePassword(
        self, request: pb.ChangePasswordRequest, context: CallContext
    ) -> pb.ChangePasswordResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        await self._prove_password(principal, password_text("old_password", request.old_password))
        hashed = await self._hashed(principal, "new_password", request.new_password, request.confirmation)
        await calls.write(
            lambda unit: rules.change_password(
                unit,
                account_id=principal.account_id,
                password_hash=hashed,
                keep_session=principal.session_id,
                clock=calls.clock,
            )
        )
        calls.ended(principal.account_id, ())
        return pb.ChangePasswordResponse()

    async def GetProfile(self, request: pb.GetProfileRequest, context: CallContext) -> pb.GetProfileResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        found = await self._calls.read(lambda unit: get_profile(unit, account_id=principal.account_id))
        return pb.GetProfileResponse(profile=_encode(found))

    async def UpdateProfile(self, request: pb.UpdateProfileRequest, context: CallContext) -> pb.UpdateProfileResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        name = request.name if request.HasField("name") else None
        avatar = request.avatar_upload_id if request.HasField("avatar_upload_id") else None

        def effect(connection: Connection) -> pb.UpdateProfileResponse:
            unit = calls.unit(connection)
            changed = update_profile(unit, account_id=principal.account_id, name=name, avatar_upload_id=avatar)
            return pb.UpdateProfileResponse(profile=_encode(changed))

        return await calls.once.run(request, pb.UpdateProfileResponse, scope=principal.account_id, effect=effect)

    async def ChangePhoneNumber(
        self, request: pb.ChangePhoneNumberRequest, context: CallContext
    ) -> pb.ChangePhoneNumberResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)

        def effect(connection: Connection) -> pb.ChangePhoneNumberResponse:
            change_phone_number(
                calls.unit(connection),
                account_id=principal.account_id,
                old_ticket=request.old_ticket,
                new_ticket=request.new_ticket,
                clock=calls.clock,
            )
            return pb.ChangePhoneNumberResponse()

        scope = principal.account_id
        answer = await calls.once.run(request, pb.ChangePhoneNumberResponse, scope=scope, effect=effect)
        calls.ended(principal.account_id, ())
        return answer

    async def ListIdentities(
        self, request: pb.ListIdentitiesRequest, context: CallContext
    ) -> pb.ListIdentitiesResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        found = await self._calls.read(lambda unit: list_identities(unit, account_id=principal.account_id))
        acting = principal.acting or principal.account_id
        return pb.ListIdentitiesResponse(identities=[_identity(one, acting) for one in found])

    async def SwitchIdentity(
        self, request: pb.SwitchIdentityRequest, context: CallContext
    ) -> pb.SwitchIdentityResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        chosen = await calls.write(
            lambda unit: switch_identity(unit, principal=principal, identity_id=request.identity_id[:64])
        )
        calls.ended(principal.account_id, ())
        return pb.SwitchIdentityResponse(identity=_identity(chosen, chosen.identity_id))

    async def SelectMode(self, request: pb.SelectModeRequest, context: CallContext) -> pb.SelectModeResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        await self._calls.write(lambda unit: select_mode(unit, principal=principal, mode=request.mode))
        return pb.SelectModeResponse()

    async def RevokeSessions(
        self, request: pb.RevokeSessionsRequest, context: CallContext
    ) -> pb.RevokeSessionsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        ended = await calls.write(
            lambda unit: rules.end_sessions(unit, principal.account_id, "revoked", keep=principal.session_id)
        )
        calls.ended(principal.account_id, ())
        return pb.RevokeSessionsResponse(ended=ended)

    async def CheckCancellation(
        self, request: pb.CheckCancellationRequest, context: CallContext
    ) -> pb.CheckCancellationResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        found = await calls.read(lambda unit: blockers_of(unit, account_id=principal.account_id, others=calls.blockers))
        return pb.CheckCancellationResponse(blockers=found)

    async def CancelAccount(self, request: pb.CancelAccountRequest, context: CallContext) -> pb.CancelAccountResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)

        def work(unit: AccountUnit) -> Cancelled:
            return cancel(
                unit,
                account_id=principal.account_id,
                device_id=principal.device_id,
                ticket=request.ticket,
                reason=request.reason,
                accepted=list(request.accepted_document_ids),
                others=calls.blockers,
                clock=calls.clock,
            )

        done = await calls.write(work)
        calls.ended(principal.account_id, done.device_ids)
        until = done.cancel_at
        return pb.CancelAccountResponse(cancel_at=None if until is None else timestamp(until))

    async def _hashed(self, principal: Principal, field: str, password: str, confirmation: str) -> str:
        """The hash of a new password that meets the rules."""
        calls = self._calls
        password_text(field, password)

        def check(unit: AccountUnit) -> list[str]:
            account = rules.own_account(unit, principal.account_id)
            return list(rules.check_new(unit, account, password, confirmation))

        former = await calls.read(check)
        cost = calls.brands.policy(principal.brand).password.cost
        if await calls.passwords.among(former, password, cost):
            raise rules.used_before()
        return await calls.passwords.hash(password, cost)

    async def _prove_password(self, principal: Principal, password: str) -> None:
        """Compares the present password under the same lockout as a login."""
        calls = self._calls

        def begin(unit: AccountUnit) -> by_password.Attempt | Exception:
            return by_password.begin_own(unit, account_id=principal.account_id, clock=calls.clock)

        attempt = await calls.write(begin)
        if not await calls.passwords.verify(attempt.stored, password, attempt.policy.password.cost):

            def fail(unit: AccountUnit) -> CosignFault:
                return by_password.fail(unit, attempt=attempt, by=None, clock=calls.clock)

            await calls.write(fail)
        await calls.write(lambda unit: by_password.give_back(unit, attempt))


def _encode(profile: Profile) -> pb.Profile:
    account = profile.account
    return pb.Profile(
        account_id=account.account_id,
        brand=account.brand,
        phone_number_masked=profile.phone_number_masked,
        name_masked=profile.name_masked,
        verified=bool(account.person_id),
        avatar_upload_id=account.avatar_upload_id,
        has_password=bool(account.password_hash),
        mode=account.mode,
        created_at=timestamp(account.created_at),
    )


def _identity(identity: Identity, acting: str) -> pb.Identity:
    return pb.Identity(
        identity_id=identity.identity_id,
        kind=_KINDS[identity.kind],
        enterprise_id=identity.enterprise_id,
        acting=identity.identity_id == acting,
    )
