"""From a change in the database to what a provider gets: codes, notices, fallback, and what never leaves."""

import datetime as dt
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cosign.messages import Addresses, MessageKind
from cosign.messages.adapters.sandbox import FILE, Sandbox, SandboxEmail, SandboxMessage, SandboxPush, SandboxSms, read
from cosign.messages.delivery import CodeHandler, NoticeHandler, Route, by_email, by_push, by_sms
from cosign.messages.ports import AddressBook
from cosign.messages.repository import erase
from cosign.store.delivery import OutboxPolicy
from cosign.store.outbox import OutboxState
from cosign.store.outbox_worker import OutboxWorker
from cosign.store.unit_of_work import writing
from cosign.store.waker import LocalWaker
from tests.cosign.messages.conftest import ME, World
from tests.cosign.store.outbox_fakes import Recorder, table, until

NUMBER, CODE = "+8613800001234", "739104"
POLICY = OutboxPolicy(attempts=3, first_delay_seconds=0.001, longest_delay_seconds=0.002, poll_seconds=0.02)


class Book:
    """One account with addresses that a test may change."""

    def __init__(self) -> None:
        self.found: Addresses | None = Addresses(
            brand="bxq", language="en", phone_number=NUMBER, email="user@example.com", push_tokens=("token-9",)
        )

    def addresses(self, account_id: str) -> Addresses | None:
        assert account_id == ME
        return self.found


