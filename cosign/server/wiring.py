"""Builds the object graph. The only place that picks implementations of ports.

    build      everything a server process needs, after every start-up check has passed
    operator   what `cosignctl` needs, without listeners and without the hot path

Start-up checks, in order: configuration, core self-test, state folder lock, schema, token, core keys, audit heads.
Whatever fails raises before anything is served.
"""

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.audit.checkpoints import Checkpoints, HeadFile, check_heads
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import OPERATOR_SEGMENT, AuditTrail
from cosign.blocking import BlockingPool
from cosign.clock import Clock, SystemClock
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.repository import sweep as sweep_devices
from cosign.devices.servicer import DeviceServicer
from cosign.errors import ConfigInvalid, SelfTestFailed
from cosign.paging import Pager
from cosign.server import tls
from cosign.server.callers import Callers
from cosign.server.config import Config, parse_address
from cosign.server.heartbeat import beat
from cosign.server.interceptors import CallInterceptor
from cosign.server.logging import Logger
from cosign.server.metered_token import MeteredToken
from cosign.server.metrics import Metrics
from cosign.server.observer import LoggingObserver
from cosign.server.ratelimit import Rate, RateLimiter
from cosign.server.servicer import ServerInfoServicer
from cosign.server.state_folder import StateFolder
from cosign.signing import area
from cosign.signing.area import Signing, SigningUnits
from cosign.signing.core_keys import core_exists, load_core
from cosign.signing.head_log import FileHeadLog
from cosign.signing.servicer import KeyServicer, ShareServicer, SigningServicer
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import writing
from hsm.ports import SecurityLevel, Token
from hsm.software import SoftwareToken
from keyshare.heads import CommitIsDurable
from protocol import backend
from protocol.codes import Op, Suite
from protocol.errors import InternalFault
from protocol.seal import Kek, SecretRecord

SOFTWARE_WARNING: Final = (
    "WARNING: SOFTWARE TOKEN: the server shares are protected by key files on this machine only. "
    "For development and tests, never for real keys."
)
VERSION: Final = importlib.metadata.version("cosign-server")


@dataclass(slots=True, kw_only=True)
class Application:
    """Everything a server process runs."""

    config: Config
    log: Logger
    metrics: Metrics
    interceptor: CallInterceptor
    blocking: BlockingPool
    server_info: ServerInfoServicer
    devices: DeviceServicer
    keys: KeyServicer
    signing: SigningServicer
    shares: ShareServicer
    checks: Mapping[str, Callable[[], None]]
    """Name to a blocking function that raises when something the service needs is lost."""
    token_is_software: bool
    area: Signing
    checkpoints: Checkpoints
    engine: Engine
    clock: Clock
    on_close: list[Callable[[], object]] = field(default_factory=list)
    version: str = VERSION
    backend: str = ""

    async def start(self) -> None:
        """Starts the batch thread; on the event loop."""
        self.area.operations.start()

    async def stop(self) -> None:
        """After the listener has drained: finishes the queue and signs the last heads."""
        await self.area.operations.drain()
        await self.checkpoint()

    async def checkpoint(self) -> None:
        """Signs the heads of the audit trail."""
        made = await self.blocking.run(self.checkpoints.make)
        if made:
            self.log.debug("audit_signed", count=len(made))

    async def sweep(self) -> None:
        """Removes what has run out of time."""
        await self.blocking.run(self.area.units.sweep)
        await self.blocking.run(self._sweep_devices)

    async def rotate(self) -> None:
        """E2E-4: makes and destroys envelope keys."""
        await self.blocking.run(self.area.envelope_keys.rotate)

    def close(self) -> None:
        """Gives back what `build` took, last first."""
        while self.on_close:
            self.on_close.pop()()

    def _sweep_devices(self) -> None:
        with writing(self.engine) as connection:
            sweep_devices(connection, self.clock.now())


