"""Builds real-name verification: providers by configuration, the servicer, the route of callbacks."""

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from cosign.accounts import AccountUnit
from cosign.blocking import BlockingPool
from cosign.brands import Brands, IdentityMethod
from cosign.errors import ConfigInvalid
from cosign.identity.adapters import alipay, gateway, sandbox
from cosign.identity.faults import CallbackForged
from cosign.identity.model import Attempt
from cosign.identity.poller import Poller
from cosign.identity.ports import ElementsProvider, FaceProvider
from cosign.identity.providers import DOWN, Health, Named, Providers
from cosign.identity.repository import Neighbours, SqlIdentityUnit, SqlUnits, sweep_callbacks
from cosign.identity.review_subject import hand_in
from cosign.identity.servicer import (
    IdentityCalls,
    IdentityChangeServicer,
    IdentityLinkServicer,
    IdentityServicer,
    ManualIdentityServicer,
)
from cosign.identity.usecases.expiry import end_documents
from cosign.identity.usecases.links import LinkTokens, sweep_links
from cosign.identity.usecases.verification import Asked, Verification
from cosign.messages.adapters.http import Endpoint
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.server.accounts_wiring import account_units
from cosign.server.callbacks import CallbackAnswer, CallbackRequest, Callbacks
from cosign.server.callers import Callers
from cosign.server.config import Config
from cosign.server.config_messages import secret_in
from cosign.server.logging import Logger
from cosign.server.metrics import Metrics
from cosign.server.operator_wiring import Operator
from cosign.server.personal_wiring import build_personal, operator_brands
from cosign.server.reviews_wiring import hand_in_units
from cosign.signing.area import SigningUnits
from cosign.store.unit_of_work import writing
from cosign.uploads.claims import claim
from cosign.uploads.model import UploadPurpose
from cosign.uploads.reading import UploadReader

