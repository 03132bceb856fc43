"""Builds the areas brands, content and bootstrap of a server process."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.bootstrap.servicer import BootstrapServicer
from cosign.brands.clients import HEADER, check_client, read_client
from cosign.brands.directory import BrandDirectory
from cosign.brands.faults import EtagMismatch, UpgradeRequired
from cosign.brands.model import BrandPolicy
from cosign.brands.repository import SqlBrandUnit
from cosign.brands.usecases.install_presets import install_presets, missing_presets
from cosign.call_context import CallContext, metadata_value
from cosign.clock import Clock
from cosign.content.repository import SqlContentUnit
from cosign.content.servicer import ContentServicer, Reader
from cosign.errors import ConcurrentOperation, RateLimited
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.server.config import Config
from cosign.server.messages_wiring import operation_unit
from cosign.server.metrics import Metrics
from cosign.server.ratelimit import Limiter, peer_address
from cosign.signing.area import SigningUnits
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import Waker

INSTALL_TRIES: Final = 5
"""How often a starting process tries to install presets while others do the same."""


@dataclass(frozen=True, slots=True)
class BrandServices:
    """What the rest of the server uses of these areas."""

    brands: BrandDirectory
    content_unit: Callable[[Connection], SqlContentUnit]
    """For areas that ask for consents in their own transaction."""
    bootstrap: BootstrapServicer
    content: ContentServicer
    check_client: Callable[[CallContext], None]
    """Refuses a call of an app that is too old (`x-client-version`)."""


def build_brands(
    config: Config,
    units: SigningUnits,
    *,
    waker: Waker,
    metrics: Metrics,
    blocking: BlockingPool,
    reader: Callable[[CallContext], Awaitable[Reader]],
    readers: Limiter,
    pager: Pager,
    once: RequestOnce,
    personal: PersonalData,
) -> BrandServices:
    """Installs missing presets and builds the areas.

    `readers` is charged by peer address for what anybody may read.

    Raises:
        ConfigInvalid: A brand of the configuration has neither a policy nor a preset.
    """
    engine, clock = units.engine, units.clock
    policies, contents = partial(brand_unit, trail=units.audit), partial(content_unit, trail=units.audit)
    install(config, engine, units.audit, clock)
    brands = BrandDirectory(
        engine,
        enabled=config.brands.enabled,
        unit=policies,
        waker=waker,
        observe=lambda found: metrics.brand(found.brand, found.version),
    )

    def limit_guest(context: CallContext) -> None:
        try:
            readers.spend(peer_address(context.peer()))
        except RateLimited:
            metrics.limited("reading")
            raise

    def checked_client(context: CallContext) -> None:
        header = metadata_value(context, HEADER)
        if not header:
            return
        client = read_client(header)
        policy: BrandPolicy = brands.policy(client.brand)
        try:
            check_client(policy, client)
        except UpgradeRequired:
            metrics.upgrades_required.inc()
            raise

    return BrandServices(
        brands=brands,
        content_unit=contents,
        bootstrap=BootstrapServicer(
            engine=engine,
            brands=brands,
            brand_unit=policies,
            content_unit=contents,
            identity_public_key=units.core.identity_public_key,
            sign=units.core.sign_statement,
            clock=clock,
            blocking=blocking,
            limit_guest=limit_guest,
        ),
        content=ContentServicer(
            engine=engine,
            unit=contents,
            brands=brands,
            clock=clock,
            blocking=blocking,
            reader=reader,
            limit_guest=limit_guest,
            pager=pager,
            once=once,
            operations=partial(operation_unit, units, personal),
        ),
        check_client=checked_client,
    )


def brand_unit(connection: Connection, trail: AuditTrail) -> SqlBrandUnit:
    """The brands area on the caller's transaction."""
    return SqlBrandUnit(connection, trail=trail)


def content_unit(connection: Connection, trail: AuditTrail) -> SqlContentUnit:
    """The content area on the caller's transaction."""
    return SqlContentUnit(connection, trail=trail)


def install(
    config: Config, engine: Engine, trail: AuditTrail, clock: Clock, *, only: Sequence[str] | None = None
) -> None:
    """Gives the brands of the configuration, or those of `only`, their presets; another node may do so meanwhile.

    Raises:
        ConfigInvalid: A brand has neither a policy nor a preset.
        EtagMismatch, ConcurrentOperation: Others were in the way every time.
        DatabaseUnavailable: The policies cannot be read or written.
    """
    for tries_left in reversed(range(INSTALL_TRIES)):
        with reading(engine) as connection:
            wanted = config.brands.enabled if only is None else only
            missing = missing_presets(brand_unit(connection, trail), wanted)
        if not missing:
            return
        try:
            with writing(engine) as connection:
                install_presets(brand_unit(connection, trail), brands=missing, clock=clock)
        except (EtagMismatch, ConcurrentOperation):
            if not tries_left:
                raise
