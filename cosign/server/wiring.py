"""Builds the object graph of a server process, after every start-up check has passed.

    database_wiring   engine and schema
    token_wiring      the token
    units_wiring      core, audit trail and heads on both; shared with operator_wiring, which serves `cosignctl`
    wiring            everything a server has beyond that

Only these modules pick implementations of ports.

Start-up checks, in order: configuration, core self-test, state folder lock, schema, token, core keys, audit heads.
Whatever fails raises before anything is served.
"""

from contextlib import ExitStack

from sqlalchemy import Connection

from cosign.audit.checkpoints import check_heads
from cosign.audit.model import AuditEvent
from cosign.blocking import BlockingPool
from cosign.clock import SystemClock
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.servicer import DeviceServicer
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.server import tls
from cosign.server.access_log import AccessLog
from cosign.server.accounts_wiring import SqlAddressBook, build_accounts
from cosign.server.application import VERSION, Application
from cosign.server.brands_wiring import build_brands
from cosign.server.callers import Callers
from cosign.server.computer_logins_wiring import build_computer_logins
from cosign.server.conditions import SteadyClock, room_on_disk
from cosign.server.config import Config, parse_address
from cosign.server.database_wiring import Durability, Membership, check_durable, join, open_engine, prepare_schema
from cosign.server.heads_wiring import audit_heads
from cosign.server.heartbeat import beat
from cosign.server.identity_proof import AttemptProof
from cosign.server.identity_wiring import build_identity
from cosign.server.limits_wiring import Limiters, limiters
from cosign.server.linked_logins_wiring import build_linked_logins
from cosign.server.logging import Logger
from cosign.server.messages_wiring import build_messages
from cosign.server.metrics import Metrics
from cosign.server.observer import LoggingObserver
from cosign.server.outbox_metrics import OutboxMetrics
from cosign.server.personal_wiring import build_personal, build_retention
from cosign.server.place import Place
from cosign.server.reviews_wiring import build_reviews
from cosign.server.server_info_wiring import server_info
from cosign.server.staff_wiring import build_staff
from cosign.server.state_folder import StateFolder
from cosign.server.tracing_wiring import Untraced, traces
from cosign.server.units_wiring import build_units, make_checkpoints, self_test
from cosign.server.uploads_wiring import build_uploads
from cosign.signing import area
from cosign.signing.area import SigningUnits
from cosign.signing.servicer import KeyServicer
from cosign.store.waits import measure
from hsm.ports import SecurityLevel
from protocol import backend


def build(config: Config, log: Logger, place: Place | None = None) -> Application:
    """Runs the start-up checks and builds a server, as a worker in its `place`. The caller closes the result.

    Raises:
        OperatorFault, OutageFault, TokenFault: The program may not start.
    """
    with ExitStack() as taken:
        clock = SystemClock()
        self_test()
        folder = StateFolder(config.server.state_dir)
        folder.ensure()
        if place is None:  # a worker has inherited the lock of its supervisor
            taken.enter_context(folder.locked())
        if not config.server.plaintext and config.tls.certificate is None:
            host, _ = parse_address("server.listen", config.server.listen)
            tls.ensure_development_certificate(folder.path, host, clock)
        engine = open_engine(config)
        taken.callback(engine.dispose)
        prepare_schema(config, engine)
        durability = check_durable(config, engine)
        metrics = Metrics()
        measure(engine, metrics.database_wait)
        units = build_units(config, engine, clock, segment=config.server.node_id, metrics=metrics)
        taken.callback(units.token.close)
        folder.keep_identity(units.core.identity_public_key)
        check_heads(engine, audit_heads(config), units.core.identity_public_key)
        membership = join(config, engine, failed=lambda fault: log.error("node_disconnected", exc_info=fault))
        taken.callback(membership.close)
        units.settle_heads()
        if config.signing.raw_agreement:
            units.record(AuditEvent.RAW_AGREEMENT_ALLOWED)
            log.warning("raw_agreement_allowed")
        blocking = BlockingPool()
        taken.callback(blocking.close)
        tracing = traces(config, VERSION)
        taken.callback(tracing.close)
        limits = limiters(config, place)
        application = _assemble(
            config, log, units, metrics, blocking, membership, durability, limits, tracing, place is not None
        )
        application.area.envelope_keys.rotate()
        application.on_close.append(taken.pop_all().close)
        application.on_close.append(application.accounts.close)
        application.on_close.append(application.staff.close)
        application.on_close.append(application.linked_logins.close)
        return application


