"""LinkedLoginService."""

from collections.abc import Iterable
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts.servicer.calls import encode_session, key_proof, login_by
from cosign.accounts.servicer.login import encode_half
from cosign.accounts.usecases.codes import check_step_up
from cosign.accounts.usecases.login_sms import HalfLogin
from cosign.accounts.usecases.open_login import LoginBy, OpenedSession
from cosign.api.v1 import linked_login_pb2 as pb
from cosign.api.v1 import linked_login_pb2_grpc as rpc
from cosign.api.v1 import login_pb2
from cosign.brands import LoginMethod
from cosign.call_context import CallContext
from cosign.devices.model import request_hash
from cosign.errors import CosignFault, FieldInvalid
from cosign.linked_logins.model import (
    MAX_CODE,
    MAX_RESULT,
    MAX_TOKEN,
    THIRD_PARTIES,
    Authorisation,
    Binding,
    ExternalUser,
    Level,
    Provider,
    code_hash,
    holder_of,
)
from cosign.linked_logins.ports import LinkedUnit
from cosign.linked_logins.servicer.calls import LinkedCalls
from cosign.linked_logins.usecases.authorise import begin, claim
from cosign.linked_logins.usecases.bindings import bind, list_bindings, shown_name, unbind
from cosign.linked_logins.usecases.number import add_phone_number
from cosign.linked_logins.usecases.one_tap import begin_one_tap, login_one_tap
from cosign.linked_logins.usecases.third_party import BindingNeeded, login_and_bind, login_third_party
from cosign.personal import mask_name, mask_phone_number
from cosign.timestamps import timestamp
from protocol import _core

_SERVICE: Final = "/cosign.api.v1.LinkedLoginService/"
_PROVIDERS: Final = {
    pb.LINKED_PROVIDER_WECHAT: Provider.WECHAT,
    pb.LINKED_PROVIDER_ALIPAY: Provider.ALIPAY,
    pb.LINKED_PROVIDER_NETWORK_IDENTITY: Provider.NETWORK_ID,
}
_WORDS: Final = {provider: number for number, provider in _PROVIDERS.items()}
_LEVELS: Final = {
    Level.NONE: pb.NETWORK_IDENTITY_LEVEL_UNSPECIFIED,
    Level.CREDENTIAL: pb.NETWORK_IDENTITY_LEVEL_CREDENTIAL,
    Level.PASSWORD: pb.NETWORK_IDENTITY_LEVEL_PASSWORD,
    Level.FACE: pb.NETWORK_IDENTITY_LEVEL_FACE,
}


