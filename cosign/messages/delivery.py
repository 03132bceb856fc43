"""Handlers of the outbox rows of this area: where a row becomes an SMS, an e-mail or a push notice.

Addresses and texts are put together when a row leaves, never before: a number that was changed meanwhile gets nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.clock import Clock
from cosign.messages.catalogue import CATALOGUE
from cosign.messages.delivery_rows import SqlDeliveryUnit
from cosign.messages.events import Words
from cosign.messages.model import Channel, Delivery, Message, TargetKind
from cosign.messages.payloads import CodeContent, Notice, enqueue_notice
from cosign.messages.ports import (
    AddressBook,
    Addresses,
    Email,
    EmailProvider,
    Push,
    PushProvider,
    Sms,
    SmsProvider,
)
from cosign.messages.repository import SqlMessageUnit
from cosign.messages.usecases.deliveries import record_sent
from cosign.personal import Field, PersonalData
from cosign.store.delivery import NothingToDeliver
from cosign.store.outbox import OutboxItem
from cosign.store.unit_of_work import reading

_CODE_TEXT: Final = {
    "zh": "您的验证码是{code}，请勿告诉他人。",
    "en": "Your code is {code}. Do not tell it to anybody.",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One channel and what delivers by it."""

    channel: Channel
    provider: str
    """Word of the configuration."""
    send: Callable[[OutboxItem, Message, Words, Addresses], str]
    """Gives the provider's name of the delivery."""


class CodeHandler:
    """Delivers codes by SMS."""

    def __init__(self, personal: PersonalData, provider: SmsProvider, clock: Clock) -> None:
        self._personal = personal
        self._provider = provider
        self._clock = clock

    def deliver(self, item: OutboxItem) -> str:
        """See the port."""
        content = CodeContent.from_json(self._personal.open(Field.MESSAGE, item.key, item.payload))
        language = content.language if content.language in _CODE_TEXT else "zh"
        return self._provider.send(
            Sms(
                key=item.key,
                brand=content.brand,
                phone_number=content.phone_number,
                template="code",
                language=language,
                parameters={"code": content.code},
                text=_CODE_TEXT[language].format(code=content.code),
                tried_since_ms=_tried_since(item),
            )
        )

    def sent(self, connection: Connection, item: OutboxItem, reference: str) -> None:
        """See the port."""
        _record(connection, self._clock, item, Channel.SMS, self._provider.name, reference)

    def gave_up(self, connection: Connection, item: OutboxItem, reason: str) -> None:
        """Nothing instead: the user asks for another code."""


class NoticeHandler:
    """Delivers notices of messages by one channel; another channel follows when it fails for good (R-MSG-05)."""

    def __init__(
        self, engine: Engine, *, clock: Clock, personal: PersonalData, addresses: AddressBook, route: Route
    ) -> None:
        """`route` is `by_sms(provider)`, `by_email(provider)` or `by_push(provider)`."""
        self._engine = engine
        self._clock = clock
        self._personal = personal
        self._addresses = addresses
        self._route = route

    def deliver(self, item: OutboxItem) -> str:
        """See the port."""
        notice = Notice.from_payload(item.payload)
        with reading(self._engine) as connection:
            unit = SqlMessageUnit(connection, clock=self._clock, personal=self._personal)
            message = unit.any_message(notice.message_id)
        if message is None:
            raise NothingToDeliver("gone")
        addresses = self._addresses.addresses(message.account_id)
        if addresses is None:
            raise NothingToDeliver("no_account")
        words = CATALOGUE[message.kind].words(addresses.language, message.args)
        return self._route.send(item, message, words, addresses)

    def sent(self, connection: Connection, item: OutboxItem, reference: str) -> None:
        """See the port."""
        notice, route = Notice.from_payload(item.payload), self._route
        _record(connection, self._clock, item, route.channel, route.provider, reference, notice)

    def gave_up(self, connection: Connection, item: OutboxItem, reason: str) -> None:
        """Hands the notice to the next channel of its chain."""
        notice = Notice.from_payload(item.payload)
        if reason not in {"gone", "no_account"}:
            enqueue_notice(connection, notice.followed_by(notice.chain[1:]), self._clock)


def by_sms(provider: SmsProvider) -> Route:
    """Sends a notice as an SMS."""

    def send(item: OutboxItem, message: Message, words: Words, addresses: Addresses) -> str:
        if not addresses.phone_number:
            raise NothingToDeliver("no_address")
        return provider.send(
            Sms(
                key=item.key,
                brand=addresses.brand,
                phone_number=addresses.phone_number,
                template=message.kind.value,
                language=addresses.language,
                parameters={name: message.args[name] for name in CATALOGUE[message.kind].zh.args},
                text=words.text,
                tried_since_ms=_tried_since(item),
            )
        )

    return Route(Channel.SMS, provider.name, send)


def by_email(provider: EmailProvider) -> Route:
    """Sends a notice as an e-mail."""

    def send(item: OutboxItem, message: Message, words: Words, addresses: Addresses) -> str:
        if not addresses.email:
            raise NothingToDeliver("no_address")
        return provider.send(
            Email(key=item.key, brand=addresses.brand, address=addresses.email, subject=words.title, text=words.text)
        )

    return Route(Channel.EMAIL, provider.name, send)


def by_push(provider: PushProvider) -> Route:
    """Sends a notice as a push notice: its title only, and where it leads to."""

    def send(item: OutboxItem, message: Message, words: Words, addresses: Addresses) -> str:
        if not addresses.push_tokens:
            raise NothingToDeliver("no_address")
        return provider.send(
            Push(
                key=item.key,
                brand=addresses.brand,
                tokens=addresses.push_tokens,
                title=words.title,
                message_id=message.message_id,
                link=link_of(message),
            )
        )

    return Route(Channel.PUSH, provider.name, send)


def link_of(message: Message) -> str:
    """Deep link of a message (R-MSG-02): kind and id of its target, or the message itself."""
    if message.target_kind is TargetKind.NONE or not message.target_id:
        return f"message/{message.message_id}"
    return f"{message.target_kind.value}/{message.target_id}"


def _tried_since(item: OutboxItem) -> int:
    """Since when an earlier attempt may have sent it, ms; 0 for the first attempt."""
    return item.created_ms if item.attempt > 1 else 0


def _record(
    connection: Connection,
    clock: Clock,
    item: OutboxItem,
    channel: Channel,
    provider: str,
    reference: str,
    notice: Notice | None = None,
) -> None:
    record_sent(
        SqlDeliveryUnit(connection, clock=clock),
        Delivery(
            key=item.key,
            channel=channel,
            provider=provider,
            reference=reference,
            message_id=notice.message_id if notice else "",
            following=notice.chain[1:] if notice else (),
            sent_ms=clock.now_ms(),
        ),
    )
