"""Builds the messages area: providers by configuration, the outbox worker, the inbox and the operation log."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.audit.servicer import OperationLogServicer
from cosign.blocking import BlockingPool
from cosign.devices.directory import SessionDirectory
from cosign.errors import ConcurrentOperation, OutageFault
from cosign.messages import delivery_rows
from cosign.messages.adapters.reports import FORMATS, MalformedReport
from cosign.messages.delivery import CodeHandler, NoticeHandler, Route, by_email, by_push, by_sms
from cosign.messages.delivery_rows import SqlDeliveryUnit
from cosign.messages.model import Channel
from cosign.messages.payloads import CODE
from cosign.messages.ports import AddressBook
from cosign.messages.receipts import Receipts
from cosign.messages.repository import SqlMessageUnit
from cosign.messages.servicer import MessageServicer
from cosign.messages.usecases.deliveries import apply_early
from cosign.messages.waiting import InboxWaiters
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.server.callbacks import CallbackAnswer, CallbackRequest, Callbacks, CallbackServer
from cosign.server.callers import Callers
from cosign.server.config import Config
from cosign.server.http_tls import endpoint_context
from cosign.server.logging import Logger
from cosign.server.message_providers import open_providers, report_secret
from cosign.server.outbox_metrics import OutboxMetrics
from cosign.signing.area import SigningUnits
from cosign.store import outbox, outbox_admin
from cosign.store.delivery import Handler, OutboxPolicy
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import Waker


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesSide:
    """What a server does with messages."""

    units: SigningUnits
    personal: PersonalData
    worker: OutboxWorker
    callbacks: Callbacks
    """Other areas register the addresses of their providers here, before the start."""
    endpoint: CallbackServer | None
    metrics: OutboxMetrics
    inbox: MessageServicer
    operations: OperationLogServicer

    def unit(self, connection: Connection) -> SqlMessageUnit:
        """For other areas: messages on the connection of their transaction."""
        return message_unit(self.units, self.personal, connection)

    def operation_unit(self, connection: Connection) -> SqlOperationUnit:
        """For other areas: the operation log on the connection of their transaction."""
        return operation_unit(self.units, self.personal, connection)

    def sweep(self) -> None:
        """Forgets what has run out of time, and shows how much waits. Blocks."""
        now_ms = self.units.clock.now_ms()
        with writing(self.units.engine) as connection:
            outbox_admin.sweep(connection, now_ms)
            apply_early(SqlDeliveryUnit(connection, clock=self.units.clock))
            delivery_rows.sweep(connection, now_ms)
        with reading(self.units.engine) as connection:
            self.metrics.depth(*outbox.depth(connection, now_ms))

    def start(self) -> None:
        """Delivers, and takes callbacks, from now on."""
        self.worker.start()
        if self.endpoint is not None:
            self.endpoint.start()

    async def stop(self) -> None:
        """Takes no more callbacks and waits for the deliveries that run."""
        if self.endpoint is not None:
            await asyncio.to_thread(self.endpoint.stop)
        await asyncio.to_thread(self.worker.stop)


def message_unit(units: SigningUnits, personal: PersonalData, connection: Connection) -> SqlMessageUnit:
    """Messages on the connection of a transaction."""
    return SqlMessageUnit(connection, clock=units.clock, personal=personal)


def unread_messages(units: SigningUnits, personal: PersonalData) -> Callable[[Connection, str], int]:
    """How many unread messages an account has, for support."""

    def count(connection: Connection, account_id: str) -> int:
        inbox = SqlMessageUnit(connection, clock=units.clock, personal=personal).inbox(account_id)
        return sum(inbox.unread.values())

    return count


def operation_unit(units: SigningUnits, personal: PersonalData, connection: Connection) -> SqlOperationUnit:
    """The operation log on the connection of a transaction."""
    return SqlOperationUnit(connection, clock=units.clock, personal=personal, trail=units.audit)


def build_messages(
    config: Config,
    units: SigningUnits,
    *,
    log: Logger,
    personal: PersonalData,
    addresses: AddressBook,
    waker: Waker,
    blocking: BlockingPool,
    callers: Callers,
    sessions: SessionDirectory,
    pager: Pager,
    once: RequestOnce,
    metrics: OutboxMetrics,
    draining: Callable[[], bool],
    shared_port: bool,
) -> MessagesSide:
    """Builds the area; nothing is delivered before `worker.start`.

    Raises:
        ConfigInvalid: A file of a provider or the certificate is missing or wrong.
        OSError: The port for callbacks is taken.
    """
    engine, clock = units.engine, units.clock
    callbacks = Callbacks(log)
    sms, email, push = open_providers(
        config, units, lambda secret, body: callbacks.post(f"/sms/sandbox/{secret}", {}, body)
    )
    _take_reports(config, units, callbacks, metrics)
    endpoint = None
    if config.callbacks.listen:
        endpoint = CallbackServer(
            config.callbacks.listen,
            callbacks,
            context=endpoint_context(config),
            public_url=config.callbacks.public_url,
            shared_port=shared_port,
        )

    def notices(route: Route) -> Handler:
        return NoticeHandler(engine, clock=clock, personal=personal, addresses=addresses, route=route)

    section = config.outbox
    metrics.log = log
    worker = OutboxWorker(
        engine,
        handlers={
            CODE: CodeHandler(personal, sms, clock),
            Channel.SMS.value: notices(by_sms(sms)),
            Channel.PUSH.value: notices(by_push(push)),
            Channel.EMAIL.value: notices(by_email(email)),
        },
        clock=clock,
        waker=waker,
        observer=metrics,
        policy=OutboxPolicy(
            parallel=section.parallel,
            per_kind=(section.parallel + 1) // 2,
            attempts=section.attempts,
            lease_seconds=section.lease_seconds,
        ),
    )

    def unit(connection: Connection) -> SqlMessageUnit:
        return message_unit(units, personal, connection)

    waiters = InboxWaiters(waker, draining=draining)
    sessions.subscribe(waiters.wake)
    return MessagesSide(
        units=units,
        personal=personal,
        worker=worker,
        callbacks=callbacks,
        endpoint=endpoint,
        metrics=metrics,
        inbox=MessageServicer(
            engine=engine,
            unit=unit,
            blocking=blocking,
            caller=callers.principal,
            present=callers.present,
            waiters=waiters,
            pager=pager,
            once=once,
        ),
        operations=OperationLogServicer(
            engine=engine,
            unit=lambda connection: operation_unit(units, personal, connection),
            blocking=blocking,
            caller=callers.principal,
            pager=pager,
        ),
    )


def _take_reports(config: Config, units: SigningUnits, callbacks: Callbacks, metrics: OutboxMetrics) -> None:
    found = report_secret(config, units)
    if found is None:
        return
    provider, secret = found
    receipts = Receipts(
        units.engine,
        clock=units.clock,
        form=FORMATS[provider],
        secret=secret,
        observe=partial(metrics.report, provider),
    )

    def take(request: CallbackRequest) -> CallbackAnswer:
        try:
            return CallbackAnswer(200, receipts.take(request.rest, request.body))
        except MalformedReport:
            return CallbackAnswer(400, receipts.later)
        except (OutageFault, ConcurrentOperation):
            return CallbackAnswer(503, receipts.later)

    callbacks.register(f"/sms/{provider}/", take)