THREADS: Final = 16
"""Calls to providers at once; each may take ten seconds."""
_FACES = (IdentityMethod.CPCN_FACE, IdentityMethod.OCR_FACE, IdentityMethod.MOTION_FACE)
_ELEMENTS = (IdentityMethod.BANK_FOUR, IdentityMethod.CARRIER_THREE, IdentityMethod.SMS_DOCUMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySide:
    """What a server runs of this area."""

    units: SigningUnits
    brands: Brands
    unit: Callable[[Connection], SqlIdentityUnit]
    """For areas that ask for a verified person in their own transaction."""
    servicer: IdentityServicer
    manual: ManualIdentityServicer
    changes: IdentityChangeServicer
    links: IdentityLinkServicer
    tokens: LinkTokens
    verification: Verification
    poller: Poller
    blocking: BlockingPool
    sandbox: sandbox.SandboxGateway | None

    def start(self) -> None:
        """Serves the sandbox, if there is one, and asks providers for results that do not come."""
        if self.sandbox is not None:
            self.sandbox.start()
        self.poller.start()

    def stop(self) -> None:
        """Ends the threads of this area."""
        self.poller.stop()
        if self.sandbox is not None:
            self.sandbox.stop()
        self.blocking.close()

    def sweep(self) -> None:
        """Ends attempts, links and documents whose time is over, and forgets old callbacks. Blocks."""
        self.verification.sweep()
        write, clock = self.verification.units.write, self.units.clock
        for brand in self.brands.names():
            while write(partial(end_documents, brand=brand, clock=clock)):
                pass
        while write(partial(sweep_links, clock=clock)):
            pass
        with writing(self.units.engine) as connection:
            sweep_callbacks(connection, self.units.clock.now())


class UploadedPictures:
    """Implements `Pictures`."""

    def __init__(self, reader: UploadReader) -> None:
        self._reader = reader

    def open(self, upload_id: str) -> bytes:
        """See the port."""
        _, pieces = self._reader.open(upload_id)
        return b"".join(pieces)


def identity_units(
    units: SigningUnits,
    *,
    accounts: Callable[[Connection], AccountUnit],
    brands: Brands,
    personal: PersonalData,
) -> Callable[[Connection], SqlIdentityUnit]:
    """What makes the unit of this area for a connection; servers, the staff side and operator programs share it."""
    reviews = hand_in_units(units, brands=brands, personal=personal)

    def review(connection: Connection, attempt: Attempt) -> None:
        hand_in(reviews(connection), attempt, clock=units.clock)

    neighbours = Neighbours(
        personal=personal,
        accounts=accounts,
        claim_uploads=_claim_pictures,
        claim_video=_claim_video,
        review=review,
    )
    return lambda connection: SqlIdentityUnit(connection, neighbours)


def build_identity(
    config: Config,
    units: SigningUnits,
    *,
    accounts: Callable[[Connection], AccountUnit],
    brands: Brands,
    personal: PersonalData,
    reader: UploadReader,
    callers: Callers,
    metrics: Metrics,
    pager: Pager,
    once: RequestOnce,
    log: Logger,
    callbacks: Callbacks,
    callback_base: str,
) -> IdentitySide:
    """Puts the area together; the caller starts and stops it.

    Args:
        callback_base: How providers reach `callbacks`, without a path; empty: not at all.

    Raises:
        ConfigInvalid: A file of a provider is missing or wrong.
    """
    unit = identity_units(units, accounts=accounts, brands=brands, personal=personal)

    def called(provider: str, result: str) -> None:
        metrics.identity_call(provider, result)
        if result == DOWN:
            log.warning("identity_provider_failed", provider=provider)

    health = Health(units.clock, called)
    providers, pretender = _providers(config, units, health, callbacks, callback_base)
    verification = Verification(
        units=SqlUnits(units.engine, unit),
        providers=providers,
        pictures=UploadedPictures(reader),
        clock=units.clock,
        decided=metrics.identity,
        called_back=metrics.identity_callback,
        query_after=dt.timedelta(seconds=config.identity.query_after_seconds),
    )
    take_callbacks(verification, callbacks, metrics, log)
    blocking = BlockingPool(THREADS)
    calls = IdentityCalls(
        verification=verification,
        unit=unit,
        brands=brands,
        clock=units.clock,
        blocking=blocking,
        once=once,
        pager=pager,
        principal=callers.principal,
        limit_guest=callers.limit_guest,
    )
    tokens = link_tokens(units)

    def asked(provider: str, result: Asked) -> None:
        metrics.identity_query(provider, result.value)
        if result not in (Asked.PENDING, Asked.DOWN):  # `identity_provider_failed` tells of the latter
            log.info("identity_result_asked", provider=provider, result=result.value)

    def not_asked(fault: Exception) -> None:
        log.error("identity_polling_failed", exc_info=fault)

    return IdentitySide(
        units=units,
        brands=brands,
        unit=unit,
        servicer=IdentityServicer(calls),
        manual=ManualIdentityServicer(calls),
        changes=IdentityChangeServicer(calls),
        links=IdentityLinkServicer(calls, tokens),
        tokens=tokens,
        verification=verification,
        poller=Poller(verification, asked=asked, failed=not_asked),
        blocking=blocking,
        sandbox=pretender,
    )


def take_callbacks(verification: Verification, callbacks: Callbacks, metrics: Metrics, log: Logger) -> None:
    """Registers the route: 200 whatever became of it, 401 if it is not genuine, 404 for another provider."""

    def take(request: CallbackRequest) -> CallbackAnswer:
        try:
            became = verification.receive(request.rest, request.headers, request.body)
        except CallbackForged as fault:
            metrics.identity_callback(request.rest, "forged")
            log.warning("identity_callback_forged", provider=request.rest, problem=str(fault))
            return CallbackAnswer(401)
        log.info("identity_callback", provider=request.rest, state=became.value)
        return CallbackAnswer(200)

    callbacks.register(gateway.CALLBACK_PREFIX, take)


def operator_identity(operator: Operator) -> Callable[[Connection], SqlIdentityUnit]:
    """The unit of this area for an operator program. Raises as `operator_accounts`."""
    units = operator.units
    brands, personal = operator_brands(operator.config, units), build_personal(units).data
    accounts = account_units(units, devices=operator.devices, brands=brands, personal=personal)
    return identity_units(units, accounts=accounts, brands=brands, personal=personal)


def link_tokens(units: SigningUnits) -> LinkTokens:
    """What makes and checks tokens of links, the same on all nodes."""
    return LinkTokens(lambda data: units.core.row_mac([data])[0])


def _claim_pictures(connection: Connection, account_id: str, upload_ids: Sequence[str], until: dt.datetime) -> None:
    claim(connection, upload_ids, owner_id=account_id, purposes=frozenset({UploadPurpose.IDENTITY}), until=until)


def _claim_video(connection: Connection, account_id: str, upload_id: str, until: dt.datetime) -> None:
    claim(connection, [upload_id], owner_id=account_id, purposes=frozenset({UploadPurpose.VIDEO}), until=until)


def _providers(
    config: Config, units: SigningUnits, health: Health, callbacks: Callbacks, callback_base: str
) -> tuple[Providers, sandbox.SandboxGateway | None]:
    section, clock = config.identity, units.clock
    faces: dict[IdentityMethod, Named[FaceProvider]] = {}
    elements: dict[IdentityMethod, Named[ElementsProvider]] = {}
    if section.alipay_app_id:
        faces[IdentityMethod.ALIPAY_FACE] = Named(alipay.NAME, _alipay(config, units))
    pretender, callback_url = None, callback_base and callback_base + gateway.CALLBACK_PATH
    match _kind(config):
        case "gateway":
            secret = secret_in(section.secret_file, "identity.secret_file")
            endpoint, key = Endpoint(url=section.endpoint), section.key
        case "sandbox":
            word = _sandbox_secret(config.server.state_dir / sandbox.FOLDER)
            pretender = sandbox.SandboxGateway(
                config.server.state_dir / sandbox.FOLDER,
                word,
                clock,
                delay=dt.timedelta(seconds=section.sandbox_seconds),
                post=lambda path, body, headers: callbacks.post(path, headers, body),
            )
            callback_url = gateway.CALLBACK_PATH  # needs no port: the sandbox is in this process
            secret, endpoint, key = (lambda: word), Endpoint(url=pretender.url), sandbox.KEY
        case _:
            return Providers(faces=faces, elements=elements, health=health), None
    through = gateway.Gateway(endpoint=endpoint, key=key, secret=secret, clock=clock, callback_url=callback_url)
    faces |= {method: Named(gateway.NAME, through) for method in _FACES}
    if pretender is not None:
        faces.setdefault(IdentityMethod.ALIPAY_FACE, Named(gateway.NAME, through))
    elements |= {method: Named(gateway.NAME, through) for method in _ELEMENTS}
    providers = Providers(
        faces=faces,
        elements=elements,
        health=health,
        reader=Named(gateway.NAME, through),
        credentials=Named(gateway.NAME, through),
    )
    return providers, pretender


def _kind(config: Config) -> str:
    """The configured provider, or what stands for none."""
    return config.identity.provider or ("none" if config.production else "sandbox")


def _sandbox_secret(folder: Path) -> str:
    """One for all processes of a node: whichever is first makes it, whole."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, own = folder / "secret", folder / f"secret-{os.getpid()}"
    if not path.exists():
        own.write_text(secrets.token_hex(32), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_text(encoding="utf-8")


def _alipay(config: Config, units: SigningUnits) -> alipay.AlipayFace:
    section = config.identity
    texts = []
    for key in ("alipay_private_key", "alipay_public_key"):
        path: Path | None = getattr(section, key)
        try:
            texts.append(path.read_bytes() if path is not None else b"")
        except OSError as fault:
            raise ConfigInvalid(f"identity.{key}", fault.strerror or "cannot be read") from None
    try:
        private_key, alipay_key = alipay.load_keys(*texts)
    except ValueError as fault:
        raise ConfigInvalid("identity.alipay_private_key", f"and alipay_public_key {fault}") from None
    return alipay.AlipayFace(
        app_id=section.alipay_app_id,
        private_key=private_key,
        alipay_key=alipay_key,
        endpoint=Endpoint(url=section.alipay_endpoint or alipay.URL),
        clock=units.clock,
    )