class LinkedLoginServicer(rpc.LinkedLoginServiceServicer):
    """Logs in through providers, and binds their users to accounts."""

    def __init__(self, calls: LinkedCalls) -> None:
        self._calls = calls

    async def ListLoginMethods(
        self, request: pb.ListLoginMethodsRequest, context: CallContext
    ) -> pb.ListLoginMethodsResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        return pb.ListLoginMethodsResponse(
            methods=[
                pb.OfferedLogin(method=method.value, available=calls.available(request.brand, method))
                for method in calls.brands.policy(request.brand).login.methods
            ]
        )

    async def BeginAuthorisation(
        self, request: pb.BeginAuthorisationRequest, context: CallContext
    ) -> pb.BeginAuthorisationResponse:
        """See the proto."""
        self._calls.limit_guest(context)
        public_key = validation.exact_bytes("public_key", request.public_key, 33)
        _core.point_check("P256", public_key)
        authorisation = Authorisation(
            brand=request.brand, provider=_provider(request.provider), holder=holder_of(public_key)
        )
        return pb.BeginAuthorisationResponse(authorisation=await self._begin(authorisation))

    async def LoginOneTap(self, request: pb.LoginOneTapRequest, context: CallContext) -> pb.LoginOneTapResponse:
        """See the proto."""
        calls, brand = self._calls, request.brand
        calls.check_served(brand, LoginMethod.ONE_TAP)
        token = _text("carrier_token", request.carrier_token, MAX_TOKEN)
        by = self._by(context, "LoginOneTap", request.device, brand, token)
        number = ""

        async def log_in() -> OpenedSession | HalfLogin:
            nonlocal number

            def spend(unit: LinkedUnit) -> object:
                return begin_one_tap(unit, brand=brand, carrier_token=token, address=by.address, clock=calls.clock)

            await calls.write(spend)
            reference = code_hash("one_tap", brand, token).hex()
            number = await calls.phone_number(brand=brand, token=token, reference=reference, address=by.address)
            return await calls.write(
                lambda unit: login_one_tap(
                    unit,
                    brand=brand,
                    phone_number=number,
                    accepted=_documents(request.accepted),
                    insists=request.new_account,
                    by=by,
                    tokens=calls.tokens,
                    clock=calls.clock,
                )
            )

        opened = await calls.logged(LoginMethod.ONE_TAP, brand, log_in())
        answer = pb.LoginOneTapResponse(phone_number_masked=mask_phone_number(number.removeprefix("+86")))
        _put(answer, opened)
        return answer

    async def LoginThirdParty(
        self, request: pb.LoginThirdPartyRequest, context: CallContext
    ) -> pb.LoginThirdPartyResponse:
        """See the proto."""
        code = _text("code", request.code, MAX_CODE)
        by = self._by(context, "LoginThirdParty", request.device, request.state, code)
        opened, _ = await self._log_in(
            request.state, code, THIRD_PARTIES, _documents(request.accepted), by, registers=False
        )
        answer = pb.LoginThirdPartyResponse()
        _put(answer, opened)
        return answer

    async def LoginNetworkIdentity(
        self, request: pb.LoginNetworkIdentityRequest, context: CallContext
    ) -> pb.LoginNetworkIdentityResponse:
        """See the proto."""
        result = _text("result", request.result, MAX_RESULT)
        by = self._by(context, "LoginNetworkIdentity", request.device, request.state, result)
        opened, user = await self._log_in(
            request.state,
            result,
            frozenset({Provider.NETWORK_ID}),
            _documents(request.accepted),
            by,
            registers=not request.bind_existing,
        )
        answer = pb.LoginNetworkIdentityResponse(level=_LEVELS[user.level])
        _put(answer, opened)
        return answer

    async def LoginAndBind(self, request: pb.LoginAndBindRequest, context: CallContext) -> pb.LoginAndBindResponse:
        """See the proto."""
        calls = self._calls
        by = self._by(context, "LoginAndBind", request.device, request.binding_ticket, request.ticket)

        def work(unit: LinkedUnit) -> tuple[OpenedSession | HalfLogin, Binding, str]:
            opened, binding = login_and_bind(
                unit,
                binding_ticket=request.binding_ticket,
                ticket=request.ticket,
                accepted=_documents(request.accepted),
                insists=request.new_account,
                by=by,
                tokens=calls.tokens,
                clock=calls.clock,
            )
            return opened, binding, shown_name(unit, binding)

        opened, binding, name = await calls.write(work)
        calls.count_login(binding.provider.value, "half" if isinstance(opened, HalfLogin) else "ok")
        answer = pb.LoginAndBindResponse(binding=_binding(binding.provider, binding, name))
        _put(answer, opened)
        return answer

    async def ListBindings(self, request: pb.ListBindingsRequest, context: CallContext) -> pb.ListBindingsResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        found = await self._calls.read(lambda unit: list_bindings(unit, principal=principal))
        return pb.ListBindingsResponse(bindings=[_binding(one.provider, one.binding, one.name_masked) for one in found])

    async def BeginBinding(self, request: pb.BeginBindingRequest, context: CallContext) -> pb.BeginBindingResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        authorisation = Authorisation(
            brand=principal.brand,
            provider=_provider(request.provider),
            holder=principal.device_id,
            account_id=principal.account_id,
        )
        return pb.BeginBindingResponse(authorisation=await self._begin(authorisation))

    async def Bind(self, request: pb.BindRequest, context: CallContext) -> pb.BindResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        address = calls.address(context)
        code = _text("code", request.code, MAX_RESULT)

        def confirmed(unit: LinkedUnit) -> Authorisation | CosignFault:
            check_step_up(unit.accounts, request.ticket, account_id=principal.account_id, clock=calls.clock)
            return claim(
                unit,
                state=request.state,
                code=code,
                providers=frozenset(Provider),
                holder=principal.device_id,
                account_id=principal.account_id,
                address=address,
                clock=calls.clock,
            )

        claimed = await calls.write(confirmed)
        user = await calls.user(claimed, state=request.state, code=code, address=address)

        def work(unit: LinkedUnit) -> pb.BindResponse:
            made = bind(unit, principal=principal, user=user, ticket=request.ticket, address=address, clock=calls.clock)
            return pb.BindResponse(binding=_binding(made.provider, made, shown_name(unit, made)))

        return await calls.write(work)

    async def Unbind(self, request: pb.UnbindRequest, context: CallContext) -> pb.UnbindResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        binding_id = validation.identifier("binding_id", request.binding_id, ids.BINDING)

        def effect(connection: Connection) -> pb.UnbindResponse:
            unit = calls.unit(connection)
            unbind(unit, principal=principal, binding_id=binding_id, ticket=request.ticket, clock=calls.clock)
            return pb.UnbindResponse()

        return await calls.once.run(request, pb.UnbindResponse, scope=principal.account_id, effect=effect)

    async def AddPhoneNumber(
        self, request: pb.AddPhoneNumberRequest, context: CallContext
    ) -> pb.AddPhoneNumberResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        named = request_hash(request.ticket.encode())
        proof = key_proof("proof", _SERVICE + "AddPhoneNumber", named, request.proof)

        def effect(connection: Connection) -> pb.AddPhoneNumberResponse:
            unit = calls.unit(connection)
            masked = add_phone_number(unit, principal=principal, ticket=request.ticket, proof=proof, clock=calls.clock)
            return pb.AddPhoneNumberResponse(phone_number_masked=masked)

        scope, answer = principal.account_id, pb.AddPhoneNumberResponse
        return await calls.once.run(request, answer, scope=scope, effect=effect, ignoring=("proof",))

    async def _begin(self, authorisation: Authorisation) -> pb.Authorisation:
        calls, provider = self._calls, authorisation.provider
        calls.check_served(authorisation.brand, provider.method)
        state, expires_at = await calls.write(lambda unit: begin(unit, authorisation=authorisation, clock=calls.clock))
        wanted = await calls.request(provider, brand=authorisation.brand, state=state)
        return pb.Authorisation(
            state=state,
            app_id=wanted.app_id,
            scope=wanted.scope,
            signed_request=wanted.signed_request,
            expires_at=timestamp(expires_at),
        )

    async def _log_in(
        self,
        state: str,
        code: str,
        providers: frozenset[Provider],
        accepted: list[str],
        by: LoginBy,
        *,
        registers: bool,
    ) -> tuple[OpenedSession | HalfLogin | BindingNeeded, ExternalUser]:
        calls = self._calls

        def take_back(unit: LinkedUnit) -> Authorisation | CosignFault:
            return claim(
                unit,
                state=state,
                code=code,
                providers=providers,
                holder=holder_of(by.details.public_key),
                account_id="",
                address=by.address,
                clock=calls.clock,
            )

        claimed = await calls.claimed(providers, take_back)
        user: ExternalUser | None = None

        async def log_in() -> OpenedSession | HalfLogin | BindingNeeded:
            nonlocal user
            user = named = await calls.user(claimed, state=state, code=code, address=by.address)
            return await calls.write(
                lambda unit: login_third_party(
                    unit,
                    authorisation=claimed,
                    user=named,
                    registers=registers,
                    accepted=accepted,
                    by=by,
                    tokens=calls.tokens,
                    clock=calls.clock,
                )
            )

        opened = await calls.logged(claimed.provider.method, claimed.brand, log_in())
        if user is None:
            raise TypeError("a login has a user")
        return opened, user

    def _by(self, context: CallContext, method: str, device: login_pb2.LoginDevice, *bound: str) -> LoginBy:
        """Charges the call and decodes the phone."""
        address = self._calls.limit_guest(context)
        return login_by(_SERVICE + method, bound, device, address=address, clock=self._calls.clock)