class Post:
    """The worker with the sandbox behind it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.book, self.path = world, Book(), folder / FILE
        sandbox = Sandbox(self.path, world.clock)
        book: AddressBook = self.book
        sms = SandboxSms(sandbox)

        def notices(route: Route) -> NoticeHandler:
            return NoticeHandler(world.engine, clock=world.clock, personal=world.personal, addresses=book, route=route)

        self.recorder = Recorder()
        self.worker = OutboxWorker(
            world.engine,
            handlers={
                "code": CodeHandler(world.personal, sms, world.clock),
                "sms": notices(by_sms(sms)),
                "push": notices(by_push(SandboxPush(sandbox))),
                "email": notices(by_email(SandboxEmail(sandbox))),
            },
            clock=world.clock,
            waker=LocalWaker(world.engine),
            observer=self.recorder,
            policy=POLICY,
        )

    def run(self, done: Callable[[], bool]) -> list[SandboxMessage]:
        """Delivers until `done`, with time passing; returns what the sandbox has."""
        self.worker.start()

        def step() -> bool:
            self.world.clock.forward(milliseconds=10)
            return done()

        try:
            until(step)
        finally:
            self.worker.stop()
        assert self.recorder.faults == []
        return list(read(self.path))

    def state(self, key: str) -> OutboxState | None:
        row = table(self.world.engine).get(key)
        return None if row is None else row.state


@pytest.fixture
def post(world: World, tmp_path: Path) -> Post:
    return Post(world, tmp_path)


def send_code(world: World, number: str = NUMBER, *, minutes: int = 5) -> str:
    with writing(world.engine) as connection:
        world.unit(connection).send_code(
            brand="bxq",
            phone_number=number,
            purpose="login",
            code=CODE,
            language="en",
            expires_at=world.clock.now() + dt.timedelta(minutes=minutes),
        )
    return max(key for key in table(world.engine) if key.startswith("cod_"))


def test_a_code_arrives(world: World, post: Post) -> None:
    """R-MSG-05: SMS; the sandbox shows what would have been sent."""
    key = send_code(world)
    (message,) = post.run(lambda: post.state(key) is OutboxState.SENT)
    assert (message.channel, message.address, message.template, message.brand) == ("sms", NUMBER, "code", "bxq")
    assert CODE in message.text
    assert stat.S_IMODE(post.path.stat().st_mode) == 0o600


def test_code_and_number_are_nowhere_in_the_database(world: World, post: Post) -> None:
    key = send_code(world)
    with world.engine.connect() as connection:
        payload = bytes(connection.exec_driver_sql("SELECT payload FROM outbox").scalar_one())
    assert CODE.encode() not in payload
    assert NUMBER[3:].encode() not in payload
    post.run(lambda: post.state(key) is OutboxState.SENT)
    with world.engine.connect() as connection:
        assert bytes(connection.exec_driver_sql("SELECT payload FROM outbox").scalar_one()) == b""


def test_an_expired_code_is_not_sent(world: World, post: Post) -> None:
    key = send_code(world)
    world.clock.forward(minutes=5)
    assert post.run(lambda: post.state(key) is OutboxState.EXPIRED) == []


def test_a_number_that_fails_once_gets_its_code_once(world: World, post: Post) -> None:
    key = send_code(world, "+8613800000002")
    assert len(post.run(lambda: post.state(key) is OutboxState.SENT)) == 1
    assert table(world.engine)[key].attempts == 2


def test_a_notice_is_a_push_with_a_title_and_a_link(world: World, post: Post) -> None:
    told = world.tell(device="Private name")
    (message,) = post.run(lambda: post.state(f"{told.message_id}/push") is OutboxState.SENT)
    assert (message.channel, message.address, message.text) == ("push", "token-9", "New device")
    assert message.template == f"device/{told.target_id}"


@pytest.mark.parametrize(
    ("tokens", "state"),
    [((), OutboxState.DROPPED), (("token-0001",), OutboxState.DEAD), (("token-0003",), OutboxState.DEAD)],
)
def test_another_channel_follows_when_one_fails_for_good(
    world: World, post: Post, tokens: tuple[str, ...], state: OutboxState
) -> None:
    """R-MSG-05: no push token, a refused one, or a service that stays down: then an SMS."""
    post.book.found = Addresses(brand="bxq", language="en", phone_number=NUMBER, push_tokens=tokens)
    told = world.tell(device="Test phone")
    (message,) = post.run(lambda: post.state(f"{told.message_id}/sms") is OutboxState.SENT)
    assert post.state(f"{told.message_id}/push") is state
    assert (message.channel, message.template) == ("sms", "new_device")
    assert "Test phone" in message.text


def test_an_email_follows_an_sms(world: World, post: Post) -> None:
    post.book.found = Addresses(brand="bxq", language="zh", phone_number="+8613800000001", email="user@example.com")
    told = world.tell(MessageKind.APPEAL_DECIDED, target="apl_1", decision="accepted")
    (message,) = post.run(lambda: post.state(f"{told.message_id}/email") is OutboxState.SENT)
    assert (message.channel, message.address, message.template) == ("email", "user@example.com", "申诉结果")


def test_a_user_who_cannot_be_reached_leaves_no_dead_letter(world: World, post: Post) -> None:
    post.book.found = Addresses(brand="bxq")
    told = world.tell()
    assert post.run(lambda: post.state(f"{told.message_id}/sms") is OutboxState.DROPPED) == []
    assert set(table(world.engine)) == {f"{told.message_id}/push", f"{told.message_id}/sms"}
    assert table(world.engine)[f"{told.message_id}/sms"].reason == "no_address"


def test_a_cancelled_account_and_an_erased_message_get_nothing(world: World, post: Post) -> None:
    gone = world.tell()
    with writing(world.engine) as connection:
        erase(connection, ME)
    post.book.found = None
    cancelled = world.tell()
    keys = [f"{told.message_id}/push" for told in (gone, cancelled)]
    assert post.run(lambda: all(post.state(key) is OutboxState.DROPPED for key in keys)) == []
    assert [table(world.engine)[key].reason for key in keys] == ["gone", "no_account"]
    assert set(table(world.engine)) == set(keys)


def test_the_sandbox_takes_a_key_once(world: World, tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / FILE, world.clock)
    for _ in range(2):
        sandbox.deliver(channel="sms", key="k", brand="bxq", address="1", template="code", text="t")
    assert len(list(read(tmp_path / FILE))) == 1
    assert list(read(tmp_path / "missing")) == []
