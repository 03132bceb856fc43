"""Builds the messages area: providers by configuration, the outbox worker, the inbox and the operation log."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.audit.servicer import OperationLogServicer
from cosign.blocking import BlockingPool
from cosign.devices.directory import SessionDirectory
from cosign.messages import repository
from cosign.messages.adapters import aliyun, jpush, sandbox, tencent
from cosign.messages.adapters.http import Endpoint
from cosign.messages.adapters.smtp import SmtpEmail, SmtpServer
from cosign.messages.adapters.templates import load_templates
from cosign.messages.delivery import CodeHandler, NoticeHandler, Send, by_email, by_push, by_sms
from cosign.messages.model import Channel
from cosign.messages.payloads import CODE
from cosign.messages.ports import AddressBook, Email, EmailProvider, Push, PushProvider, Sms, SmsProvider
from cosign.messages.repository import SqlMessageUnit
from cosign.messages.servicer import MessageServicer
from cosign.messages.waiting import InboxWaiters
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.request_once import RequestOnce
from cosign.server.callers import Callers
from cosign.server.config import Config
from cosign.server.config_messages import secret_in
from cosign.server.logging import Logger
from cosign.server.outbox_metrics import OutboxMetrics
from cosign.signing.area import SigningUnits
from cosign.store import outbox, outbox_admin
from cosign.store.delivery import DeliveryRefused, Handler, NothingToDeliver, OutboxPolicy
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.unit_of_work import reading, writing
from cosign.store.waker import Waker


class Nothing:
    """The provider `none`: another channel is taken. A code has no other: it is a dead letter that operators see."""

    def send(self, message: Sms | Email | Push) -> str:
        """See the ports."""
        if isinstance(message, Sms) and message.template == CODE:
            raise DeliveryRefused("no_provider")
        raise NothingToDeliver("no_provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesSide:
    """What a server does with messages."""

    units: SigningUnits
    personal: PersonalData
    worker: OutboxWorker
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
            repository.sweep(connection, now_ms)
        with reading(self.units.engine) as connection:
            self.metrics.depth(*outbox.depth(connection, now_ms))

    async def stop(self) -> None:
        """Waits for the deliveries that run."""
        await asyncio.to_thread(self.worker.stop)


def message_unit(units: SigningUnits, personal: PersonalData, connection: Connection) -> SqlMessageUnit:
    """Messages on the connection of a transaction."""
    return SqlMessageUnit(connection, clock=units.clock, personal=personal)


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
) -> MessagesSide:
    """Builds the area; nothing is delivered before `worker.start`.

    Raises:
        ConfigInvalid: A file of a provider is missing or wrong.
    """
    engine, clock = units.engine, units.clock
    sms, email, push = _providers(config, units)

    def notices(send: Send) -> Handler:
        return NoticeHandler(engine, clock=clock, personal=personal, addresses=addresses, send=send)

    section = config.outbox
    metrics.log = log
    worker = OutboxWorker(
        engine,
        handlers={
            CODE: CodeHandler(personal, sms),
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


def _providers(config: Config, units: SigningUnits) -> tuple[SmsProvider, EmailProvider, PushProvider]:
    default = "none" if config.production else "sandbox"
    file = sandbox.Sandbox(config.server.state_dir / sandbox.FILE, units.clock)
    sms: SmsProvider
    email: EmailProvider
    push: PushProvider
    match config.sms.provider or default:
        case "aliyun":
            sms = _aliyun(config, units)
        case "tencent":
            sms = _tencent(config, units)
        case "sandbox":
            sms = sandbox.SandboxSms(file)
        case _:
            sms = Nothing()
    match config.email.provider or default:
        case "smtp":
            email = _smtp(config)
        case "sandbox":
            email = sandbox.SandboxEmail(file)
        case _:
            email = Nothing()
    match config.push.provider or default:
        case "jpush":
            push = jpush.JPush(
                app_key=config.push.app_key,
                secret=secret_in(config.push.secret_file, "push.secret_file"),
                apns_production=config.push.apns_production,
                endpoint=Endpoint(url=config.push.endpoint or jpush.URL),
            )
        case "sandbox":
            push = sandbox.SandboxPush(file)
        case _:
            push = Nothing()
    return sms, email, push


def _aliyun(config: Config, units: SigningUnits) -> SmsProvider:
    section = config.sms
    assert section.templates is not None  # noqa: S101 - the configuration was checked
    return aliyun.AliyunSms(
        access_key_id=section.access_key_id,
        secret=secret_in(section.secret_file, "sms.secret_file"),
        templates=load_templates(section.templates),
        clock=units.clock,
        endpoint=Endpoint(url=section.endpoint or aliyun.URL),
    )


def _tencent(config: Config, units: SigningUnits) -> SmsProvider:
    section = config.sms
    assert section.templates is not None  # noqa: S101 - the configuration was checked
    return tencent.TencentSms(
        secret_id=section.access_key_id,
        secret=secret_in(section.secret_file, "sms.secret_file"),
        app_id=section.app_id,
        region=section.region,
        templates=load_templates(section.templates),
        clock=units.clock,
        endpoint=Endpoint(url=section.endpoint or tencent.URL),
    )


def _smtp(config: Config) -> EmailProvider:
    section = config.email
    server = SmtpServer(host=section.host, port=section.port, security=section.security, user=section.user)
    return SmtpEmail(server, sender=section.sender, password=secret_in(section.password_file, "email.password_file"))