def _put(
    answer: pb.LoginOneTapResponse
    | pb.LoginThirdPartyResponse
    | pb.LoginNetworkIdentityResponse
    | pb.LoginAndBindResponse,
    opened: OpenedSession | HalfLogin | BindingNeeded,
) -> None:
    """Sets the one field that says how the login went."""
    if isinstance(opened, OpenedSession):
        answer.session.CopyFrom(encode_session(opened))
    elif isinstance(opened, HalfLogin):
        answer.half.CopyFrom(encode_half(opened))
    elif isinstance(answer, pb.LoginThirdPartyResponse | pb.LoginNetworkIdentityResponse):
        answer.binding.CopyFrom(
            pb.BindingNeeded(
                ticket=opened.ticket,
                name_masked=mask_name(opened.user.name) if opened.user.name else "",
                expires_at=timestamp(opened.expires_at),
            )
        )


def _binding(provider: Provider, binding: Binding | None, name_masked: str) -> pb.Binding:
    if binding is None:
        return pb.Binding(provider=_WORDS[provider])
    bound_at: Timestamp = timestamp(binding.bound_at)
    return pb.Binding(
        provider=_WORDS[provider],
        binding_id=binding.binding_id,
        name_masked=name_masked,
        bound_at=bound_at,
        level=_LEVELS[binding.level],
    )


def _provider(number: int) -> Provider:
    found = _PROVIDERS.get(number)  # type: ignore[call-overload]  # unknown numbers are none of the enum
    if found is None:
        raise FieldInvalid("provider", "must be a provider")
    return Provider(found)


def _text(field: str, text: str, most: int) -> str:
    if not 1 <= len(text) <= most:
        raise FieldInvalid(field, f"must be 1 to {most} characters")
    return text


def _documents(accepted: Iterable[login_pb2.AcceptedDocument]) -> list[str]:
    return [document.document_id for document in accepted]
