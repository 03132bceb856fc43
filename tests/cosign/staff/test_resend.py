"""Support has a message sent again."""

import uuid

import pytest
from sqlalchemy import select

from cosign.accounts import AccountState
from cosign.accounts.faults import AccountStateRefused
from cosign.api.v1 import lookup_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import RateLimited, ResourceNotFound
from cosign.messages import Channel, MessageKind, TargetKind, notify, settle
from cosign.messages.delivery_rows import SqlDeliveryUnit
from cosign.messages.faults import MessageStateRefused
from cosign.messages.model import Delivery
from cosign.messages.payloads import Notice
from cosign.staff import Role
from cosign.store.tables import outbox
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.world import OTHER, PASSWORD
from tests.cosign.accounts.world import World as AccountsWorld
from tests.cosign.staff.world import Context, World

DEVICE = "dev_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


def told(desk: World, account_id: str, kind: MessageKind = MessageKind.SESSIONS_ENDED, **args: str) -> str:
    """A message in an inbox; sent by push, and by SMS if that fails."""
    with writing(desk.engine) as connection:
        values = args or {"device": "phone"}
        return notify(desk.inbox(connection), account_id=account_id, kind=kind, args=values, target=DEVICE).message_id


def sent(desk: World, message_id: str) -> list[tuple[str, Notice]]:
    """Key and content of what went into the outbox for a message."""
    with reading(desk.engine) as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.row_id)).mappings().all()
    return [(row["key"], Notice.from_payload(row["payload"])) for row in rows if row["key"].startswith(message_id)]


async def again(desk: World, context: Context, account_id: str, message_id: str, request_id: str = "") -> list[str]:
    request = pb.ResendMessageRequest(
        request_id=request_id or str(uuid.uuid4()), account_id=account_id, message_id=message_id
    )
    return list((await desk.lookups.ResendMessage(request, context)).channels)


async def test_a_message_leaves_again_by_its_channels(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24: once for each request, under a key of its own; the inbox keeps one message; recorded."""
    account_id = (await people.account(password=PASSWORD)).account_id
    support = await desk.session("support-1", Role.SUPPORT)
    message_id = told(desk, account_id)
    listed = await desk.lookups.ListSupportMessages(pb.ListSupportMessagesRequest(account_id=account_id), support)
    assert (listed.messages[0].message_id, listed.messages[0].kind) == (message_id, "sessions_ended")
    request_id = str(uuid.uuid4())
    for _ in range(2):
        assert await again(desk, support, account_id, message_id, request_id) == ["push"]
    (first, plain), (second, notice) = sent(desk, message_id)
    assert (first, plain.sending) == (f"{message_id}/push", "")
    assert second == f"{message_id}/push/{notice.sending}"
    assert notice.chain == plain.chain == (Channel.PUSH, Channel.SMS)
    after = await desk.lookups.ListSupportMessages(pb.ListSupportMessagesRequest(account_id=account_id), support)
    assert after == listed
    rows = [row for row in desk.rows() if row.event is AuditEvent.MESSAGE_RESENT]
    assert [(row.device_id, row.key_id) for row in rows] == [(account_id, message_id)]
    assert all(row.actor for row in rows)


async def test_the_next_channel_follows_what_was_sent_again(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24, R-MSG-05: a failed push is followed by an SMS of the same sending, although one was sent before."""
    account_id = (await people.account(password=PASSWORD)).account_id
    message_id = told(desk, account_id)
    await again(desk, await desk.session("support-1", Role.SUPPORT), account_id, message_id)
    with writing(desk.engine) as connection:
        for key, notice in sent(desk, message_id):
            failed = Delivery(
                key=key,
                channel=Channel.PUSH,
                provider="sandbox",
                reference="",
                message_id=message_id,
                following=notice.chain[1:],
                sent_ms=1,
            )
            SqlDeliveryUnit(connection, clock=desk.clock).follow(failed)
    *_, (first, plain), (second, notice) = sent(desk, message_id)
    assert (first, plain.sending) == (f"{message_id}/sms", "")
    assert (second, notice.chain) == (f"{message_id}/sms/{notice.sending}", (Channel.SMS,))


async def test_what_is_not_sent_again(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24: messages of others, what is settled, what stays in the inbox, accounts that have ended."""
    account_id = (await people.account(password=PASSWORD)).account_id
    other = (await people.account(OTHER, password=PASSWORD)).account_id
    support = await desk.session("support-1", Role.SUPPORT)
    message_id = told(desk, account_id)
    with pytest.raises(ResourceNotFound):
        await again(desk, support, other, message_id)
    with writing(desk.engine) as connection:
        settle(
            desk.inbox(connection),
            target_kind=TargetKind.DEVICE,
            target_id=DEVICE,
            acted_by=account_id,
            outcome="unbound",
        )
    with pytest.raises(MessageStateRefused):
        await again(desk, support, account_id, message_id)
    with pytest.raises(MessageStateRefused):
        await again(desk, support, account_id, told(desk, account_id, MessageKind.REVIEW_PENDING, hours="2"))
    message_id = told(desk, account_id)
    people.do(lambda unit: unit.accounts.become(unit.accounts.get(account_id), AccountState.CANCELLED))
    with pytest.raises(AccountStateRefused):
        await again(desk, support, account_id, message_id)


async def test_messages_are_sent_again_a_few_times_a_day(desk: World, people: AccountsWorld) -> None:
    """R-ADM-24: three times for a message, ten times for an account; the next day they can be sent again."""
    account_id = (await people.account(password=PASSWORD)).account_id
    support = await desk.member("support-1", Role.SUPPORT)
    context = await support.log_in()

    async def refused(message_id: str) -> bool:
        try:
            await again(desk, context, account_id, message_id)
        except RateLimited as limited:
            waits.append(limited.retry_after_ms)
            return True
        return False

    waits: list[int] = []
    messages = [told(desk, account_id) for _ in range(4)]
    assert [await refused(messages[0]) for _ in range(4)] == [False, False, False, True]
    tried = [await refused(message_id) for message_id in messages[1:] for _ in range(3)]
    assert tried == [False] * 7 + [True] * 2
    assert all(0 < wait <= 24 * 3_600_000 for wait in waits)
    desk.forward(days=1)
    context = await support.log_in()
    assert not await refused(messages[0])
