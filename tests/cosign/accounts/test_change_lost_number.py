"""Another login number without the old one (R-ACC-33)."""

import contextlib
import uuid

import pytest

from cosign import ids
from cosign.accounts import mark_verified
from cosign.accounts.due import DueWork
from cosign.accounts.faults import (
    AccountStateRefused,
    IdentityProofRefused,
    IdvRequired,
    NumberChangeOpen,
    NumberChangeStateRefused,
    PhoneTaken,
    TicketInvalid,
)
from cosign.accounts.number_change import NUMBER_CHANGE_TRANSITIONS, NumberChange, NumberChangeState
from cosign.accounts.usecases.staff import suspend
from cosign.api.v1 import code_pb2
from cosign.api.v1 import number_change_pb2 as pb
from cosign.brands.words import ReviewStage
from cosign.errors import ConcurrentOperation, NotAuthorised, ResourceNotFound, SessionEnded
from cosign.messages import MessageKind
from cosign.reviews import ReviewItem, ReviewKind, ReviewState, Verdict
from cosign.reviews.faults import ReviewVerdictRefused
from cosign.reviews.ports import Reviewer
from cosign.reviews.reviewers import reviewer_of
from cosign.reviews.usecases import claims, show
from cosign.reviews.usecases.decide import decide
from cosign.staff import Permission, Role, permissions_of
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.due_work import due_work
from tests.cosign.accounts.world import BRAND, NUMBER, OTHER, PASSWORD, TestPhone, World
from tests.cosign.reviews.conftest import reviewer
from tests.support.clear_text import assert_absent, dump

CHANGE = code_pb2.CODE_PURPOSE_CHANGE_NUMBER
DOCUMENT = "110101199003079991"
THIRD = f"137{3:08d}"
REVIEWER = reviewer()


class User:
    """A verified user who has lost his number but not his phone."""

    def __init__(self, world: World, phone: TestPhone) -> None:
        self.world, self.phone = world, phone
        world.do(
            lambda unit: mark_verified(
                unit, account_id=phone.account_id, person_id="per_1", name="张某某", document_number=DOCUMENT
            )
        )

    def checked(self) -> str:
        """A check by face that passed on this phone."""
        proof_id, now = ids.new_id(ids.ATTEMPT, self.world.clock.now_ms()), self.world.clock.now()
        self.world.proofs.passed.append((self.phone.account_id, self.phone.session.device_id, proof_id, now))
        return proof_id

    async def ask(
        self, proof_id: str = "", *, number: str = OTHER, by: TestPhone | None = None, brand: str = BRAND
    ) -> pb.NumberChange:
        ticket = await self.world.ticket(CHANGE, number, brand)
        self.world.clock.forward(seconds=61)
        request = pb.RequestNumberChangeRequest(
            request_id=str(uuid.uuid4()), new_ticket=ticket, identity_attempt_id=proof_id
        )
        context = (by or self.phone).context
        return (await self.world.number_changes.RequestNumberChange(request, context)).change

    async def newest(self) -> pb.NumberChange:
        return (await self.world.number_changes.GetNumberChange(pb.GetNumberChangeRequest(), self.phone.context)).change

    async def cancel(self, change_id: str, by: TestPhone | None = None) -> None:
        request = pb.CancelNumberChangeRequest(change_id=change_id)
        await self.world.number_changes.CancelNumberChange(request, (by or self.phone).context)


@pytest.fixture
async def user(world: World) -> User:
    return User(world, await world.account(password=PASSWORD))


@pytest.fixture
def due(world: World) -> DueWork:
    return due_work(world)


async def days_later(world: World, user: User, due: DueWork) -> None:
    world.clock.forward(hours=72)
    due.run()


def stands(world: World, change_id: str) -> NumberChangeState:
    return NumberChangeState(world.do(lambda unit: unit.number_changes.get(change_id).state))


def item_of(world: World, change_id: str) -> ReviewItem:
    with reading(world.engine) as connection:
        found = world.review_unit(connection).of_subject(ReviewKind.NUMBER_CHANGE, change_id)
    assert found is not None
    return found


def claimed(world: World, item: ReviewItem, who: Reviewer = REVIEWER) -> ReviewItem:
    with writing(world.engine) as connection:
        unit = world.review_unit(connection)
        return claims.claim(unit, review_id=item.review_id, reviewer=who, version=item.version, clock=world.clock)


def decided(world: World, change_id: str, verdict: Verdict, **more: str) -> ReviewItem:
    """What a reviewer decides about a change."""
    item = claimed(world, item_of(world, change_id))
    with writing(world.engine) as connection:
        return decide(
            world.review_unit(connection),
            review_id=item.review_id,
            reviewer=REVIEWER,
            version=item.version,
            verdict=verdict,
            clock=world.clock,
            **more,
        )


