"""Reports of providers: what they change, and that late, repeated, early and forged ones change nothing wrongly."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cosign.errors import ResourceNotFound
from cosign.messages import MessageKind
from cosign.messages.adapters.reports import FORMATS, MAX_REPORTS, MalformedReport
from cosign.messages.adapters.sandbox import SandboxReports
from cosign.messages.delivery_rows import KEEP_EARLY_MS, KEEP_MS, SqlDeliveryUnit, deliveries, sweep
from cosign.messages.model import DELIVERY_TRANSITIONS, Channel, Delivery, DeliveryState
from cosign.messages.ports import Sms
from cosign.messages.receipts import Receipts
from cosign.messages.usecases.deliveries import apply_early, record_sent
from cosign.store.engine import sqlite_url
from cosign.store.unit_of_work import reading, writing
from tests.cosign.messages.conftest import World
from tests.cosign.store.outbox_fakes import table

SECRET = "s" * 32


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite only; test_delivery and test_plans have the same tables on PostgreSQL."""
    return sqlite_url(tmp_path / "receipts.db")


class Desk:
    """Receipts of one provider, and what it saw."""

    def __init__(self, world: World, provider: str = "aliyun") -> None:
        self.world, self.provider = world, provider
        self.outcomes: list[tuple[str, float]] = []
        self.receipts = Receipts(
            world.engine,
            clock=world.clock,
            form=FORMATS[provider],
            secret=lambda: SECRET,
            observe=lambda outcome, seconds: self.outcomes.append((outcome, seconds)),
        )

    def sent(self, key: str = "msg_1/sms", *, message_id: str = "msg_1", following: tuple[Channel, ...] = ()) -> None:
        """A delivery that the provider took as `ref-<key>`."""
        with writing(self.world.engine) as connection:
            record_sent(
                SqlDeliveryUnit(connection, clock=self.world.clock),
                Delivery(
                    key=key,
                    channel=Channel.SMS,
                    provider=self.provider,
                    reference=f"ref-{key}",
                    message_id=message_id,
                    following=following,
                    sent_ms=self.world.clock.now_ms(),
                ),
            )

    def report(self, *, arrived: bool, key: str = "msg_1/sms", out_id: bool = True, secret: str = SECRET) -> str:
        """One report in the form of the provider; returns what became of it."""
        if self.provider == "tencent":
            status = "SUCCESS" if arrived else "FAIL"
            one: dict[str, object] = {"sid": f"ref-{key}", "report_status": status, "errmsg": "MK:0001"}
        else:
            one = {"biz_id": f"ref-{key}", "success": arrived, "err_code": "MK:0001"}
            if out_id:
                one["out_id"] = key
        assert b"OK" in self.receipts.take(secret, json.dumps([one]).encode())
        return self.outcomes[-1][0]

    def state(self, key: str = "msg_1/sms") -> DeliveryState:
        with reading(self.world.engine) as connection:
            (found,) = [one for one in deliveries(connection, state=None, limit=10) if one.key == key]
        return found.state


@pytest.mark.parametrize("provider", ["aliyun", "tencent"])
def test_a_report_tells_that_an_sms_arrived(world: World, provider: str) -> None:
    """R-MSG-05: state of a delivery per channel."""
    desk = Desk(world, provider)
    desk.sent()
    assert desk.state() is DeliveryState.SENT
    world.clock.forward(seconds=3)
    assert desk.report(arrived=True) == "delivered"
    assert desk.state() is DeliveryState.DELIVERED
    assert desk.outcomes == [("delivered", 3.0)]
    assert desk.report(arrived=True) == "repeated"


@pytest.mark.parametrize("order", list(itertools.permutations([True, False, False])))
def test_reports_in_any_order_end_the_same_way(world: World, order: tuple[bool, ...]) -> None:
    """What has arrived has arrived: late, repeated and contradicting reports change nothing wrongly."""
    desk = Desk(world)
    desk.sent(message_id=world.tell().message_id, following=(Channel.EMAIL,))
    outcomes = [desk.report(arrived=arrived) for arrived in order]
    assert desk.state() is DeliveryState.DELIVERED
    assert outcomes.count("delivered") == 1
    assert outcomes.count("failed") <= 1
    assert len([key for key in table(world.engine) if key.endswith("/email")]) == outcomes.count("failed")


def test_transitions_are_the_only_ones(world: World) -> None:
    """Each state refuses every transition that the table does not have."""
    for state, target in itertools.product(DeliveryState, (DeliveryState.DELIVERED, DeliveryState.FAILED)):
        desk, key = Desk(world), f"{state.value}-{target.value}"
        desk.sent(key, message_id="")
        if state is not DeliveryState.SENT:
            desk.report(arrived=state is DeliveryState.DELIVERED, key=key)
        outcome = desk.report(arrived=target is DeliveryState.DELIVERED, key=key)
        allowed = target in DELIVERY_TRANSITIONS[state]
        assert outcome == (target.value if allowed else "repeated" if state is target else "late")
        assert desk.state(key) is (target if allowed else state)


