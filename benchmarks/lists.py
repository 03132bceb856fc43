"""What a page of 50 out of large tables costs: inbox, operation log, logins, phones, queue of reviews.

The rows are made by PostgreSQL itself, a million in about half a minute for each table; what they hold of people is
empty. Between them lie the rows of one account, made as the service makes them, so that a page opens what it shows.
What is counted is the processor time of this process and of PostgreSQL together for one page: transaction, query,
opening of what is sealed, words; without gRPC.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import missing
from benchmarks.service import usage_of
from cosign import ids
from cosign.accounts.model import DeviceDetails, LoginEntry
from cosign.accounts.phone_rows import SqlPhones
from cosign.accounts.session_rows import SqlSessions
from cosign.audit.operation_log import OperationKind
from cosign.audit.operation_log_model import Operation
from cosign.audit.operation_log_unit import OperationFilter, SqlOperationUnit
from cosign.audit.trail import AuditTrail
from cosign.clock import from_ms
from cosign.messages.catalogue import CATALOGUE
from cosign.messages.model import Category, Message, MessageKind
from cosign.messages.ports import MessageFilter
from cosign.messages.repository import SqlMessageUnit
from cosign.personal import PersonalData
from cosign.personal.access import AuditedAccess
from cosign.reviews.model import ReviewKind
from cosign.reviews.ports import QueueFilter
from cosign.reviews.repository import Neighbours, SqlReviewUnit
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.postgres import PostgresOptions
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.fakes import FixedBrands
from tests.support.personal import MovableClock, make_personal
from tests.support.postgres import cluster

NAME: Final = "lists"
MANY: Final = 10_000_000
PAGE: Final = 50
OWN: Final = 2_000
"""Rows of the account whose pages are read, in every table but the queue."""
ACCOUNT: Final = "acc_00000000000000000000000ME1"
_CHUNK: Final = 500_000
_RUNS: Final = 5
_SPAN_MS: Final = 300 * 86_400_000
"""Over how long the generated rows are spread."""

_NUMBERS: Final = "WITH made (n) AS (SELECT n FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n) "
_STATEMENTS: Final = (
    """
    INSERT INTO message SELECT 'msg_' || lpad(n::text, 26, '0'), 'acc_' || n % 100000, 'new_device', 'security',
        'device', 'dev_1', '', CASE WHEN n % 3 = 0 THEN 'unread' ELSE 'read' END, '', n, 0, 0 FROM made
    """,
    """
    INSERT INTO operation_log SELECT 'opl_' || lpad(n::text, 26, '0'), 'acc_' || n % 100000, 'dev_1',
        'device_enrolled', 'done', 'dev_1', '', n FROM made
    """,
    """
    INSERT INTO login_history SELECT 'lgn_' || lpad(n::text, 26, '0'), 'acc_' || n % 100000,
        to_timestamp(n / 1000.0), 'sms', 'ok', 'dev_1', 'phone', '' FROM made
    """,
    """
    INSERT INTO account_device (device_id, account_id, platform, os_version, app_version, last_login_at, remember_pin)
    SELECT 'dev_' || lpad(n::text, 26, '0'), 'acc_' || n % 1000000, 'android', '15', '3.1.0', now(), false FROM made
    """,
    """
    INSERT INTO review_item (review_id, kind, subject_id, brand, account_id, opened_by, state, path, stage, round,
        priority, opened_ms, due_ms, claimed_by, claim_until_ms, correct_by_ms, finished_ms, version)
    SELECT 'rev_' || lpad(n::text, 26, '0'), 'account_appeal', 'apl_' || lpad(n::text, 26, '0'), 'bzt',
        'acc_' || n % 100000, '', CASE WHEN n % 100 = 0 THEN 'waiting' ELSE 'approved' END, 'platform', 1, 1,
        n % 2, n, n + 86400000, '', 0, 0, CASE WHEN n % 100 = 0 THEN 0 ELSE n END, 1 FROM made
    """,
)


@dataclass(frozen=True, slots=True)
class List:
    """One list: `page` reads the page after a cursor and gives the next one; empty at the end."""

    name: str
    page: Callable[[Connection, str], str]


def populate(engine: Engine, rows: int) -> None:
    """Fills every table with so many rows that belong to others, and brings the statistics up to date."""
    for begin in range(1, rows + 1, _CHUNK):
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            values = {"first": begin, "last": min(rows, begin + _CHUNK - 1)}
            for statement in _STATEMENTS:
                connection.execute(text(_NUMBERS + statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")


def own_rows(engine: Engine, personal: PersonalData, clock: MovableClock, *, rows: int) -> None:
    """The account's rows, spread over the last 300 days."""
    end, event = clock.now_ms(), CATALOGUE[MessageKind.NEW_DEVICE]
    with writing(engine) as connection:
        messages = SqlMessageUnit(connection, clock=clock, personal=personal)
        log = SqlOperationUnit(connection, clock=clock, personal=personal, trail=AuditTrail("bench"))
        sessions, phones = SqlSessions(connection, personal), SqlPhones(connection, personal)
        for moment in range(end - _SPAN_MS, end, _SPAN_MS // rows):
            device_id = ids.new_id(ids.DEVICE, moment)
            messages.add(
                Message(
                    message_id=ids.new_id(ids.MESSAGE, moment),
                    account_id=ACCOUNT,
                    kind=MessageKind.NEW_DEVICE,
                    category=Category.SECURITY,
                    target_kind=event.target,
                    target_id=device_id,
                    args={"device": "Bench phone", "time": "12:00"},
                    created_ms=moment,
                )
            )
            log.add_operation(
                Operation(
                    operation_id=ids.new_id(ids.OPERATION, moment),
                    account_id=ACCOUNT,
                    device_id=device_id,
                    kind=OperationKind.DEVICE_ENROLLED,
                    outcome="done",
                    object_id=device_id,
                    content={"device": "Bench phone"},
                    time_ms=moment,
                )
            )
            entry = LoginEntry(ids.new_id(ids.LOGIN, moment), from_ms(moment), "sms", "ok", device_id, "phone", "::1")
            sessions.add_login(ACCOUNT, entry)
            details = DeviceDetails(
                public_key=b"\2" * 33,
                label="phone",
                platform="android",
                os_version="15",
                app_version="3.1.0",
                push_token="push token of a phone",  # noqa: S106
            )
            phones.put(ACCOUNT, device_id, details, from_ms(moment))


def lists(personal: PersonalData, clock: MovableClock) -> list[List]:
    """Every list that is measured."""

    def inbox(connection: Connection, cursor: str) -> str:
        unit = SqlMessageUnit(connection, clock=clock, personal=personal)
        page = unit.messages(ACCOUNT, MessageFilter(), before=cursor, limit=PAGE)
        for one in page.messages:
            CATALOGUE[one.kind].words("zh", one.args)
        return page.cursor

    def operations(connection: Connection, cursor: str) -> str:
        unit = SqlOperationUnit(connection, clock=clock, personal=personal, trail=AuditTrail("bench"))
        return unit.operations(ACCOUNT, OperationFilter(), before=cursor, limit=PAGE).cursor

    def logins(connection: Connection, cursor: str) -> str:
        found = SqlSessions(connection, personal).logins(ACCOUNT, before=cursor, limit=PAGE + 1)
        return found[PAGE - 1].login_id if len(found) > PAGE else ""

    def phones(connection: Connection, cursor: str) -> str:
        found = SqlPhones(connection, personal).of(ACCOUNT, before=cursor, limit=PAGE + 1)
        return found[PAGE - 1].device_id if len(found) > PAGE else ""

    trail = AuditTrail("bench")
    neighbours = Neighbours(
        personal=personal,
        access=AuditedAccess(personal, trail, clock),
        brands=FixedBrands(),
        trail=trail,
        clock=clock,
    )
    wanted = QueueFilter(kinds=frozenset(ReviewKind))

    def reviews(connection: Connection, cursor: str) -> str:
        return SqlReviewUnit(connection, neighbours, {}).queue(wanted, after=cursor, limit=PAGE).cursor

    return [
        List("inbox", inbox),
        List("operations", operations),
        List("logins", logins),
        List("phones", phones),
        List("reviews", reviews),
    ]


def run(*, rows: int = MANY, pages: int = 200, own: int = OWN) -> list[Result]:
    """Cost of a page in each list with `rows` rows in its table; `pages` pages in each run, from the newest on."""
    try:
        with cluster(shared_buffers="512MB", max_wal_size="8GB") as postgres, tempfile.TemporaryDirectory() as folder:
            engine = make_engine(postgres.create(), PostgresOptions(deadline_seconds=0))
            migrations.upgrade(engine)
            clock = MovableClock()
            personal = make_personal(engine, Path(folder) / "token", clock)
            say(f"{NAME}: {rows} rows")
            populate(engine, rows)
            own_rows(engine, personal, clock, rows=own)
            found = [_measure(engine, postgres.pid, one, pages) for one in lists(personal, clock)]
            engine.dispose()
            return found
    except FileNotFoundError as fault:
        return missing("PostgreSQL", fault)


def _measure(engine: Engine, database: int, wanted: List, pages: int) -> Result:
    turns = _pages(engine, wanted)
    next(turns)  # the first page prepares
    samples = []
    for _ in range(_RUNS):
        before = time.process_time() + usage_of(database).cpu_seconds
        for _ in range(pages):
            next(turns)
        spent = time.process_time() + usage_of(database).cpu_seconds - before
        samples.append(spent * 1e6 / pages)
    return Result.of(f"{NAME}.{wanted.name}", samples)


def _pages(engine: Engine, wanted: List) -> Iterator[None]:
    """Reads page after page; begins anew at the end."""
    cursor = ""
    while True:
        with reading(engine) as connection:
            cursor = wanted.page(connection, cursor)
        yield