def assert_masked(world: World, change_id: str) -> None:
    """Neither number is shown, and each can be read with a claim."""
    item = claimed(world, item_of(world, change_id))
    with writing(world.engine) as connection:
        unit = world.review_unit(connection)
        texts = {one.name: one.text for one in unit.subject(item.kind).view(change_id).fields}
        assert not {NUMBER, OTHER, "张某某"} & set(texts.values())
        assert (texts["verified"], texts["number_taken"], texts["name"]) == ("yes", "no", "张**")
        clear = show.unmask(
            unit, review_id=item.review_id, reviewer=REVIEWER, name="new_phone_number", clock=world.clock
        )
    assert clear.endswith(OTHER)


@pytest.mark.parametrize("state", list(NumberChangeState))
def test_a_change_refuses_transitions_that_do_not_exist(state: NumberChangeState, world: World) -> None:
    change = NumberChange(
        change_id="nch_x",
        account_id="acc_x",
        brand=BRAND,
        state=state,
        proof_id="",
        device_id="dev_x",
        requested_at=world.clock.now(),
    )
    for target in NumberChangeState:
        if target in NUMBER_CHANGE_TRANSITIONS[state]:
            change.check_becomes(target)
        else:
            with pytest.raises(NumberChangeStateRefused):
                change.check_becomes(target)