def build(config: Config, log: Logger) -> Application:
    """Runs the start-up checks and builds a server. The caller closes the result.

    Raises:
        OperatorFault, OutageFault, TokenFault: The program may not start.
    """
    with ExitStack() as taken:
        clock = SystemClock()
        _self_test()
        folder = StateFolder(config.server.state_dir)
        folder.ensure()
        taken.enter_context(folder.locked())
        if not config.server.plaintext and config.tls.certificate is None:
            host, _ = parse_address("server.listen", config.server.listen)
            tls.ensure_development_certificate(folder.path, host, clock)
        engine = make_engine(config.database_url)
        taken.callback(engine.dispose)
        _prepare_schema(config, engine)
        metrics = Metrics()
        units = _units(config, engine, clock, segment=config.server.node_id, metrics=metrics)
        folder.keep_identity(units.core.identity_public_key)
        check_heads(engine, head_file(config), units.core.identity_public_key)
        units.settle_heads()
        blocking = BlockingPool()
        taken.callback(blocking.close)
        application = _assemble(config, log, units, metrics, blocking)
        application.area.envelope_keys.rotate()
        application.on_close.append(taken.pop_all().close)
        return application


def _assemble(
    config: Config, log: Logger, units: SigningUnits, metrics: Metrics, blocking: BlockingPool
) -> Application:
    engine, clock, limits = units.engine, units.clock, config.limits
    metrics.build(VERSION, backend.active())
    directory = DeviceDirectory(engine)

    def device_unit(connection: Connection) -> SqlDeviceUnit:
        return SqlDeviceUnit(connection, signing=units, trail=units.audit)

    sessions = SessionDirectory(engine, clock=clock, unit=device_unit, blocking=blocking)
    callers = Callers(
        sessions=sessions,
        devices=RateLimiter(Rate(limits.device_per_second, limits.device_burst)),
        enrolments=RateLimiter(Rate(limits.enrolment_per_minute / 60, limits.enrolment_burst)),
        metrics=metrics,
    )
    signing = area.build(
        units,
        devices=directory,
        observer=LoggingObserver(metrics, log),
        admit=callers.limit_device,
        measured=metrics.batch,
    )
    pager = Pager(lambda data: units.core.row_mac([data])[0])

    async def operate(envelope: bytes, op: Op) -> bytes:
        handled = await signing.operations.handle(envelope, op)
        metrics.answer(handled.op, handled.status)
        return handled.answer

    return Application(
        config=config,
        log=log,
        metrics=metrics,
        interceptor=CallInterceptor(
            metrics=metrics,
            log=log,
            addresses=RateLimiter(Rate(limits.address_per_second, limits.address_burst)),
            access_log=config.log.access,
        ),
        blocking=blocking,
        server_info=ServerInfoServicer(
            version=VERSION,
            server_id=config.server.server_id,
            identity_public_key=units.core.identity_public_key,
            envelope_keys=signing.envelope_keys.published,
            suites=[Suite.SM2.value],
            level=units.token.info().level,
            restore_epoch=units.token.restore_epoch,
            clock=clock,
        ),
        devices=DeviceServicer(
            engine=engine,
            unit=device_unit,
            clock=clock,
            blocking=blocking,
            caller=callers.caller,
            limit_enrolment=callers.limit_enrolment,
            limit_device=callers.limit_device,
            sessions=sessions,
            directory=directory,
            pager=pager,
        ),
        keys=KeyServicer(
            operate=operate,
            engine=engine,
            unit=units.unit,
            clock=clock,
            blocking=blocking,
            caller=callers.caller,
            pager=pager,
        ),
        signing=SigningServicer(operate),
        shares=ShareServicer(operate),
        checks={"database": lambda: beat(engine, config.server.node_id, clock), "token": units.token.self_test},
        token_is_software=units.token.info().level is SecurityLevel.SOFTWARE,
        area=signing,
        checkpoints=_checkpoints(config, units),
        engine=engine,
        clock=clock,
        backend=backend.active(),
    )


