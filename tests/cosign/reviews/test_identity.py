"""R-ADM-03: manual identity checks, from the papers to the verified person, through reviewers."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cosign.brands import ManualFile
from cosign.identity.faults import DocumentTaken
from cosign.identity.model import IdentityState, PersonData
from cosign.identity.review_subject import IdentitySubject, hand_in
from cosign.identity.usecases.manual import Papers, submit_manual
from cosign.messages import MessageKind
from cosign.personal.access import AuditedAccess
from cosign.reviews import ReviewItem, ReviewKind, ReviewState, Verdict
from cosign.reviews.model import ReviewAction
from cosign.reviews.repository import Neighbours, SqlReviewUnit
from cosign.reviews.usecases import claims, show
from cosign.reviews.usecases.decide import decide
from cosign.store.unit_of_work import writing
from tests.cosign.accounts.world import OTHER, TestPhone
from tests.cosign.identity.world import NAME, IdentityWorld
from tests.cosign.reviews.conftest import reviewer
from tests.support.documents import resident_number

BRAND = "sxq"
REVIEWER = reviewer()


class Reviewed(IdentityWorld):
    """Real-name checks, and the reviewers of manual ones."""

    def reviews(self, connection: Connection) -> SqlReviewUnit:
        neighbours = Neighbours(
            personal=self.personal,
            access=AuditedAccess(self.personal, self.trail, self.clock),
            brands=self.brands,
            trail=self.trail,
            clock=self.clock,
        )
        subjects = {ReviewKind.IDENTITY: lambda inner: IdentitySubject(self.identity(inner), self.clock)}
        return SqlReviewUnit(connection, neighbours, subjects)

    def review(self, work: Any) -> Any:
        with writing(self.engine) as connection:
            return work(self.reviews(connection))

    def _review(self, connection: Connection, attempt: Any) -> None:
        hand_in(self.reviews(connection), attempt, clock=self.clock)

    def waiting(self) -> list[ReviewItem]:
        return list(self.review(lambda unit: show.queue(unit, reviewer=REVIEWER, clock=self.clock, limit=5)).items)

    def claim(self, item: ReviewItem) -> ReviewItem:
        found: ReviewItem = self.review(
            lambda unit: claims.claim(
                unit, review_id=item.review_id, reviewer=REVIEWER, version=item.version, clock=self.clock
            )
        )
        return found

    def decide(self, item: ReviewItem, verdict: Verdict, **more: str) -> ReviewItem:
        found: ReviewItem = self.review(
            lambda unit: decide(
                unit,
                review_id=item.review_id,
                reviewer=REVIEWER,
                version=item.version,
                verdict=verdict,
                clock=self.clock,
                **more,
            )
        )
        return found

    async def submit(self, phone: TestPhone, number: str) -> str:
        """Hands papers in; returns the id of the attempt."""
        principal = await self.me(phone)
        files = {
            file: self.upload(principal.account_id)
            for file in (ManualFile.DOCUMENT_FRONT, ManualFile.DOCUMENT_BACK, ManualFile.PORTRAIT)
        }
        person: PersonData = self.person(number=number, document_expiry=dt.date(2040, 1, 1))
        papers = Papers(person=person, files=files)
        view = self.act(lambda unit: submit_manual(unit, principal=principal, papers=papers, clock=self.clock))
        return str(view.attempt.attempt_id)

    async def user(self, number: str | None = None) -> TestPhone:
        phone = self.phone()
        if number is None:
            await phone.register(brand=BRAND)
        else:
            await phone.register(number, brand=BRAND)
        return phone

    def state(self, attempt_id: str) -> IdentityState:
        found = self.look(lambda unit: unit.attempts.get(attempt_id))
        return IdentityState(found.state)


@pytest.fixture
async def world(engine: Engine, tmp_path: Path) -> AsyncIterator[Reviewed]:
    made = Reviewed(engine, tmp_path)
    made.brands.change(BRAND, "agreements", verify_identity=(), register=())
    yield made
    made.close()


async def test_approval_makes_a_verified_person(world: Reviewed) -> None:
    """R-ADM-03, R-IDV-11: portrait and pictures under their names, data masked; VERIFIED in the same transaction."""
    number = resident_number()
    phone = await world.user()
    attempt_id = await world.submit(phone, number)
    (item,) = world.waiting()
    assert (item.subject_id, item.brand) == (attempt_id, BRAND)
    assert item.due_ms - item.opened_ms == 2 * 3_600_000
    shown = world.review(lambda unit: show.show(unit, review_id=item.review_id, reviewer=REVIEWER))
    texts = {field.name: field.text for field in shown.subject.fields}
    assert not {number, NAME} & set(texts.values())
    assert [file.name for file in shown.subject.files] == ["document_front", "document_back", "portrait"]
    claimed = world.claim(item)
    clear = world.review(
        lambda unit: show.unmask(
            unit, review_id=item.review_id, name="document_number", reviewer=REVIEWER, clock=world.clock
        )
    )
    assert clear == number
    assert world.decide(claimed, Verdict.APPROVE).state is ReviewState.APPROVED
    assert world.state(attempt_id) is IdentityState.VERIFIED
    assert MessageKind.IDENTITY_VERIFIED in world.told(phone.account_id)


async def test_a_returned_check_goes_on_with_the_next_papers(world: Reviewed) -> None:
    """R-ADM-03, R-IDV-11: REJECTED with its reason; resubmitted, the reviewer sees what it was returned for."""
    phone = await world.user()
    first = await world.submit(phone, resident_number())
    (item,) = world.waiting()
    world.decide(world.claim(item), Verdict.RETURN, reason_code="face_mismatch", note="请正对镜头")
    assert world.state(first) is IdentityState.REJECTED
    assert "请正对镜头" in world.look(lambda unit: unit.attempts.note(first))
    assert MessageKind.IDENTITY_REFUSED in world.told(phone.account_id)
    second = await world.submit(phone, resident_number())
    (again,) = world.waiting()
    assert (again.review_id, again.subject_id, again.round) == (item.review_id, second, 2)
    history = world.review(lambda unit: unit.history(item.review_id))
    assert [event.action for event in history][-2:] == [ReviewAction.RETURNED, ReviewAction.REOPENED]
    assert world.decide(world.claim(again), Verdict.APPROVE).state is ReviewState.APPROVED


async def test_a_document_that_another_account_got_meanwhile_stops_the_approval(world: Reviewed) -> None:
    """R-ADM-03: document already used by another account. Nothing is decided; the reviewer returns it."""
    number = resident_number()
    attempts = [await world.submit(await world.user(phone), number) for phone in (None, OTHER)]
    by_subject = {item.subject_id: item for item in world.waiting()}
    world.decide(world.claim(by_subject[attempts[0]]), Verdict.APPROVE)
    late = world.claim(by_subject[attempts[1]])
    shown = world.review(lambda unit: show.show(unit, review_id=late.review_id, reviewer=REVIEWER))
    assert {field.name: field.text for field in shown.subject.fields}["document_taken"] == "yes"
    with pytest.raises(DocumentTaken):
        world.decide(late, Verdict.APPROVE)
    assert world.state(attempts[1]) is IdentityState.MANUAL_REVIEW
    world.decide(late, Verdict.RETURN, reason_code="document_taken")
    assert world.state(attempts[1]) is IdentityState.REJECTED
