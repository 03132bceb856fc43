"""PostgreSQL: no query of inbox, outbox and operation log reads a whole table; a page of 50 reads 51 rows."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from cosign.audit.operation_log import OperationKind, record_operation
from cosign.audit.operation_log_unit import OperationFilter, SqlOperationUnit
from cosign.audit.trail import AuditTrail
from cosign.messages import MessageKind, TargetKind, delivery_rows, notify, settle
from cosign.messages.delivery_rows import SqlDeliveryUnit, deliveries
from cosign.messages.model import Category, DeliveryState, Report
from cosign.messages.personal import expire
from cosign.messages.ports import MessageFilter
from cosign.messages.repository import SqlMessageUnit, erase, page_query
from cosign.messages.usecases.deliveries import apply_early, take_report
from cosign.store import outbox, outbox_admin
from cosign.store.engine import make_engine
from cosign.store.outbox import OutboxState
from cosign.store.unit_of_work import writing
from tests.cosign.messages.conftest import ME, PHONE
from tests.support.personal import MovableClock, make_personal
from tests.support.plans import explained, nodes_of

ROWS = 100_000
_FILL_OUTBOX = text(
    "INSERT INTO outbox (kind, key, line, payload, state, attempts, due_ms, expires_ms, created_ms, ended_ms, reason, "
    "reference) SELECT 'other', i::text, '', '', CASE i % 3 WHEN 0 THEN 'waiting' WHEN 1 THEN 'sent' ELSE 'dead' END, "
    "0, i, 0, i, i, '', '' FROM generate_series(1, :rows) i"
)
_FILL_MESSAGES = text(
    "INSERT INTO message SELECT 'msg_' || lpad(i::text, 26, '0'), CASE WHEN i % 500 = 0 THEN :me ELSE 'acc_2' END, "
    "'new_device', CASE WHEN i % 1500 = 0 THEN 'order' ELSE 'security' END, 'device', 'dev_1', '', "
    "CASE WHEN i % 2000 = 0 THEN 'unread' ELSE 'read' END, '', 0, 0, 0 FROM generate_series(1, :rows) i"
)

_FILL_DELIVERIES = text(
    "INSERT INTO delivery SELECT i::text, 'sms', 'aliyun', 'ref-' || i, '', '', "
    "CASE WHEN i % 100 = 0 THEN 'failed' ELSE 'delivered' END, '', i, 0 FROM generate_series(1, :rows) i"
)


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


def test_every_query_has_an_index(database_url: str, tmp_path: Path) -> None:
    engine, clock = make_engine(database_url), MovableClock()
    personal = make_personal(engine, tmp_path / "token", clock)
    now_ms = clock.now_ms()
    with engine.begin() as connection:
        connection.execute(_FILL_OUTBOX, {"rows": ROWS})
        connection.exec_driver_sql("ANALYZE outbox")
    with explained(engine) as plans, writing(engine) as connection:
        unit = SqlMessageUnit(connection, clock=clock, personal=personal)
        told = notify(unit, account_id=ME, kind=MessageKind.NEW_DEVICE, args={"device": "a", "time": "b"}, target=PHONE)
        for wanted in (
            MessageFilter(),
            MessageFilter(category=Category.ORDER),
            MessageFilter(unread_only=True),
            MessageFilter(unread_only=True, category=Category.ORDER, since_ms=1, until_ms=now_ms),
        ):
            unit.messages(ME, wanted, before=told.message_id, limit=50)
        _look_at_deliveries(connection, clock)
        unit.message(ME, told.message_id)
        unit.any_message(told.message_id)
        unit.mark_read(ME, told.message_id)
        unit.mark_all_read(ME, None)
        unit.mark_all_read(ME, Category.ORDER)
        settle(unit, target_kind=TargetKind.DEVICE, target_id=PHONE, acted_by=ME, outcome="unbound")
        unit.inbox(ME)
        expire(connection, lambda account_id: account_id.in_([ME]), clock.now(), 500)
        erase(connection, ME)
        (item,) = outbox.claim(connection, "push", now_ms=now_ms, lease_ms=1, count=10)
        outbox.next_due(connection, "push")
        outbox.retry(connection, item, due_ms=now_ms, reason="busy")
        outbox.end(connection, item, OutboxState.DEAD, now_ms=now_ms, reason="busy")
        outbox_admin.rows(connection, state=OutboxState.DEAD, before=5, limit=10)
        outbox_admin.rows(connection, state=None, before=0, limit=10)
        outbox_admin.revive(connection, item.row_id, clock)
        outbox_admin.drop(connection, item.row_id, clock)
        outbox_admin.sweep(connection, now_ms)
        log = SqlOperationUnit(connection, clock=clock, personal=personal, trail=AuditTrail("node-1"))
        record_operation(log, account_id=ME, kind=OperationKind.PASSWORD_RESET)
        log.operations(ME, OperationFilter(), before="", limit=50)
        log.operations(ME, OperationFilter(kind=OperationKind.PASSWORD_RESET, since_ms=1), before="opl_", limit=50)
        log.operation(ME, "opl_")
    plans.check({"message", "message_inbox", "outbox", "operation_log", "delivery", "early_report"})
    engine.dispose()


def test_a_page_of_a_large_inbox_reads_no_more_than_the_page(database_url: str) -> None:
    """Keyset order: the page in the middle of many rows costs as much as the first one."""
    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.execute(_FILL_MESSAGES, {"me": ME, "rows": ROWS})
        connection.exec_driver_sql("ANALYZE message")
    middle = "msg_" + f"{ROWS // 2:026d}"
    for wanted in (MessageFilter(), MessageFilter(category=Category.ORDER), MessageFilter(unread_only=True)):
        query = page_query(ME, wanted, before=middle, limit=51)
        compiled = query.compile(engine, compile_kwargs={"literal_binds": True})
        with engine.connect() as connection:
            ((plan,),) = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}").all()
        nodes = list(nodes_of(plan[0]["Plan"]))
        assert not [node for node in nodes if node["Node Type"] in {"Sort", "Seq Scan", "Bitmap Heap Scan"}], wanted
        read = max(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in nodes)
        assert read <= 51, wanted
    engine.dispose()


def _look_at_deliveries(connection: Connection, clock: MovableClock) -> None:
    """Every query of deliveries, on 100,000 of them."""
    connection.execute(_FILL_DELIVERIES, {"rows": ROWS})
    connection.exec_driver_sql("ANALYZE delivery, early_report")
    unit = SqlDeliveryUnit(connection, clock=clock)
    for key, reference in (("", "ref-7"), ("7", "ref-7")):
        report = Report(provider="aliyun", key=key, reference=reference, delivered=False, reason="x")
        take_report(unit, report)
    apply_early(unit)
    for state in (None, DeliveryState.FAILED):
        deliveries(connection, state=state, limit=50)
    delivery_rows.sweep(connection, clock.now_ms())