@dataclass(frozen=True, slots=True)
class Operator:
    """What `cosignctl` works with; its acts go to the audit segment `operator`."""

    config: Config
    units: SigningUnits

    @property
    def engine(self) -> Engine:
        return self.units.engine

    @property
    def clock(self) -> Clock:
        return self.units.clock

    def devices(self, connection: Connection) -> SqlDeviceUnit:
        """The devices area on the caller's transaction."""
        return SqlDeviceUnit(connection, signing=self.units, trail=self.units.audit)

    def record(self, connection: Connection, event: AuditEvent) -> None:
        """Writes an act that concerns neither device nor key to the audit trail."""
        entry = AuditEntry(time_ms=self.clock.now_ms(), event=event, outcome="done", actor="operator")
        self.units.audit.append(connection, [entry])

    def checkpoints(self) -> Checkpoints:
        """Signs audit heads."""
        return _checkpoints(self.config, self.units)


@contextmanager
def operator(config: Config, *, create: bool = False, check: bool = True) -> Iterator[Operator]:
    """Opens database, token and core for an operator program.

    Args:
        config: The configuration.
        create: Make what is missing, as the first start of the server does.
        check: Compare the audit heads with the database; off only to declare a restore or the loss of the heads.

    Raises:
        OperatorFault, OutageFault, TokenFault: As at the start of the server.
    """
    _self_test()
    folder = StateFolder(config.server.state_dir)
    if create:
        folder.ensure()
    elif not folder.path.is_dir():
        raise ConfigInvalid("server.state_dir", f"{folder.path} does not exist; run `cosignctl init`")
    engine = open_database(config, check=not create)
    try:
        if create:
            migrations.upgrade(engine)
        units = _units(config, engine, SystemClock(), segment=OPERATOR_SEGMENT, metrics=None)
        folder.keep_identity(units.core.identity_public_key)
        if check:
            check_heads(engine, head_file(config), units.core.identity_public_key)
        yield Operator(config, units)
    finally:
        engine.dispose()


def open_database(config: Config, *, check: bool = True) -> Engine:
    """The engine of the configured database. Raises SchemaOutdated unless `check` is off."""
    engine = make_engine(config.database_url)
    if check:
        migrations.check(engine)
    return engine


def head_file(config: Config) -> HeadFile:
    """The audit heads outside the database."""
    return HeadFile(config.server.state_dir)


def identity_public_key(config: Config) -> bytes:
    """Identity public key of the core, 33 bytes, from the state folder."""
    return StateFolder(config.server.state_dir).identity()


def _units(config: Config, engine: Engine, clock: Clock, *, segment: str, metrics: Metrics | None) -> SigningUnits:
    fresh = not core_exists(engine)
    if fresh:
        # Before the core: a crash between the two must not leave a core that misses its heads.
        head_file(config).begin()
    plain = _open_token(config, may_create=fresh)
    token: Token[SecretRecord] = plain if metrics is None else MeteredToken(plain, metrics)
    token.self_test()
    core = load_core(engine, token, server_id=config.server.server_id, clock=clock)
    return SigningUnits(
        engine=engine,
        core=core,
        token=token,
        audit=AuditTrail(segment),
        heads=FileHeadLog(config.token_folder),
        clock=clock,
        durability=CommitIsDurable(),
    )


def _open_token(config: Config, *, may_create: bool) -> Token[SecretRecord]:
    """Opens the software token. It is made only together with a new core: a lost token is never replaced."""
    folder, environment = config.token_folder, config.environment
    if may_create and not (folder.is_dir() and any(folder.iterdir())):
        return SoftwareToken.create(folder, kek=Kek, environment=environment, warn=_quiet)
    return SoftwareToken.open(folder, kek=Kek, environment=environment, warn=_quiet)


def _quiet(_warning: str) -> None:
    """The programs print SOFTWARE_WARNING themselves, once."""


def _prepare_schema(config: Config, engine: Engine) -> None:
    if config.database.migrate and not config.production:
        migrations.upgrade(engine)
    migrations.check(engine)


def _checkpoints(config: Config, units: SigningUnits) -> Checkpoints:
    return Checkpoints(
        units.engine,
        file=head_file(config),
        server_id=config.server.server_id,
        sign=units.core.sign_statement,
        clock=units.clock,
    )


def _self_test() -> None:
    try:
        backend.self_test()
    except InternalFault:
        raise SelfTestFailed("the native core gives wrong answers on this machine") from None
