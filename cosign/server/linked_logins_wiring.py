"""Builds linked logins: the configured providers and the servicer."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.accounts import AccountUnit
from cosign.accounts.tokens import RefreshTokens
from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.blocking import BlockingPool
from cosign.brands import Brands
from cosign.errors import ConfigInvalid
from cosign.linked_logins.adapters import alipay, aliyun, wechat
from cosign.linked_logins.adapters.alipay import Alipay
from cosign.linked_logins.adapters.aliyun import AliyunCarrier
from cosign.linked_logins.adapters.apps import load_apps
from cosign.linked_logins.adapters.asking import TIMEOUT_SECONDS
from cosign.linked_logins.adapters.sandbox import FILE, Sandbox, SandboxCarrier, SandboxKey, SandboxProvider
from cosign.linked_logins.adapters.wechat import WeChat
from cosign.linked_logins.model import THIRD_PARTIES, Provider
from cosign.linked_logins.ports import Carrier, IdentityProvider
from cosign.linked_logins.provider_pool import ProviderPool
from cosign.linked_logins.repository import Neighbours, SqlLinkedUnit, sweep
from cosign.linked_logins.servicer import LinkedCalls, LinkedLoginServicer
from cosign.messages.adapters.http import Endpoint
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.server.callers import Callers
from cosign.server.config import Config
from cosign.server.config_messages import secret_in
from cosign.server.linked_logins_metrics import ProviderMetrics
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import peer_address
from cosign.signing.area import SigningUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedLogins:
    """What a server does with linked logins."""

    servicer: LinkedLoginServicer
    sweep: Callable[[Connection, dt.datetime], None]
    close: Callable[[], None]


def build_linked_logins(
    config: Config,
    units: SigningUnits,
    *,
    accounts: Callable[[Connection], AccountUnit],
    brands: Brands,
    personal: PersonalData,
    callers: Callers,
    blocking: BlockingPool,
    once: RequestOnce,
    metrics: Metrics,
) -> LinkedLogins:
    """Builds the area.

    Raises:
        ConfigInvalid: A file of a provider is missing or wrong.
    """
    carrier, providers = _providers(config, units)
    pool = ProviderPool(ProviderMetrics(metrics.registry))
    neighbours = Neighbours(
        accounts=accounts,
        operations=lambda connection: SqlOperationUnit(
            connection, clock=units.clock, personal=personal, trail=units.audit
        ),
        personal=personal,
    )
    calls = LinkedCalls(
        engine=units.engine,
        unit=lambda connection: SqlLinkedUnit(connection, neighbours),
        brands=brands,
        clock=units.clock,
        blocking=blocking,
        once=once,
        tokens=RefreshTokens(lambda data: units.core.row_mac([data])[0]),
        principal=callers.principal,
        limit_guest=callers.limit_guest,
        address=lambda context: peer_address(context.peer()),
        count_login=metrics.login,
        pool=pool,
        carrier=carrier,
        providers=providers,
    )
    return LinkedLogins(servicer=LinkedLoginServicer(calls), sweep=sweep, close=pool.close)


def _providers(config: Config, units: SigningUnits) -> tuple[Carrier | None, dict[Provider, IdentityProvider]]:
    section, clock = config.linked_logins, units.clock
    usual = "none" if config.production else "sandbox"
    chosen = [word or usual for word in (section.carrier, section.third_party, section.network_identity)]
    sandbox = Sandbox(SandboxKey(config.server.state_dir / FILE), clock) if "sandbox" in chosen else None
    carrier: Carrier | None = None
    providers: dict[Provider, IdentityProvider] = {}
    if sandbox is not None:
        by, third_parties, identities = chosen
        carrier = SandboxCarrier(sandbox) if by == "sandbox" else None
        played = [*THIRD_PARTIES] if third_parties == "sandbox" else []
        played += [Provider.NETWORK_ID] if identities == "sandbox" else []
        providers |= {one: SandboxProvider(sandbox, one) for one in played}
    if chosen[0] == "aliyun":
        carrier = AliyunCarrier(
            access_key_id=section.carrier_access_key_id,
            secret=secret_in(section.carrier_secret_file, "linked_logins.carrier_secret_file"),
            clock=clock,
            endpoint=_endpoint(section.carrier_endpoint or aliyun.URL),
        )
    if chosen[1] == "apps":
        if section.apps is None:
            raise ConfigInvalid("linked_logins.apps", "is needed by this provider")
        apps = load_apps(section.apps, "linked_logins.apps")
        providers[Provider.WECHAT] = WeChat(apps.wechat, endpoint=_endpoint(section.wechat_endpoint or wechat.URL))
        providers[Provider.ALIPAY] = Alipay(
            apps.alipay, clock=clock, endpoint=_endpoint(section.alipay_endpoint or alipay.URL)
        )
    return carrier, providers


def _endpoint(url: str) -> Endpoint:
    return Endpoint(url=url, timeout=TIMEOUT_SECONDS)
