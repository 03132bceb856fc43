"""What the servicer works with: transactions, callers, and providers that are asked between two transactions."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine

from cosign.accounts.faults import LoginMethodOff, ServiceBusy
from cosign.accounts.model import Principal
from cosign.accounts.tokens import RefreshTokens
from cosign.accounts.usecases.login_sms import HalfLogin
from cosign.blocking import BlockingPool
from cosign.brands import Brands, LoginMethod
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.errors import BrandUnknown, CosignFault
from cosign.linked_logins.faults import ProviderCancelled, ProviderRefused, ProviderUnavailable
from cosign.linked_logins.model import Authorisation, ExternalUser, Provider, fallback
from cosign.linked_logins.ports import AuthorisationRequest, Carrier, IdentityProvider, LinkedUnit
from cosign.linked_logins.provider_pool import ProviderPool
from cosign.linked_logins.usecases.authorise import give_back, refused
from cosign.request_once import RequestOnce
from cosign.store.unit_of_work import reading, writing

T = TypeVar("T")

_THIRD_PARTY = "third_party"
"""Method of a login whose provider is not known because its authorisation is not."""
_OF_PROVIDERS = (ProviderRefused, ProviderCancelled, ProviderUnavailable, ServiceBusy)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedCalls:
    """The environment of the servicer."""

    engine: Engine
    unit: Callable[[Connection], LinkedUnit]
    brands: Brands
    clock: Clock
    blocking: BlockingPool
    once: RequestOnce
    tokens: RefreshTokens
    principal: Callable[[CallContext], Awaitable[Principal]]
    limit_guest: Callable[[CallContext], str]
    """Charges a call without a session to the peer's address, and returns the address."""
    address: Callable[[CallContext], str]
    """The peer's address."""
    count_login: Callable[[str, str], None]
    """Counts a login by method and result."""
    pool: ProviderPool
    carrier: Carrier | None
    providers: Mapping[Provider, IdentityProvider]
    """Those this service is configured for."""

    async def read(self, work: Callable[[LinkedUnit], T]) -> T:
        """Runs `work` on a snapshot."""

        def run() -> T:
            with reading(self.engine) as connection:
                return work(self.unit(connection))

        return await self.blocking.run(run)

    async def write(self, work: Callable[[LinkedUnit], T | CosignFault]) -> T:
        """Runs `work` in a transaction. A fault that it returns is raised after the commit."""

        def run() -> T | CosignFault:
            with writing(self.engine) as connection:
                return work(self.unit(connection))

        result = await self.blocking.run(run)
        if isinstance(result, CosignFault):
            raise result
        return result

    def available(self, brand: str, method: LoginMethod) -> bool:
        """Whether this service can serve a method of the brand now; methods of other areas always are."""
        if method is LoginMethod.ONE_TAP:
            return self.carrier is not None and self.carrier.serves(brand)
        if method.value not in set(Provider):
            return True
        found = self.providers.get(Provider(method.value))
        return found is not None and found.serves(brand)

    def check_served(self, brand: str, method: LoginMethod) -> None:
        """Raises LoginMethodOff if no provider is configured for a method of the brand; BrandUnknown."""
        self.brands.policy(brand)
        if not self.available(brand, method):
            raise LoginMethodOff(f"{method} is not configured for the brand")

    async def request(self, provider: Provider, *, brand: str, state: str) -> AuthorisationRequest:
        """What the app needs for the way to a provider that is served. Raises ProviderUnavailable, ServiceBusy."""
        asked = self.providers[provider]
        return await self.pool.ask(provider.value, lambda: asked.request(brand=brand, state=state))

    async def phone_number(self, *, brand: str, token: str, reference: str, address: str) -> str:
        """The number the carrier tells for a token that was spent. Raises as `Carrier.phone_number`."""
        carrier = self.carrier
        if carrier is None:
            raise LoginMethodOff("no carrier is configured")

        def call() -> str:
            return carrier.phone_number(brand=brand, token=token, reference=reference)

        return await self._asked("carrier", brand, address, call)

    async def user(self, authorisation: Authorisation, *, state: str, code: str, address: str) -> ExternalUser:
        """The user a provider names for a code that was spent. Raises as `IdentityProvider.exchange`."""
        brand, provider = authorisation.brand, authorisation.provider
        asked = self.providers[provider]
        return await self._asked(
            provider.value, brand, address, lambda: asked.exchange(brand=brand, state=state, code=code)
        )

    async def claimed(
        self, providers: Collection[Provider], work: Callable[[LinkedUnit], Authorisation | CosignFault]
    ) -> Authorisation:
        """Takes an authorisation back for a login, and counts it when that is refused."""
        try:
            return await self.write(work)
        except CosignFault as fault:
            only = next(iter(providers)).value if len(providers) == 1 else _THIRD_PARTY
            self.count_login(only, fault.reason)
            raise

    async def logged(self, method: LoginMethod, brand: str, work: Awaitable[T]) -> T:
        """Counts what becomes of a login, and names another method where the provider is to blame."""
        try:
            done = await work
        except CosignFault as fault:
            self.count_login(method.value, fault.reason)
            if isinstance(fault, _OF_PROVIDERS):
                fault.metadata.setdefault("fallback", self._fallback(brand, method))
            raise
        self.count_login(method.value, "half" if isinstance(done, HalfLogin) else "ok")
        return done

    async def _asked(self, name: str, brand: str, address: str, call: Callable[[], T]) -> T:
        try:
            return await self.pool.ask(name, call)
        except ProviderRefused as fault:
            refusal = fault
            await self.blocking.run(self._record, lambda unit: refused(unit, refusal))
            raise
        except (ProviderCancelled, ProviderUnavailable, ServiceBusy):  # not the caller's guess
            await self.blocking.run(self._record, lambda unit: give_back(unit, brand=brand, address=address))
            raise

    def _record(self, work: Callable[[LinkedUnit], object]) -> None:
        with writing(self.engine) as connection:
            work(self.unit(connection))

    def _fallback(self, brand: str, method: LoginMethod) -> str:
        try:
            return fallback(self.brands.policy(brand), method)
        except BrandUnknown:
            return ""
