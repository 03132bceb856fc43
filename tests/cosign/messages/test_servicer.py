"""MessageService: lists, filters, counts, marking, waiting; nobody sees another account's messages."""

import asyncio
import datetime as dt

import pytest
from google.protobuf import duration_pb2, timestamp_pb2

from cosign import ids
from cosign.api.v1 import message_pb2 as pb
from cosign.errors import FieldInvalid, PageTokenInvalid, RequestIdReused, ResourceNotFound
from cosign.messages import MessageKind, TargetKind, settle
from cosign.messages.repository import CHANGED
from cosign.messages.waiting import PER_ACCOUNT
from cosign.store.unit_of_work import writing
from cosign.store.waker import notify as wake
from tests.cosign.messages.conftest import ME, OTHER, PHONE, World, request_id, until


def time(moment: dt.datetime) -> timestamp_pb2.Timestamp:
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(moment)
    return made


async def listed(world: World, **fields: object) -> list[str]:
    """Ids of all pages."""
    found: list[str] = []
    token = ""
    while True:
        request = pb.ListMessagesRequest(page_token=token, **fields)  # type: ignore[arg-type]
        page = await world.inbox.ListMessages(request, world.context)
        found += [message.message_id for message in page.messages]
        token = page.next_page_token
        if not token:
            return found


async def test_messages_come_newest_first_in_pages(world: World) -> None:
    """R-MSG-01: list, newest first."""
    told = [world.tell().message_id for _ in range(7)]
    world.tell(account=OTHER)
    for size in (1, 3, 7, 200):
        assert await listed(world, page_size=size) == told[::-1]


async def test_texts_are_in_the_language_of_the_reader(world: World) -> None:
    world.tell(device="A {b} phone")
    english = await world.inbox.ListMessages(pb.ListMessagesRequest(), world.context)
    world.languages[0] = "zh-CN"
    chinese = await world.inbox.ListMessages(pb.ListMessagesRequest(), world.context)
    (one,), (other,) = english.messages, chinese.messages
    assert one.title == "New device"
    assert "A {b} phone" in one.text
    assert other.title == "新设备登录"
    assert (one.kind, one.category, one.asks) == ("new_device", pb.MESSAGE_CATEGORY_SECURITY, True)
    assert (one.target_kind, one.target_id) == (pb.MESSAGE_TARGET_KIND_DEVICE, PHONE)
    assert (one.state, one.HasField("read_at")) == (pb.MESSAGE_STATE_UNREAD, False)


async def test_filters_by_category_time_and_unread(world: World) -> None:
    """R-MSG-01: filter by type and date."""
    first = world.tell().message_id
    start = world.clock.now()
    order = world.tell(MessageKind.ORDER_PAID, order="7", amount="1.00", target="ord_1").message_id
    last = world.tell().message_id
    await world.inbox.MarkMessageRead(
        pb.MarkMessageReadRequest(request_id=request_id(), message_id=last), world.context
    )
    second = dt.timedelta(seconds=1)
    assert await listed(world, category=pb.MESSAGE_CATEGORY_ORDER) == [order]
    assert await listed(world, unread_only=True) == [order, first]
    assert await listed(world, unread_only=True, category=pb.MESSAGE_CATEGORY_SECURITY) == [first]
    assert await listed(world, since=time(start + second)) == [last, order]
    assert await listed(world, until=time(start + second)) == [first]
    assert await listed(world, since=time(start + second), until=time(start + 2 * second)) == [order]


@pytest.mark.parametrize("fields", [{"category": 99}, {"page_size": 201}, {"page_size": -1}])
async def test_bad_filters_are_refused(world: World, fields: dict[str, int]) -> None:
    with pytest.raises(FieldInvalid):
        await world.inbox.ListMessages(pb.ListMessagesRequest(**fields), world.context)  # type: ignore[arg-type]


async def test_an_end_before_the_start_is_refused(world: World) -> None:
    moment = time(world.clock.now())
    with pytest.raises(FieldInvalid, match="until"):
        await world.inbox.ListMessages(pb.ListMessagesRequest(since=moment, until=moment), world.context)


async def test_a_page_token_is_good_for_its_account_and_filter_only(world: World) -> None:
    for _ in range(3):
        world.tell()
        world.tell(account=OTHER)
    page = await world.inbox.ListMessages(pb.ListMessagesRequest(page_size=1), world.context)
    with pytest.raises(PageTokenInvalid):
        await world.inbox.ListMessages(
            pb.ListMessagesRequest(page_token=page.next_page_token, unread_only=True), world.context
        )
    world.account = OTHER
    with pytest.raises(PageTokenInvalid):
        await world.inbox.ListMessages(pb.ListMessagesRequest(page_token=page.next_page_token), world.context)


async def test_others_messages_are_not_found(world: World) -> None:
    """IDOR: reading and marking answer the same for a foreign and an unknown id."""
    foreign, unknown = world.tell(account=OTHER).message_id, ids.new_id(ids.MESSAGE, 5)
    for message_id in (foreign, unknown):
        with pytest.raises(ResourceNotFound):
            await world.inbox.GetMessage(pb.GetMessageRequest(message_id=message_id), world.context)
        with pytest.raises(ResourceNotFound):
            await world.inbox.MarkMessageRead(
                pb.MarkMessageReadRequest(request_id=request_id(), message_id=message_id), world.context
            )
    for wrong in ("", "x", foreign.replace("msg_", "ord_")):
        with pytest.raises(FieldInvalid):
            await world.inbox.GetMessage(pb.GetMessageRequest(message_id=wrong), world.context)


