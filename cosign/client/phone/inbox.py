"""Messages and the operation log of a phone that is logged in."""

import datetime as dt
import math
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import duration_pb2, timestamp_pb2
from google.protobuf.message import Message as ProtoMessage

from cosign.api.v1 import message_pb2, operation_log_pb2
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.errors import InputRefused, Rejected, Unreachable
from cosign.client.phone.login import Login
from cosign.client.phone.sending import WAITING, Repeats, Waiting

MOST_WAIT_SECONDS: Final = 25.0
"""Longest a server lets a reader wait."""
CATEGORIES: Final = ("security", "account", "certificate", "authorisation", "order", "enterprise")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message."""

    message_id: str
    kind: str
    category: str
    title: str
    text: str
    target: str
    """What it leads to, for example `device/dev_01…`; empty for nothing."""
    asks: bool
    """Whether the user is asked to do something."""
    state: str
    """`unread`, `read`, `acted` or `outdated`."""
    outcome: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxView:
    """State of the inbox."""

    revision: int
    unread: int
    unread_by_category: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One entry of the operation log."""

    operation_id: str
    kind: str
    title: str
    content: str
    outcome: str
    time: dt.datetime


class Inbox:
    """Calls with the session of the phone. Each raises LoggedOut, Rejected, Unreachable."""

    def __init__(
        self, login: Login, connection: AccountConnection, *, language: str = "zh", waiting: Waiting = WAITING
    ) -> None:
        """Titles and texts come in `language`: `zh` or `en`."""
        self._login = login
        self._connection = connection
        self._language = language
        self._waiting = waiting

    def state(self, *, wait_seconds: float = 0.0, after_revision: int = 0) -> InboxView:
        """Revision and unread counts; with a wait, when the revision passes `after_revision`, or after that time.

        Raises:
            InputRefused: `wait_seconds` is more than 25.
        """
        if not 0 <= wait_seconds <= MOST_WAIT_SECONDS:
            raise InputRefused(f"a wait is at most {MOST_WAIT_SECONDS:g} seconds")
        wait = duration_pb2.Duration()
        wait.FromMilliseconds(round(wait_seconds * 1000))
        request = message_pb2.GetInboxRequest(wait=wait, after_revision=after_revision)
        return _inbox(self._messages("GetInbox", request))

    def watch(self, *, after_revision: int = 0) -> Iterator[InboxView]:
        """The state of the inbox now, unless it is still that of `after_revision`, and after every change.

        Goes on for ever: a server ends its streams after five minutes and when it stops, and another stream follows.
        After a fault, begin again with the last revision.
        """
        known = after_revision
        repeats = Repeats(repeatable=True, seconds=math.inf, waiting=self._waiting)
        while True:
            request = message_pb2.WatchInboxRequest(after_revision=known)
            stream = self._connection.stream(
                "MessageService", "WatchInbox", request, self._login.bearer(), language=self._language
            )
            try:
                for answer in stream:
                    repeats = Repeats(repeatable=True, seconds=math.inf, waiting=self._waiting)
                    known = max(known, answer.inbox.revision)
                    if answer.changed:
                        yield _inbox(answer.inbox)
            except (Rejected, Unreachable) as fault:
                repeats.after(fault)

    def messages(
        self,
        *,
        category: str = "",
        unread_only: bool = False,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> Iterator[MessageView]:
        """Messages, newest first; further pages are fetched as they are needed.

        Args:
            category: One of CATEGORIES; empty: all.
            unread_only: Only what was not read yet.
            since: Only messages written then or later, aware.
            until: Only messages written before, aware.

        Raises:
            InputRefused: Unknown category.
        """
        request = message_pb2.ListMessagesRequest(
            category=_category(category), unread_only=unread_only, since=_time(since), until=_time(until)
        )
        while True:
            page: message_pb2.ListMessagesResponse = self._messages("ListMessages", request)
            yield from map(_view, page.messages)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def message(self, message_id: str) -> MessageView:
        """One message."""
        request = message_pb2.GetMessageRequest(message_id=message_id)
        return _view(self._messages("GetMessage", request).message)

    def read(self, message_id: str) -> MessageView:
        """Marks one message read; returns it as it is then."""
        request = message_pb2.MarkMessageReadRequest(request_id=str(uuid.uuid4()), message_id=message_id)
        return _view(self._messages("MarkMessageRead", request).message)

    def read_all(self, *, category: str = "") -> int:
        """Marks all messages of a category, or of all, read; returns how many."""
        request = message_pb2.MarkAllMessagesReadRequest(request_id=str(uuid.uuid4()), category=_category(category))
        return int(self._messages("MarkAllMessagesRead", request).count)

    def operations(self, *, kind: str = "", keyword: str = "") -> Iterator[OperationView]:
        """What the user did, newest first: of one type, or that contains a keyword."""
        request = operation_log_pb2.ListOperationsRequest(type=kind, keyword=keyword)
        while True:
            page: operation_log_pb2.ListOperationsResponse = self._call(
                "OperationLogService", "ListOperations", request
            )
            for one in page.operations:
                yield OperationView(
                    operation_id=one.operation_id,
                    kind=one.type,
                    title=one.title,
                    content=one.content,
                    outcome=one.outcome,
                    time=one.time.ToDatetime(dt.UTC),
                )
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def _messages(self, method: str, request: ProtoMessage) -> Any:
        return self._call("MessageService", method, request)

    def _call(self, service: str, method: str, request: ProtoMessage) -> Any:
        return self._connection.call(service, method, request, self._login.bearer(), language=self._language)


def _inbox(answer: message_pb2.GetInboxResponse) -> InboxView:
    unread = {_word(message_pb2.MessageCategory, one.category): one.count for one in answer.unread_by_category}
    return InboxView(revision=answer.revision, unread=answer.unread, unread_by_category=unread)


def _view(message: message_pb2.Message) -> MessageView:
    target = _word(message_pb2.MessageTargetKind, message.target_kind)
    return MessageView(
        message_id=message.message_id,
        kind=message.kind,
        category=_word(message_pb2.MessageCategory, message.category),
        title=message.title,
        text=message.text,
        target=f"{target}/{message.target_id}" if message.target_id else "",
        asks=message.asks,
        state=_word(message_pb2.MessageState, message.state),
        outcome=message.outcome,
        created_at=message.created_at.ToDatetime(dt.UTC),
    )


def _word(kind: Any, number: int) -> str:
    """The last part of the name of an enum value; the number itself for one that this program does not know."""
    try:
        name: str = kind.Name(number)
    except ValueError:
        return str(number)
    prefix: str = kind.Name(0).removesuffix("UNSPECIFIED")
    return name.removeprefix(prefix).lower()


def _category(word: str) -> str:
    """Name in the API."""
    if not word:
        return "MESSAGE_CATEGORY_UNSPECIFIED"
    if word not in CATEGORIES:
        raise InputRefused(f"a category is one of {', '.join(CATEGORIES)}")
    return f"MESSAGE_CATEGORY_{word.upper()}"


def _time(moment: dt.datetime | None) -> timestamp_pb2.Timestamp | None:
    if moment is None:
        return None
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(moment)
    return made
