"""The accounts area of its own tests, and linked logins beside it with the providers of the sandbox."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from cosign.api.v1 import code_pb2, login_pb2
from cosign.api.v1 import linked_login_pb2 as pb
from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.linked_logins.adapters.sandbox import Grant, Sandbox, SandboxCarrier, SandboxKey, SandboxProvider
from cosign.linked_logins.model import Provider
from cosign.linked_logins.provider_pool import ProviderPool
from cosign.linked_logins.repository import Neighbours, SqlLinkedUnit
from cosign.linked_logins.servicer import LinkedCalls, LinkedLoginServicer
from cosign.linked_logins.tables import linked_account
from cosign.server.ratelimit import peer_address
from cosign.store.unit_of_work import reading
from tests.cosign.accounts.world import Context, TestPhone, World

ZB = "zb"
"""SMS, certificate, WeChat, Alipay, one-tap; registers by itself."""
XSS = "xss"
"""One-tap, SMS, network identity; registers by itself."""
NUMBER = f"138{4321:08d}"
OTHER = f"139{8765:08d}"
REFUSED, BUSY_ONCE, BUSY = f"138{1:08d}", f"138{2:08d}", f"138{3:08d}"
"""What the sandbox fails for."""
_NUMBERS = {
    Provider.WECHAT: pb.LINKED_PROVIDER_WECHAT,
    Provider.ALIPAY: pb.LINKED_PROVIDER_ALIPAY,
    Provider.NETWORK_ID: pb.LINKED_PROVIDER_NETWORK_IDENTITY,
}


class Seen:
    """Remembers what became of calls to providers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def asked(self, provider: str, result: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((provider, result))


class LinkedWorld(World):
    """`World` with linked logins."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine, folder)
        self.sandbox = SandboxKey(folder / "sandbox.pem")
        self.seen = Seen()
        self.pool = ProviderPool(self.seen, threads=2)
        played = Sandbox(self.sandbox, self.clock)
        self.linked_neighbours = Neighbours(
            accounts=self.unit,
            operations=lambda connection: SqlOperationUnit(
                connection, clock=self.clock, personal=self.personal, trail=self.trail
            ),
            personal=self.personal,
        )
        self.linked_calls = LinkedCalls(
            engine=engine,
            unit=self.linked_unit,
            brands=self.brands,
            clock=self.clock,
            blocking=self.blocking,
            once=self.calls.once,
            tokens=self.calls.tokens,
            principal=self.callers.principal,
            limit_guest=self.callers.limit_guest,
            address=lambda context: peer_address(context.peer()),
            count_login=self.metrics.login,
            pool=self.pool,
            carrier=SandboxCarrier(played),
            providers={one: SandboxProvider(played, one) for one in Provider},
        )
        self.linked = LinkedLoginServicer(self.linked_calls)

    def close(self) -> None:
        self.pool.close()
        super().close()

    def linked_unit(self, connection: Connection) -> SqlLinkedUnit:
        return SqlLinkedUnit(connection, self.linked_neighbours)

    def bound(self) -> list[tuple[str, str]]:
        """Account and provider of every binding."""
        with reading(self.engine) as connection:
            query = select(linked_account.c.account_id, linked_account.c.provider)
            return [(row.account_id, row.provider) for row in connection.execute(query.order_by("binding_id"))]

    def grant(self, method: str, user: str, *, brand: str = ZB, state: str = "", **more: Any) -> str:
        """What the app of a provider hands back."""
        return self.sandbox.issue(Grant(method=method, brand=brand, state=state, user=user, **more), self.clock)

    def phone(self) -> "LinkedPhone":
        return LinkedPhone(self)

    async def account(self, number: str = NUMBER, *, brand: str = ZB, password: str = "") -> "LinkedPhone":
        phone = self.phone()
        phone.number = number
        await phone.login_sms(number, brand=brand)
        if password:
            await phone.set_password(password)
        self.clock.forward(seconds=61)
        return phone


class LinkedPhone(TestPhone):
    """A phone with the apps of the providers on it."""

    world: LinkedWorld
    number = NUMBER
    """Of the account, where codes go."""

    def linked_device(self, method: str, *bound: str) -> login_pb2.LoginDevice:
        device = self.device(method, *bound)
        fields = [*(text.encode() for text in bound), self.key.public_key]
        device.proof.CopyFrom(self.proof(f"LinkedLoginService/{method}", *fields))
        return device

    def guest(self) -> Context:
        return Context(address=self.address)

    async def one_tap(
        self, number: str = NUMBER, *, brand: str = ZB, token: str = "", **more: Any
    ) -> pb.LoginOneTapResponse:
        token = token or self.world.grant("one_tap", number, brand=brand)
        request = pb.LoginOneTapRequest(
            brand=brand, carrier_token=token, device=self.linked_device("LoginOneTap", brand, token), **more
        )
        answer = await self.world.linked.LoginOneTap(request, self.guest())
        self.session = answer.session
        return answer

    async def state(self, provider: Provider, *, brand: str = ZB) -> str:
        request = pb.BeginAuthorisationRequest(brand=brand, provider=_NUMBERS[provider], public_key=self.key.public_key)
        answer = await self.world.linked.BeginAuthorisation(request, self.guest())
        return str(answer.authorisation.state)

    async def third_party(
        self, user: str, provider: Provider = Provider.WECHAT, *, state: str = "", code: str = "", **more: Any
    ) -> pb.LoginThirdPartyResponse:
        state = state or await self.state(provider)
        code = code or self.world.grant(provider.value, user, state=state, **more)
        request = pb.LoginThirdPartyRequest(
            state=state, code=code, device=self.linked_device("LoginThirdParty", state, code)
        )
        answer = await self.world.linked.LoginThirdParty(request, self.guest())
        self.session = answer.session
        return answer

    async def network_identity(
        self, user: str, *, level: str = "face", bind_existing: bool = False, result: str = "", state: str = ""
    ) -> pb.LoginNetworkIdentityResponse:
        state = state or await self.state(Provider.NETWORK_ID, brand=XSS)
        result = result or self.world.grant("network_id", user, brand=XSS, state=state, level=level)
        request = pb.LoginNetworkIdentityRequest(
            state=state,
            result=result,
            bind_existing=bind_existing,
            device=self.linked_device("LoginNetworkIdentity", state, result),
        )
        answer = await self.world.linked.LoginNetworkIdentity(request, self.guest())
        self.session = answer.session
        return answer

    async def login_and_bind(
        self, binding_ticket: str, *, number: str = NUMBER, brand: str = ZB, ticket: str = ""
    ) -> pb.LoginAndBindResponse:
        ticket = ticket or await self.world.ticket(code_pb2.CODE_PURPOSE_BIND, number, brand)
        request = pb.LoginAndBindRequest(
            binding_ticket=binding_ticket,
            ticket=ticket,
            device=self.linked_device("LoginAndBind", binding_ticket, ticket),
        )
        answer = await self.world.linked.LoginAndBind(request, self.guest())
        self.session = answer.session
        return answer

    async def bind(
        self, user: str, provider: Provider = Provider.WECHAT, *, brand: str = ZB, ticket: str = "", **more: Any
    ) -> pb.Binding:
        if not ticket:
            self.world.clock.forward(seconds=61)
            ticket = await self.step_up(self.number, brand)
        begun = await self.world.linked.BeginBinding(pb.BeginBindingRequest(provider=_NUMBERS[provider]), self.context)
        state = begun.authorisation.state
        code = self.world.grant(provider.value, user, brand=brand, state=state, **more)
        answer = await self.world.linked.Bind(pb.BindRequest(state=state, code=code, ticket=ticket), self.context)
        return answer.binding

    async def bindings(self) -> list[pb.Binding]:
        return list((await self.world.linked.ListBindings(pb.ListBindingsRequest(), self.context)).bindings)