async def test_marking_is_idempotent_and_counts(world: World) -> None:
    """R-MSG-01: unread count, mark read."""
    told = [world.tell().message_id for _ in range(3)]
    world.tell(MessageKind.ORDER_PAID, order="7", amount="1.00", target="ord_1")
    inbox = await world.inbox.GetInbox(pb.GetInboxRequest(), world.context)
    assert (inbox.unread, inbox.revision) == (4, 4)
    assert {count.category: count.count for count in inbox.unread_by_category} == {
        pb.MESSAGE_CATEGORY_SECURITY: 3,
        pb.MESSAGE_CATEGORY_ORDER: 1,
    }
    request = pb.MarkMessageReadRequest(request_id=request_id(), message_id=told[0])
    first = await world.inbox.MarkMessageRead(request, world.context)
    assert first.message.state == pb.MESSAGE_STATE_READ
    assert first.message.HasField("read_at")
    assert await world.inbox.MarkMessageRead(request, world.context) == first
    request.message_id = told[1]
    with pytest.raises(RequestIdReused):
        await world.inbox.MarkMessageRead(request, world.context)
    again = pb.MarkMessageReadRequest(request_id=request_id(), message_id=told[0])
    world.clock.forward(hours=1)
    assert (await world.inbox.MarkMessageRead(again, world.context)).message == first.message
    everything = pb.MarkAllMessagesReadRequest(request_id=request_id(), category=pb.MESSAGE_CATEGORY_SECURITY)
    assert (await world.inbox.MarkAllMessagesRead(everything, world.context)).count == 2
    rest = pb.MarkAllMessagesReadRequest(request_id=request_id())
    assert (await world.inbox.MarkAllMessagesRead(rest, world.context)).count == 1
    inbox = await world.inbox.GetInbox(pb.GetInboxRequest(), world.context)
    assert (inbox.unread, len(inbox.unread_by_category)) == (0, 0)


async def test_the_outcome_is_shown_afterwards(world: World) -> None:
    """R-MSG-03."""
    told = world.tell().message_id
    with writing(world.engine) as connection:
        unit = world.unit(connection)
        settle(unit, target_kind=TargetKind.DEVICE, target_id=PHONE, acted_by=ME, outcome="unbound")
    answer = await world.inbox.GetMessage(pb.GetMessageRequest(message_id=told), world.context)
    assert (answer.message.state, answer.message.outcome) == (pb.MESSAGE_STATE_ACTED, "unbound")


def waiting(seconds: int, after: int) -> pb.GetInboxRequest:
    return pb.GetInboxRequest(wait=duration_pb2.Duration(seconds=seconds), after_revision=after)


async def test_a_waiting_reader_hears_of_a_message(world: World) -> None:
    task = asyncio.create_task(world.inbox.GetInbox(waiting(25, 0), world.context))
    await until(lambda: bool(world.inbox._waiters._readers))
    await asyncio.to_thread(world.tell)
    with writing(world.engine) as connection:  # on PostgreSQL the node's connection hears it; here nobody listens
        if connection.dialect.name == "postgresql":
            world.inbox._waiters._hear(CHANGED + ME)
        else:
            wake(connection, "something-else")
    answer = await task
    assert (answer.revision, answer.unread) == (1, 1)
    assert world.inbox._waiters._readers == {}


async def test_nothing_is_waited_for_when_there_is_news(world: World) -> None:
    world.tell()
    answer = await world.inbox.GetInbox(waiting(25, 0), world.context)
    assert answer.revision == 1


async def test_a_reader_waits_no_longer_than_asked(world: World) -> None:
    answer = await world.inbox.GetInbox(pb.GetInboxRequest(wait=duration_pb2.Duration(nanos=1_000_000)), world.context)
    assert answer.revision == 0


async def test_a_draining_node_lets_readers_go(world: World) -> None:
    task = asyncio.create_task(world.inbox.GetInbox(waiting(25, 0), world.context))
    await until(lambda: bool(world.inbox._waiters._readers))
    world.draining = True
    assert (await task).revision == 0
    assert (await world.inbox.GetInbox(waiting(25, 0), world.context)).revision == 0


async def test_an_account_may_not_have_many_readers_waiting(world: World) -> None:
    tasks = [asyncio.create_task(world.inbox.GetInbox(waiting(25, 0), world.context)) for _ in range(PER_ACCOUNT)]
    await until(lambda: len(world.inbox._waiters._readers.get(ME, ())) == PER_ACCOUNT)
    assert (await world.inbox.GetInbox(waiting(25, 0), world.context)).revision == 0
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert world.inbox._waiters._readers == {}


@pytest.mark.parametrize("request_", [waiting(26, 0), waiting(-1, 0), pb.GetInboxRequest(after_revision=-1)])
async def test_bad_waits_are_refused(world: World, request_: pb.GetInboxRequest) -> None:
    with pytest.raises(FieldInvalid):
        await world.inbox.GetInbox(request_, world.context)
