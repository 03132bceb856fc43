"""ContentService for users: missing consents, acceptance, what was accepted."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cosign.api.v1 import content_pb2 as pb
from cosign.audit.operation_log_model import Operation
from cosign.audit.trail import AuditTrail
from cosign.blocking import BlockingPool
from cosign.brands import BrandPolicy, DocumentKind
from cosign.brands.presets import PRESETS
from cosign.content.repository import SqlContentUnit
from cosign.content.servicer import ContentServicer, Reader
from cosign.errors import BrandUnknown, FieldInvalid, PageTokenInvalid, RequestIdReused
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from tests.cosign.content.conftest import Change, published
from tests.cosign.devices.fakes import MovableClock
from tests.support.keyed import mac


@dataclass
class Somebody:
    """The session of a call."""

    account_id: str = "acc_1"
    device_id: str = "dev_1"
    brand: str = "net"


class Presets:
    """`Brands` without a database."""

    def policy(self, brand: str) -> BrandPolicy:
        if brand not in PRESETS:
            raise BrandUnknown("no such brand here")
        return PRESETS[brand]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(PRESETS))


class Log:
    """`OperationUnit` that remembers."""

    def __init__(self) -> None:
        self.entries: list[Operation] = []

    def now_ms(self) -> int:
        return 1_893_553_445_678

    def add_operation(self, operation: Operation) -> None:
        self.entries.append(operation)


class Calls:
    """The servicer, called as `somebody`."""

    def __init__(self, engine: Engine, clock: MovableClock, blocking: BlockingPool) -> None:
        self.somebody = Somebody()
        self.log = Log()

        def unit(connection: Connection) -> SqlContentUnit:
            return SqlContentUnit(connection, trail=AuditTrail("node-1"))

        async def reader(_context: object) -> Reader:
            return self.somebody

        self.servicer = ContentServicer(
            engine=engine,
            unit=unit,
            brands=Presets(),
            clock=clock,
            blocking=blocking,
            reader=reader,
            limit_guest=lambda _context: None,
            pager=Pager(mac),
            once=RequestOnce(engine, clock=clock, blocking=blocking, mac=mac),
            operations=lambda _connection: self.log,
        )

    async def missing(self, operation: str = "login") -> list[str]:
        context: Any = None
        answer = await self.servicer.ListMissingConsents(pb.ListMissingConsentsRequest(operation=operation), context)
        return [one.kind for one in answer.documents]

    async def accept(self, *document_ids: str, request_id: str = "") -> list[str]:
        context: Any = None
        request = pb.AcceptDocumentsRequest(request_id=request_id or str(uuid.uuid4()), document_ids=document_ids)
        return [one.document_id for one in (await self.servicer.AcceptDocuments(request, context)).consents]

    async def consents(self, size: int = 0, token: str = "") -> pb.ListConsentsResponse:
        context: Any = None
        return await self.servicer.ListConsents(pb.ListConsentsRequest(page_size=size, page_token=token), context)


@pytest.fixture
def calls(engine: Engine, clock: MovableClock) -> Iterator[Calls]:
    blocking = BlockingPool(2)
    yield Calls(engine, clock, blocking)
    blocking.close()


async def test_a_user_accepts_what_is_missing(calls: Calls, change: Change, clock: MovableClock) -> None:
    """R-ACC-15: named in the order of the policy, gone once accepted, on record with device and time."""
    privacy = published(change, clock, DocumentKind.PRIVACY_POLICY)
    terms = published(change, clock, DocumentKind.USER_AGREEMENT)
    assert await calls.missing() == ["user_agreement", "privacy_policy"]
    assert await calls.accept(terms.document_id, privacy.document_id) == [terms.document_id, privacy.document_id]
    assert await calls.missing() == []
    found = (await calls.consents()).consents
    assert {(one.document_id, one.version, one.device_id) for one in found} == {
        (terms.document_id, 1, "dev_1"),
        (privacy.document_id, 1, "dev_1"),
    }
    assert {one.accepted_at.ToDatetime(tzinfo=clock.now().tzinfo) for one in found} == {clock.now()}


async def test_a_repeat_gets_the_same_answer(calls: Calls, change: Change, clock: MovableClock) -> None:
    terms, request_id = published(change, clock), str(uuid.uuid4())
    first = await calls.accept(terms.document_id, request_id=request_id)
    assert await calls.accept(terms.document_id, request_id=request_id) == first == [terms.document_id]
    assert await calls.accept(terms.document_id) == []
    (entry,) = calls.log.entries  # R-AUD-02: what changed something, once
    assert (entry.account_id, entry.kind.value, entry.object_id, dict(entry.content)) == (
        "acc_1",
        "consent_given",
        terms.document_id,
        {"user_agreement": "1"},
    )
    other = published(change, clock, DocumentKind.ABOUT)
    with pytest.raises(RequestIdReused):
        await calls.accept(other.document_id, request_id=request_id)


async def test_nobody_sees_or_gives_consents_of_others(calls: Calls, change: Change, clock: MovableClock) -> None:
    """IDOR: the account is the session's; a page token and another brand's document are good for nobody else."""
    made = [published(change, clock, kind) for kind in (DocumentKind.ABOUT, DocumentKind.USER_AGREEMENT)]
    await calls.accept(*(one.document_id for one in made))
    page = await calls.consents(size=1)
    assert page.next_page_token
    calls.somebody = Somebody("acc_2", "dev_2", "net")
    assert list((await calls.consents()).consents) == []
    assert await calls.missing() == ["user_agreement"]
    with pytest.raises(PageTokenInvalid):
        await calls.consents(size=1, token=page.next_page_token)
    calls.somebody = Somebody("acc_3", "dev_3", "zb")
    with pytest.raises(FieldInvalid, match="not published"):
        await calls.accept(made[0].document_id)
    calls.somebody = Somebody()
    rest = await calls.consents(size=1, token=page.next_page_token)
    assert (len(rest.consents), rest.next_page_token) == (1, "")


async def test_bad_fields_are_named(calls: Calls) -> None:
    with pytest.raises(FieldInvalid, match="operation"):
        await calls.missing("fly")
    with pytest.raises(FieldInvalid, match="document_ids"):
        await calls.accept()
    with pytest.raises(FieldInvalid, match="document_ids"):
        await calls.accept("doc_1")
    with pytest.raises(FieldInvalid, match="document_ids"):
        await calls.accept(*(f"doc_0{number:025}" for number in range(21)))
    with pytest.raises(FieldInvalid, match="request_id"):
        await calls.accept("doc_" + "0" * 26, request_id="x")
    with pytest.raises(FieldInvalid, match="page_size"):
        await calls.consents(size=201)
