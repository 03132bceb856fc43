"""Logins through somebody who knows the user: carrier, WeChat, Alipay, network identity; and the bindings to them.

wanted = phone.linked.begin("zb", "wechat")
code = ...                                   # the app of the provider takes `wanted` and gives a code
phone.linked.third_party(wanted, code, about=about)
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cosign.api.v1 import linked_login_pb2 as pb
from cosign.api.v1 import login_pb2
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import BindingNeeded, InputRefused, SecondStepNeeded
from cosign.client.phone.login import About, Login
from cosign.client.phone.state import PhoneLogin

SERVICE: Final = "LinkedLoginService"
PROVIDERS: Final = {
    "wechat": pb.LINKED_PROVIDER_WECHAT,
    "alipay": pb.LINKED_PROVIDER_ALIPAY,
    "network_id": pb.LINKED_PROVIDER_NETWORK_IDENTITY,
}
"""Words of a brand's login methods that a user can be bound to."""
LEVELS: Final = {
    pb.NETWORK_IDENTITY_LEVEL_UNSPECIFIED: "",
    pb.NETWORK_IDENTITY_LEVEL_CREDENTIAL: "credential",
    pb.NETWORK_IDENTITY_LEVEL_PASSWORD: "password",
    pb.NETWORK_IDENTITY_LEVEL_FACE: "face",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the app of a provider is asked for."""

    method: str
    """`one_tap`, or a word of PROVIDERS."""
    brand: str
    state: str = ""
    app_id: str = ""
    scope: str = ""
    signed_request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingView:
    """A provider and the account of this phone."""

    provider: str
    """A word of PROVIDERS."""
    binding_id: str
    """Empty while not bound."""
    name_masked: str
    level: str
    """Of network identity."""


class LinkedLogin:
    """Logs in through providers. Each call raises Rejected, Unreachable."""

    def __init__(self, engine: Engine, login: Login, connection: AccountConnection) -> None:
        self._engine = engine
        self._login = login
        self._connection = connection

    def methods(self, brand: str) -> Sequence[tuple[str, bool]]:
        """The login methods of a brand in its order, and whether the service can serve them."""
        answer = self._call("ListLoginMethods", pb.ListLoginMethodsRequest(brand=brand))
        return [(str(one.method), bool(one.available)) for one in answer.methods]

    def begin(self, brand: str, provider: str) -> Wanted:
        """Begins a login; `provider` is a word of PROVIDERS. Raises InputRefused too."""
        self._engine.server()
        public_key = self._engine.home.device_key().public_key
        self._engine.home.commit()
        request = pb.BeginAuthorisationRequest(brand=brand, provider=_provider(provider), public_key=public_key)
        return _wanted(brand, provider, self._call("BeginAuthorisation", request).authorisation)

    def one_tap(
        self, brand: str, carrier_token: str, *, about: About, accepted: Sequence[str] = (), new_account: bool = False
    ) -> PhoneLogin:
        """Logs in by the number of the SIM. Raises SecondStepNeeded."""
        request = pb.LoginOneTapRequest(
            brand=brand,
            carrier_token=carrier_token,
            accepted=_documents(accepted),
            device=self._device("LoginOneTap", about, brand, carrier_token),
            new_account=new_account,
        )
        return self._opened(self._call("LoginOneTap", request))

    def third_party(
        self, wanted: Wanted, code: str, *, about: About, accepted: Sequence[str] = (), bind_existing: bool = False
    ) -> PhoneLogin:
        """Logs in with what the app of a provider gave.

        Args:
            wanted: From `begin`.
            code: Authorisation code, or signed result of the identity app.
            about: This phone.
            accepted: Documents the user ticked.
            bind_existing: Make no account for an unknown network identity: the user has one to bind.

        Raises:
            BindingNeeded: No account is bound to the user; `login_and_bind` follows.
            SecondStepNeeded: The brand wants a password as well.
        """
        if wanted.method == "network_id":
            return self._opened(
                self._call(
                    "LoginNetworkIdentity",
                    pb.LoginNetworkIdentityRequest(
                        state=wanted.state,
                        result=code,
                        accepted=_documents(accepted),
                        device=self._device("LoginNetworkIdentity", about, wanted.state, code),
                        bind_existing=bind_existing,
                    ),
                )
            )
        return self._opened(
            self._call(
                "LoginThirdParty",
                pb.LoginThirdPartyRequest(
                    state=wanted.state,
                    code=code,
                    accepted=_documents(accepted),
                    device=self._device("LoginThirdParty", about, wanted.state, code),
                ),
            )
        )

    def login_and_bind(
        self,
        waiting: BindingNeeded,
        *,
        ticket: str,
        about: About,
        accepted: Sequence[str] = (),
        new_account: bool = False,
    ) -> PhoneLogin:
        """Binds the user to the account of a proved number (purpose `bind`), and logs in. Raises SecondStepNeeded."""
        request = pb.LoginAndBindRequest(
            binding_ticket=waiting.ticket,
            ticket=ticket,
            accepted=_documents(accepted),
            device=self._device("LoginAndBind", about, waiting.ticket, ticket),
            new_account=new_account,
        )
        return self._opened(self._call("LoginAndBind", request))

    # --- with a session; each raises LoggedOut too ---

    def bindings(self) -> Sequence[BindingView]:
        """The providers of the brand, bound or not."""
        answer = self._call("ListBindings", pb.ListBindingsRequest(), self._login.bearer())
        return [_view(one) for one in answer.bindings]

    def begin_binding(self, provider: str) -> Wanted:
        """Begins a binding; only this phone can finish it. Raises InputRefused too."""
        request = pb.BeginBindingRequest(provider=_provider(provider))
        return _wanted("", provider, self._call("BeginBinding", request, self._login.bearer()).authorisation)

    def bind(self, wanted: Wanted, code: str, *, ticket: str) -> BindingView:
        """Binds the account to the user who gave `code`; `ticket` is of purpose `step-up`."""
        request = pb.BindRequest(state=wanted.state, code=code, ticket=ticket)
        return _view(self._call("Bind", request, self._login.bearer()).binding)

    def unbind(self, binding_id: str, *, ticket: str) -> None:
        """Ends a binding; `ticket` is of purpose `step-up`."""
        request = pb.UnbindRequest(request_id=str(uuid.uuid4()), binding_id=binding_id, ticket=ticket)
        self._call("Unbind", request, self._login.bearer())

    def add_phone_number(self, *, ticket: str) -> str:
        """Gives a number to an account without one; `ticket` is of purpose `bind`. Returns it masked."""
        proof = self._login.prove(f"{SERVICE}/AddPhoneNumber", [ticket.encode()])
        request = pb.AddPhoneNumberRequest(request_id=str(uuid.uuid4()), ticket=ticket, proof=proof)
        return str(self._call("AddPhoneNumber", request, self._login.bearer()).phone_number_masked)

    def _call(self, method: str, request: Any, bearer: str = "") -> Any:
        return self._connection.call(SERVICE, method, request, bearer)

    def _device(self, method: str, about: About, *bound: str) -> login_pb2.LoginDevice:
        return self._login.device(method, about, *bound, service=SERVICE)

    def _opened(self, answer: Any) -> PhoneLogin:
        if answer.HasField("half"):
            raise SecondStepNeeded(answer.half.ticket, int(answer.half.step))
        if not answer.HasField("session"):
            raise BindingNeeded(answer.binding.ticket, answer.binding.name_masked)
        return self._login.opened(answer.session)


def _provider(word: str) -> pb.LinkedProvider:
    found = PROVIDERS.get(word)
    if found is None:
        raise InputRefused(f"a provider is one of {', '.join(PROVIDERS)}")
    return found


def _wanted(brand: str, provider: str, begun: pb.Authorisation) -> Wanted:
    return Wanted(
        method=provider,
        brand=brand,
        state=begun.state,
        app_id=begun.app_id,
        scope=begun.scope,
        signed_request=begun.signed_request,
    )


def _view(binding: pb.Binding) -> BindingView:
    words = {number: word for word, number in PROVIDERS.items()}
    return BindingView(
        provider=words.get(binding.provider, "other"),
        binding_id=binding.binding_id,
        name_masked=binding.name_masked,
        level=LEVELS.get(binding.level, "other"),
    )


def _documents(accepted: Sequence[str]) -> list[login_pb2.AcceptedDocument]:
    return [login_pb2.AcceptedDocument(document_id=document_id) for document_id in accepted]
