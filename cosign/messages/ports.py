"""What the use cases of this area need from outside.

DeliveryUnit       one transaction on what is known of deliveries
MessageUnit        one transaction on messages and the outbox; other areas get one for their own transaction
SmsSender          codes by SMS, in the same transaction (part of MessageUnit)
AddressBook        where a user can be reached, asked when a message leaves
SmsProvider, EmailProvider, PushProvider   what delivers; `cosign.messages.adapters` has one for each service
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.messages.model import Category, Channel, Delivery, DeliveryState, Message, Report, TargetKind


class SmsSender(Protocol):
    """Sends codes by SMS."""

    def send_code(
        self, *, brand: str, phone_number: str, purpose: str, code: str, language: str, expires_at: dt.datetime
    ) -> None:
        """Puts a code into the outbox, in the transaction of the caller.

        The number and the code are sealed there and never logged. A code whose time is over is never sent.

        Args:
            brand: Whose sign name is used.
            phone_number: In the form `+8613800000000`.
            purpose: Word of the caller for what the code is good for, at most 32 characters.
            code: 4 to 8 digits.
            language: `zh` or `en`.
            expires_at: When the code ends.
        """
        ...


class MessageUnit(SmsSender, Protocol):
    """One transaction on messages and the outbox."""

    def now_ms(self) -> int:
        """Present time, ms since the epoch."""
        ...

    def add(self, message: Message) -> None:
        """Stores a message, which counts as unread, and tells waiting readers of it."""
        ...

    def send(self, message: Message, chain: Sequence[Channel], *, sending: str = "") -> None:
        """Puts a notice of `message` into the outbox for the first channel; the others follow if it fails for good.

        A message that is sent again gets an id for this `sending` (`snd_` and a ULID): it leaves once for each.
        """
        ...

    def settle(self, *, target_kind: TargetKind, target_id: str, acted_by: str, outcome: str) -> int:
        """Ends the open messages about a target: ACTED for the account that decided, OUTDATED for all others."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages a list holds. Times in ms since the epoch; 0 for no bound."""

    category: Category | None = None
    unread_only: bool = False
    since_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class PageOfMessages:
    """A slice of an inbox, newest first, and where the next one starts (empty: nowhere)."""

    messages: Sequence[Message]
    cursor: str


@dataclass(frozen=True, slots=True)
class InboxState:
    """What a waiting reader compares, and unread messages by category."""

    revision: int
    unread: Mapping[Category, int]


class InboxUnit(MessageUnit, Protocol):
    """One transaction on the inbox of a reader."""

    def message(self, account_id: str, message_id: str) -> Message | None:
        """A message of this account."""
        ...

    def messages(self, account_id: str, wanted: MessageFilter, *, before: str, limit: int) -> PageOfMessages:
        """Messages with ids below `before` (all if empty), newest first."""
        ...

    def mark_read(self, account_id: str, message_id: str) -> None:
        """UNREAD becomes READ; nothing else changes."""
        ...

    def mark_all_read(self, account_id: str, category: Category | None) -> int:
        """UNREAD becomes READ in one category or all; returns how many."""
        ...

    def inbox(self, account_id: str) -> InboxState:
        """Revision and unread counts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Addresses:
    """Where a user can be reached. Empty: not at all."""

    brand: str
    language: str = "zh"
    phone_number: str = ""
    email: str = ""
    push_tokens: tuple[str, ...] = ()


class DeliveryUnit(Protocol):
    """One transaction on what is known of deliveries."""

    def add(self, delivery: Delivery) -> None:
        """Stores a delivery in place of an earlier one with its key."""
        ...

    def find(self, report: Report) -> Delivery | None:
        """The delivery of the provider with the key of a report, or else with its reference."""
        ...

    def move(self, delivery: Delivery, state: DeliveryState, reason: str) -> bool:
        """Changes the state unless it has changed since the delivery was read; returns whether it did."""
        ...

    def follow(self, delivery: Delivery) -> None:
        """Puts the notice into the outbox for the next channel of its chain; nothing for a code or the last one."""
        ...

    def keep_early(self, report: Report) -> None:
        """Keeps a report until its delivery is recorded; the last one of a reference counts."""
        ...

    def take_early(self, provider: str, reference: str) -> Report | None:
        """Takes out the report that was kept for a reference."""
        ...

    def early_of_known(self) -> Sequence[tuple[Delivery, Report]]:
        """Reports that were kept although their delivery is recorded, with it; some of them."""
        ...


class AddressBook(Protocol):
    """Knows where users can be reached; the accounts area implements it."""

    def addresses(self, account_id: str) -> Addresses | None:
        """Present addresses of an account; None when there is no such account or it was cancelled."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sms:
    """One SMS."""

    key: str
    """Idempotency key."""
    brand: str
    phone_number: str
    template: str
    """`code`, or the word of a `MessageKind`."""
    language: str
    parameters: Mapping[str, str]
    text: str
    """The whole text, for providers without templates."""
    tried_since_ms: int = 0
    """An earlier attempt, not before this time (ms since the epoch), may have sent it; 0: this is the first."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Email:
    """One e-mail."""

    key: str
    brand: str
    address: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Push:
    """One push notice. It carries no personal data: the app reads the message itself from its inbox."""

    key: str
    brand: str
    tokens: tuple[str, ...]
    title: str
    message_id: str
    link: str
    """Deep link, for example `device/dev_01…`."""


class SmsProvider(Protocol):
    """Delivers SMS."""

    @property
    def name(self) -> str:
        """Word of the configuration."""
        ...

    def send(self, sms: Sms) -> str:
        """Returns the provider's name of the delivery, at most 96 characters; may be empty.

        With `tried_since_ms` the provider is asked first whether it has one under this key already.

        Raises:
            DeliveryRefused: For good: a wrong number, no such template, a blocked receiver.
            DeliveryDelayed: For now: no connection, an overload, an unknown outcome.
        """
        ...


class EmailProvider(Protocol):
    """Delivers e-mail."""

    @property
    def name(self) -> str:
        """Word of the configuration."""
        ...

    def send(self, email: Email) -> str:
        """As SmsProvider.send."""
        ...


class PushProvider(Protocol):
    """Delivers push notices."""

    @property
    def name(self) -> str:
        """Word of the configuration."""
        ...

    def send(self, push: Push) -> str:
        """As SmsProvider.send."""
        ...