def _assemble(
    config: Config,
    log: Logger,
    units: SigningUnits,
    metrics: Metrics,
    blocking: BlockingPool,
    membership: Membership,
    durability: Durability,
    limits: Limiters,
    traces: Untraced,
    supervised: bool,
) -> Application:
    engine, clock = units.engine, units.clock
    metrics.build(VERSION, backend.active())
    directory = DeviceDirectory(engine, waker=membership.waker)

    def device_unit(connection: Connection) -> SqlDeviceUnit:
        return SqlDeviceUnit(connection, signing=units, trail=units.audit)

    sessions = SessionDirectory(engine, clock=clock, unit=device_unit, blocking=blocking, waker=membership.waker)
    callers = Callers(
        sessions=sessions,
        devices=limits.devices,
        enrolments=limits.enrolments,
        guests=limits.guests,
        metrics=metrics,
    )
    signing = area.build(
        units,
        devices=directory,
        observer=LoggingObserver(metrics, log),
        admit=callers.limit_device,
        measured=metrics.batch,
        refuse=durability.refuse,
        staged=traces.stage,
        raw_agreement=config.signing.raw_agreement,
    )

    def mac(data: bytes) -> bytes:
        return units.core.row_mac([data])[0]

    pager = Pager(mac)
    once = RequestOnce(engine, clock=clock, blocking=blocking, mac=mac)
    personal = build_personal(units, waker=membership.waker)
    brands = build_brands(
        config,
        units,
        waker=membership.waker,
        metrics=metrics,
        blocking=blocking,
        reader=callers.principal,
        readers=limits.readers,
        pager=pager,
        once=once,
        personal=personal.data,
    )

    def proofs(connection: Connection) -> AttemptProof:
        return AttemptProof(identity.unit(connection))  # built below, on the area of accounts

    accounts = build_accounts(
        units,
        devices=device_unit,
        brands=brands.brands,
        personal=personal.data,
        file=personal.file,
        callers=callers,
        sessions=sessions,
        directory=directory,
        blocking=blocking,
        metrics=metrics,
        pager=pager,
        once=once,
        proofs=proofs,
    )
    access_log = AccessLog(enabled=config.log.access and config.log.level in ("debug", "info"))
    guard = traces.guard(metrics=metrics, log=log, addresses=limits.addresses, access_log=access_log)
    guard.check_client = brands.check_client
    messages = build_messages(
        config,
        units,
        log=log,
        personal=personal.data,
        addresses=SqlAddressBook(units, personal.data),
        waker=membership.waker,
        blocking=blocking,
        callers=callers,
        sessions=sessions,
        pager=pager,
        once=once,
        metrics=OutboxMetrics(metrics.registry),
        draining=lambda: guard.draining,
        shared_port=supervised,
    )
    uploads = build_uploads(
        config, units, personal, log=log, owner=callers.principal, pager=pager, shared_port=supervised
    )
    identity = build_identity(
        config,
        units,
        accounts=accounts.unit,
        brands=brands.brands,
        personal=personal.data,
        reader=uploads.reader,
        callers=callers,
        metrics=metrics,
        pager=pager,
        once=once,
        log=log,
        callbacks=messages.callbacks,
        callback_base=messages.endpoint.url if messages.endpoint else "",
    )
    staff = build_staff(
        config,
        units,
        personal=personal.data,
        accounts=accounts.unit,
        brands=brands.brands,
        callers=callers,
        limits=limits,
        metrics=metrics,
        blocking=blocking,
        pager=pager,
        once=once,
    )
    reviews = build_reviews(
        units,
        staff.calls,
        accounts=accounts.unit,
        identity=identity.unit,
        brands=brands.brands,
        personal=personal.data,
        links=uploads.links,
        metrics=metrics.reviews,
    )
    return Application(
        config=config,
        log=log,
        metrics=metrics,
        guard=guard,
        access_log=access_log,
        blocking=blocking,
        server_info=server_info(config, units, signing, brands=brands.brands, blocking=blocking, version=VERSION),
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
            once=once,
        ),
        keys=KeyServicer(
            engine=engine,
            unit=units.unit,
            clock=clock,
            blocking=blocking,
            caller=callers.caller,
            pager=pager,
            once=once,
        ),
        brands=brands,
        accounts=accounts,
        linked_logins=build_linked_logins(
            config,
            units,
            accounts=accounts.unit,
            brands=brands.brands,
            personal=personal.data,
            callers=callers,
            blocking=blocking,
            once=once,
            metrics=metrics,
        ),
        computers=build_computer_logins(
            units,
            accounts=accounts.unit,
            brands=brands.brands,
            personal=personal.data,
            callers=callers,
            waker=membership.waker,
            blocking=blocking,
            metrics=metrics,
            draining=lambda: guard.draining,
        ),
        messages=messages,
        personal=personal,
        retention=build_retention(units, personal, brands=brands.brands),
        uploads=uploads,
        identity=identity,
        staff=staff,
        reviews=reviews,
        checks={
            "key_operations": signing.operations.check,
            "database": lambda: beat(engine, config.server.node_id, clock),
            "token": units.token.self_test,
            "durability": durability.check,
            "clock": SteadyClock().check,
            "disk": lambda: room_on_disk(config.server.state_dir),
        },
        token_is_software=units.token.info().level is SecurityLevel.SOFTWARE,
        area=signing,
        operations=traces.operations(signing.operations),
        checkpoints=make_checkpoints(config, units),
        engine=engine,
        clock=clock,
        backend=backend.active(),
    )
