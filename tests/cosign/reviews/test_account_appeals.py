"""R-ADM-11: appeals for cancelled accounts are decided by reviewers, from the request to the restored account."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cosign.accounts import AccountState
from cosign.accounts.faults import PhoneTaken
from cosign.accounts.review_subject import AppealSubject
from cosign.api.v1 import appeal_pb2, code_pb2
from cosign.messages import MessageKind
from cosign.personal.access import AuditedAccess
from cosign.reviews import ReviewItem, ReviewKind, ReviewState, Verdict
from cosign.reviews.faults import ReviewVerdictRefused
from cosign.reviews.repository import Neighbours, SqlReviewUnit
from cosign.reviews.usecases import claims, show
from cosign.reviews.usecases.decide import decide
from cosign.store.unit_of_work import writing
from tests.cosign.accounts.test_account import DOCUMENT, NAME, ZB, cancelled
from tests.cosign.accounts.world import NUMBER, Context, TestPhone, World
from tests.cosign.reviews.conftest import reviewer

REVIEWER = reviewer()


class Appeals:
    """An appeal that waits, and the reviewer who looks at it."""

    def __init__(self, world: World, phone: TestPhone, opened: appeal_pb2.AppealAccountResponse) -> None:
        self.world = world
        self.account_id = phone.account_id
        self.opened = opened
        (self.item,) = self.do(lambda unit: show.queue(unit, reviewer=REVIEWER, clock=world.clock, limit=5)).items

    def unit(self, connection: Connection) -> SqlReviewUnit:
        world = self.world
        neighbours = Neighbours(
            personal=world.personal,
            access=AuditedAccess(world.personal, world.trail, world.clock),
            brands=world.brands,
            trail=world.trail,
            clock=world.clock,
        )
        subjects = {ReviewKind.ACCOUNT_APPEAL: lambda inner: AppealSubject(world.unit(inner), world.clock)}
        return SqlReviewUnit(connection, neighbours, subjects)

    def do(self, work: Any) -> Any:
        with writing(self.world.engine) as connection:
            return work(self.unit(connection))

    def decide(self, verdict: Verdict, **more: str) -> ReviewItem:
        review_id, clock = self.item.review_id, self.world.clock
        now = self.do(lambda unit: unit.get(review_id))
        claimed = self.do(
            lambda unit: claims.claim(unit, review_id=review_id, reviewer=REVIEWER, version=now.version, clock=clock)
        )
        found: ReviewItem = self.do(
            lambda unit: decide(
                unit,
                review_id=review_id,
                reviewer=REVIEWER,
                version=claimed.version,
                verdict=verdict,
                clock=clock,
                **more,
            )
        )
        return found

    async def answer(self) -> appeal_pb2.GetAppealResponse:
        request = appeal_pb2.GetAppealRequest(appeal_id=self.opened.appeal_id, appeal_secret=self.opened.appeal_secret)
        return await self.world.appeals.GetAppeal(request, Context())

    def state(self) -> AccountState:
        return AccountState(self.world.do(lambda unit: unit.accounts.get(self.account_id).state))


@pytest.fixture
async def appeals(engine: Engine, tmp_path: Path) -> Any:
    world = World(engine, tmp_path)
    phone = await cancelled(world)
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_APPEAL, brand=ZB)
    world.clock.forward(seconds=61)
    request = appeal_pb2.AppealAccountRequest(ticket=ticket, name=NAME, document_number=DOCUMENT)
    yield Appeals(world, phone, await world.appeals.AppealAccount(request, Context()))
    world.close()


async def test_an_approved_appeal_restores_the_account(appeals: Appeals) -> None:
    """R-ADM-11, R-ACC-26: restored, without keys; the user is told in the same transaction."""
    shown = appeals.do(lambda unit: show.show(unit, review_id=appeals.item.review_id, reviewer=REVIEWER))
    texts = {field.name: field.text for field in shown.subject.fields}
    assert NUMBER not in " ".join(texts.values())
    assert (texts["account_state"], texts["number_taken"]) == ("appealing", "no")
    assert appeals.decide(Verdict.APPROVE).state is ReviewState.APPROVED
    assert appeals.state() is AccountState.ACTIVE
    assert (await appeals.answer()).state == appeal_pb2.APPEAL_STATE_ACCEPTED
    assert MessageKind.APPEAL_DECIDED in appeals.world.told(appeals.account_id)


async def test_a_refused_appeal_tells_why(appeals: Appeals) -> None:
    """R-ADM-11, R-ADM-22: the account stays cancelled; reason and note reach the user, and he may appeal again."""
    with pytest.raises(ReviewVerdictRefused):
        appeals.decide(Verdict.RETURN, reason_code="not_the_holder")
    decided = appeals.decide(Verdict.REFUSE, reason_code="not_the_holder", note="请携带证件到营业厅办理")
    assert (decided.state, appeals.state()) == (ReviewState.REFUSED, AccountState.CANCELLED)
    answer = await appeals.answer()
    assert answer.state == appeal_pb2.APPEAL_STATE_REFUSED
    assert "无法确认您是原账号持有人" in answer.reason
    assert answer.reason.endswith("请携带证件到营业厅办理")
    world = appeals.world
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_APPEAL, brand=ZB)
    request = appeal_pb2.AppealAccountRequest(ticket=ticket, name=NAME, document_number=DOCUMENT)
    again = await world.appeals.AppealAccount(request, Context())
    queue = appeals.do(lambda unit: show.queue(unit, reviewer=REVIEWER, clock=world.clock, limit=5)).items
    assert [item.subject_id for item in queue] == [again.appeal_id]


async def test_a_number_that_was_taken_meanwhile_stops_the_approval(appeals: Appeals) -> None:
    """R-ADM-11: phone number now belongs to another account. Nothing is decided; the reviewer can refuse."""
    world = appeals.world
    other = world.phone()
    await other.login_sms(brand=ZB)
    shown = appeals.do(lambda unit: show.show(unit, review_id=appeals.item.review_id, reviewer=REVIEWER))
    assert {field.name: field.text for field in shown.subject.fields}["number_taken"] == "yes"
    with pytest.raises(PhoneTaken):
        appeals.decide(Verdict.APPROVE)
    assert (appeals.state(), (await appeals.answer()).state) == (
        AccountState.APPEALING,
        appeal_pb2.APPEAL_STATE_IN_REVIEW,
    )
    assert appeals.decide(Verdict.REFUSE, reason_code="number_in_use").state is ReviewState.REFUSED
