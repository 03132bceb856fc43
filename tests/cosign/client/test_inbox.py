"""The phone's side of messages and the operation log, against the real servicers."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import pytest
from google.protobuf.message import Message

from cosign.api.v1 import message_pb2
from cosign.audit.operation_log import OperationKind, record_operation
from cosign.client.phone.errors import InputRefused, Rejected, Unreachable
from cosign.client.phone.inbox import CATEGORIES, Inbox
from cosign.client.phone.login import Login
from cosign.client.phone.sending import STOPPING_TIMES, Waiting
from cosign.messages import MessageKind
from cosign.messages.model import Category
from cosign.store.unit_of_work import writing
from tests.cosign.messages.conftest import ME, PHONE, World, engine, world

__all__ = ["engine", "world"]


class Wire:
    """An `AccountConnection` that ends in the servicers of this process."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._services = {"MessageService": world.inbox, "OperationLogService": world.operations}
        self.calls: list[tuple[str, str]] = []
        self.streams: list[Iterator[Any]] = []
        """What the next calls of `stream` give."""

    def call(self, service: str, method: str, request: Message, bearer: str = "", *, language: str = "") -> Any:
        self.calls.append((method, bearer))
        self._world.languages[0] = language
        return asyncio.run(getattr(self._services[service], method)(request, self._world.context))

    def stream(
        self, service: str, method: str, request: Message, bearer: str = "", *, language: str = ""
    ) -> Iterator[Any]:
        self.calls.append((method, bearer))
        yield from self.streams.pop(0)


class FakeLogin:
    def bearer(self) -> str:
        return "token"


def phone(world: World, language: str = "en") -> tuple[Inbox, Wire]:
    wire = Wire(world)
    return Inbox(cast(Login, FakeLogin()), wire, language=language, waiting=Waiting(sleep=lambda _s: None)), wire


def test_messages_are_listed_read_and_counted(world: World) -> None:
    told = [world.tell().message_id for _ in range(3)]
    world.tell(MessageKind.ORDER_PAID, order="7", amount="1.00", target="ord_1")
    inbox, wire = phone(world)
    listed = list(inbox.messages(category="security"))
    assert [one.message_id for one in listed] == told[::-1]
    one = listed[0]
    assert (one.kind, one.category, one.state, one.title) == ("new_device", "security", "unread", "New device")
    assert (one.target, one.asks, one.outcome) == (f"device/{PHONE}", True, "")
    assert inbox.message(told[0]).state == "unread"
    assert inbox.read(told[0]).state == "read"
    state = inbox.state(after_revision=1)
    assert (state.unread, state.unread_by_category) == (3, {"security": 2, "order": 1})
    assert inbox.read_all(category="order") == 1
    assert len(list(inbox.messages(unread_only=True))) == 2
    assert inbox.read_all() == 2
    assert {bearer for _, bearer in wire.calls} == {"token"}


def test_further_pages_are_fetched(world: World) -> None:
    told = [world.tell().message_id for _ in range(60)]
    inbox, wire = phone(world, "zh")
    listed = list(inbox.messages())
    assert [one.message_id for one in listed] == told[::-1]
    assert listed[0].title == "新设备登录"
    assert len(wire.calls) == 2


def test_the_operation_log_is_read(world: World) -> None:
    with writing(world.engine) as connection:
        record_operation(
            world.operation_unit(connection), account_id=ME, kind=OperationKind.DEVICE_UNBOUND, content={"device": "a"}
        )
    inbox, _ = phone(world)
    (one,) = inbox.operations(kind="device_unbound", keyword="unbound")
    assert (one.kind, one.title, one.content, one.outcome) == ("device_unbound", "Device unbound", "device: a", "done")


def test_what_the_phone_refuses_itself(world: World) -> None:
    inbox, wire = phone(world)
    with pytest.raises(InputRefused):
        inbox.state(wait_seconds=26)
    with pytest.raises(InputRefused):
        list(inbox.messages(category="spam"))
    assert wire.calls == []
    assert set(CATEGORIES) == {category.value for category in Category}


def stopping() -> Rejected:
    return Rejected(
        code="UNAVAILABLE", server_reason="SHUTTING_DOWN", message="", chinese="", metadata={}, retry_after_ms=0
    )


def stream(*answers: message_pb2.WatchInboxResponse, then: Exception | None = None) -> Iterator[Any]:
    yield from answers
    if then:
        raise then


def heard(revision: int, *, changed: bool = True) -> message_pb2.WatchInboxResponse:
    state = message_pb2.GetInboxResponse(revision=revision, unread=revision)
    return message_pb2.WatchInboxResponse(inbox=state, changed=changed)


def test_streams_follow_each_other_and_only_changes_are_told(world: World) -> None:
    inbox, wire = phone(world)
    wire.streams = [
        stream(heard(3), heard(3, changed=False), heard(4)),
        stream(heard(4, changed=False), heard(6), then=stopping()),
        stream(heard(7), then=Unreachable("gone")),
    ]
    states = inbox.watch()
    assert [next(states).revision for _ in range(4)] == [3, 4, 6, 7]
    with pytest.raises(Unreachable):
        next(states)
    assert [method for method, _ in wire.calls] == ["WatchInbox"] * 3


def test_servers_that_all_stop_are_given_up(world: World) -> None:
    inbox, wire = phone(world)
    wire.streams = [stream(then=stopping()) for _ in range(9)]
    with pytest.raises(Rejected):
        next(inbox.watch())
    assert len(wire.calls) == STOPPING_TIMES + 1