async def test_a_checked_person_gets_the_new_number_after_the_waiting(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: identity check instead of the old number; all sessions end; the account keeps person and devices."""
    change = await user.ask(user.checked())
    assert change.state == pb.NUMBER_CHANGE_STATE_WAITING
    assert MessageKind.NUMBER_CHANGE_WAITING in world.told(user.phone.account_id)
    due.run()
    assert (await user.newest()).state == pb.NUMBER_CHANGE_STATE_WAITING
    await days_later(world, user, due)
    due.run()
    with pytest.raises(SessionEnded):
        await world.principal(user.phone.context)
    account_id, device_id = user.phone.account_id, user.phone.session.device_id
    await user.phone.login_password(number=OTHER)
    assert (user.phone.account_id, user.phone.session.device_id) == (account_id, device_id)
    assert (await user.newest()).state == pb.NUMBER_CHANGE_STATE_DONE
    assert world.told(account_id).count(MessageKind.PHONE_NUMBER_CHANGED) == 1
    assert world.signing.unbound == []
    assert_absent(dump(world.engine), NUMBER, OTHER)


async def test_any_session_stops_it(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: a thief of a phone is stopped from another one."""
    other = world.phone()
    await other.login_password()
    change = await user.ask(user.checked())
    with pytest.raises(NumberChangeOpen):
        await user.ask(user.checked(), number=THIRD)
    await user.cancel(change.change_id, by=other)
    with pytest.raises(NumberChangeStateRefused):
        await user.cancel(change.change_id)
    await days_later(world, user, due)
    await world.phone().login_password()
    assert world.do(lambda unit: unit.number_changes.phone_number(change.change_id)) == ""
    stranger = await world.account(OTHER)
    with pytest.raises(ResourceNotFound):
        await user.cancel(change.change_id, by=stranger)


async def test_what_proves_nothing_is_refused(world: World, user: User) -> None:
    """R-ACC-33: proof failed, new number taken or not new."""
    with pytest.raises(IdentityProofRefused):
        await user.ask(ids.new_id(ids.ATTEMPT, 1))
    too_old = user.checked()
    world.clock.forward(minutes=31)
    await user.phone.login_password()
    with pytest.raises(IdentityProofRefused):
        await user.ask(too_old)
    with pytest.raises(TicketInvalid):
        await user.ask(user.checked(), number=NUMBER)
    stranger = await world.account(OTHER)
    await user.phone.login_password()
    with pytest.raises(PhoneTaken):
        await user.ask(user.checked())
    with pytest.raises(IdvRequired):
        await user.ask("", number=THIRD, by=stranger)
    with pytest.raises(ResourceNotFound):
        await user.newest()


async def test_without_a_check_reviewers_decide(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: support for lost numbers; the waiting begins with the decision."""
    change = await user.ask()
    assert change.state == pb.NUMBER_CHANGE_STATE_IN_REVIEW
    await days_later(world, user, due)
    assert_masked(world, change.change_id)
    assert decided(world, change.change_id, Verdict.APPROVE).state is ReviewState.APPROVED
    assert MessageKind.NUMBER_CHANGE_WAITING in world.told(user.phone.account_id)
    due.run()
    assert stands(world, change.change_id) is NumberChangeState.WAITING
    await days_later(world, user, due)
    assert stands(world, change.change_id) is NumberChangeState.DONE
    await user.phone.login_password(number=OTHER)
    refused = await user.ask(number=THIRD)
    decided(world, refused.change_id, Verdict.REFUSE, reason_code="not_the_holder", note="请携带证件到营业厅办理")
    assert (await user.newest()).state == pb.NUMBER_CHANGE_STATE_REFUSED
    assert MessageKind.NUMBER_CHANGE_REFUSED in world.told(user.phone.account_id)
    world.brands.change(BRAND, "number_change", by_review=False)
    with pytest.raises(IdentityProofRefused):
        await user.ask(number=THIRD)
    assert_absent(dump(world.engine), NUMBER, OTHER, THIRD, "请携带证件到营业厅办理")


async def test_a_cancelled_change_leaves_the_queue(world: World, user: User) -> None:
    """R-ACC-33, R-ADM-01: withdrawn in the same transaction, also after a claim and while a second stage waits."""
    world.brands.change(BRAND, "reviews", number_change_stages=(ReviewStage.PLATFORM, ReviewStage.RECHECK))
    change = await user.ask()
    assert decided(world, change.change_id, Verdict.APPROVE).state is ReviewState.WAITING
    assert stands(world, change.change_id) is NumberChangeState.IN_REVIEW
    await user.cancel(change.change_id)
    assert item_of(world, change.change_id).state is ReviewState.WITHDRAWN
    with pytest.raises(NumberChangeStateRefused):
        await user.cancel(change.change_id)
    world.brands.change(BRAND, "reviews", number_change_stages=(ReviewStage.PLATFORM,))
    accepted = await user.ask()
    decided(world, accepted.change_id, Verdict.APPROVE)
    await user.cancel(accepted.change_id)
    assert item_of(world, accepted.change_id).state is ReviewState.APPROVED
    await user.ask(user.checked())
    with reading(world.engine) as connection:
        seen = show.queue(world.review_unit(connection), reviewer=REVIEWER, clock=world.clock, limit=5)
    assert seen.items == []


async def test_a_cancellation_that_meets_a_decision_is_refused(world: World, user: User) -> None:
    """R-ACC-33: of two at once one wins, and nothing is half done."""
    change = await user.ask()
    before = world.do(lambda unit: unit.number_changes.get(change.change_id))
    decided(world, change.change_id, Verdict.REFUSE, reason_code="not_allowed")
    with pytest.raises(ConcurrentOperation):
        world.do(lambda unit: unit.withdraw_number_change(before))
    assert stands(world, change.change_id) is NumberChangeState.REFUSED


async def test_an_approval_that_cannot_be_carried_out_decides_nothing(world: World, user: User) -> None:
    """R-ACC-33: new number taken, or account suspended, before the decision; the reviewer refuses instead."""
    change = await user.ask()
    await world.account(OTHER)
    with pytest.raises(PhoneTaken):
        decided(world, change.change_id, Verdict.APPROVE)
    with pytest.raises(ReviewVerdictRefused):
        decided(world, change.change_id, Verdict.RETURN, reason_code="not_allowed")
    assert stands(world, change.change_id) is NumberChangeState.IN_REVIEW
    assert decided(world, change.change_id, Verdict.REFUSE, reason_code="number_in_use").state is ReviewState.REFUSED
    await user.phone.login_password()
    change = await user.ask(number=THIRD)
    world.do(lambda unit: suspend(unit, account_id=user.phone.account_id))
    with pytest.raises(AccountStateRefused):
        decided(world, change.change_id, Verdict.APPROVE)
    assert item_of(world, change.change_id).state is ReviewState.CLAIMED


async def test_each_role_decides_what_its_permissions_allow(world: World, user: User) -> None:
    """R-ADM-21: every role with a change of a lost number that waits in its first stage."""
    item = item_of(world, (await user.ask()).change_id)
    for role in Role:
        who, permissions = reviewer_of("stf_1", [role]), permissions_of([role])
        refused: type[Exception] | None = None
        if Permission.REVIEW_VIEW not in permissions:
            refused = ResourceNotFound
        elif Permission.REVIEW_FIRST not in permissions:
            refused = NotAuthorised
        with pytest.raises(refused) if refused else contextlib.nullcontext():
            item = claimed(world, item, who)
        if refused is None:
            with writing(world.engine) as connection:
                item = claims.release(
                    world.review_unit(connection),
                    review_id=item.review_id,
                    reviewer=who,
                    version=item.version,
                    clock=world.clock,
                )


async def test_a_number_or_account_that_is_no_longer_free_lets_it_fail(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: new number taken when the time has come; R-ADM-24: the account suspended."""
    change = await user.ask(user.checked())
    await world.account(OTHER)
    await days_later(world, user, due)
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.FAILED
    await user.phone.login_password()
    change = await user.ask(user.checked(), number=THIRD)
    world.do(lambda unit: suspend(unit, account_id=user.phone.account_id))
    await days_later(world, user, due)
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.FAILED