def test_a_failed_delivery_goes_on_by_the_next_channel(world: World) -> None:
    """R-MSG-05: `signing_link` by e-mail when the SMS did not arrive."""
    told = world.tell(MessageKind.SIGNING_LINK, document="A", link="https://example.com/1", target="tsk_1")
    desk = Desk(world)
    desk.sent(f"{told.message_id}/sms", message_id=told.message_id, following=(Channel.EMAIL,))
    for _ in range(2):
        desk.report(arrived=False, key=f"{told.message_id}/sms")
    rows = [row for row in table(world.engine).values() if row.kind == "email"]
    assert [row.key for row in rows] == [f"{told.message_id}/email"]
    with reading(world.engine) as connection:
        (failed,) = deliveries(connection, state=DeliveryState.FAILED, limit=10)
    assert failed.reason == "MK:0001"


def test_a_failed_code_has_no_other_channel(world: World) -> None:
    desk = Desk(world)
    desk.sent("cod_1", message_id="")
    assert desk.report(arrived=False, key="cod_1") == "failed"
    assert table(world.engine) == {}


def test_a_report_may_come_before_the_record(world: World) -> None:
    """The provider is faster than our commit: its report waits, and is applied with the record."""
    desk = Desk(world, "tencent")
    assert desk.report(arrived=True) == "early"
    assert desk.report(arrived=True) == "early"
    desk.sent()
    assert desk.state() is DeliveryState.DELIVERED


def test_a_report_that_crossed_the_record_is_applied_later(world: World) -> None:
    desk = Desk(world, "tencent")
    assert desk.report(arrived=False) == "early"
    with writing(world.engine) as connection:
        SqlDeliveryUnit(connection, clock=world.clock).add(
            Delivery(
                key="msg_1/sms",
                channel=Channel.SMS,
                provider="tencent",
                reference="ref-msg_1/sms",
                message_id="",
                following=(),
                sent_ms=world.clock.now_ms(),
            )
        )
        assert apply_early(SqlDeliveryUnit(connection, clock=world.clock)) == 1
        assert apply_early(SqlDeliveryUnit(connection, clock=world.clock)) == 0
    assert desk.state() is DeliveryState.FAILED


def test_a_forged_report_changes_nothing(world: World) -> None:
    """Without the secret of the address a report is as good as no address."""
    desk = Desk(world)
    desk.sent()
    for secret in ("", "x" * 32, SECRET[:-1], SECRET + "s", "\u00e9" * 32):
        with pytest.raises(ResourceNotFound):
            desk.report(arrived=False, secret=secret)
    assert desk.state() is DeliveryState.SENT
    assert {outcome for outcome, _ in desk.outcomes} == {"forged"}


def test_a_report_reaches_deliveries_of_its_provider_only(world: World) -> None:
    desk = Desk(world, "aliyun")
    desk.sent()
    assert Desk(world, "tencent").report(arrived=False) == "early"
    assert desk.state() is DeliveryState.SENT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"[1]",
        b"\xff",
        b'[{"biz_id": "1"}]',
        b'[{"success": "true", "biz_id": "1"}]',
        b'[{"success": true}]',
        b'[{"success": true, "biz_id": "' + b"x" * 97 + b'"}]',
        json.dumps([{"success": True, "biz_id": "1"}] * (MAX_REPORTS + 1)).encode(),
    ],
)
def test_what_is_no_report_is_refused(world: World, body: bytes) -> None:
    desk = Desk(world)
    with pytest.raises(MalformedReport):
        desk.receipts.take(SECRET, body)
    assert desk.outcomes == [("malformed", -1.0)]


def test_deliveries_and_waiting_reports_are_forgotten(world: World) -> None:
    """R-AUD-08."""
    desk = Desk(world, "tencent")
    desk.sent()
    desk.report(arrived=True, key="unknown")
    world.clock.forward(milliseconds=KEEP_EARLY_MS)
    with writing(world.engine) as connection:
        assert sweep(connection, world.clock.now_ms()) == 1
    world.clock.forward(milliseconds=KEEP_MS)
    with writing(world.engine) as connection:
        assert sweep(connection, world.clock.now_ms()) == 1


@pytest.mark.parametrize(
    ("digits", "state", "outcomes"),
    [
        ("0004", DeliveryState.FAILED, ["failed"]),
        ("0005", DeliveryState.DELIVERED, ["delivered", "repeated"]),
        ("0006", DeliveryState.DELIVERED, ["forged", "delivered"]),
        ("0007", DeliveryState.DELIVERED, ["delivered", "late"]),
        ("1234", DeliveryState.DELIVERED, ["delivered"]),
    ],
)
def test_the_sandbox_calls_back(world: World, digits: str, state: DeliveryState, outcomes: list[str]) -> None:
    desk = Desk(world, "sandbox")
    desk.sent()

    def post(secret: str, body: bytes) -> None:
        try:
            desk.receipts.take(secret, body)
        except ResourceNotFound:
            return

    waiting: list[Callable[[], None]] = []
    reports = SandboxReports(post, secret=lambda: SECRET, later=waiting.append)
    sms = Sms(
        key="msg_1/sms",
        brand="bxq",
        phone_number=f"+861380000{digits}",
        template="code",
        language="zh",
        parameters={},
        text="",
    )
    reports.follow(sms, "ref-msg_1/sms")
    assert desk.state() is DeliveryState.SENT
    waiting.pop()()
    assert desk.state() is state
    assert [outcome for outcome, _ in desk.outcomes] == outcomes
