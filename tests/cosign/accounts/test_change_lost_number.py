"""Another login number without the old one (R-ACC-33)."""

import uuid

import pytest

from cosign import ids
from cosign.accounts import mark_verified
from cosign.accounts.due import DueWork
from cosign.accounts.faults import (
    IdentityProofRefused,
    IdvRequired,
    NumberChangeOpen,
    NumberChangeStateRefused,
    PhoneTaken,
    TicketInvalid,
)
from cosign.accounts.number_change import NUMBER_CHANGE_TRANSITIONS, NumberChange, NumberChangeState
from cosign.accounts.usecases.change_lost_number import decide
from cosign.accounts.usecases.staff import suspend
from cosign.api.v1 import code_pb2
from cosign.api.v1 import number_change_pb2 as pb
from cosign.errors import ResourceNotFound, SessionEnded
from cosign.messages import MessageKind
from tests.cosign.accounts.world import BRAND, NUMBER, OTHER, PASSWORD, TestPhone, World
from tests.support.clear_text import assert_absent, dump

CHANGE = code_pb2.CODE_PURPOSE_CHANGE_NUMBER
DOCUMENT = "110101199003079991"


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
    return DueWork(world.engine, unit=world.unit, blockers=[], clock=world.clock, ended=world.calls.ended)


async def days_later(world: World, user: User, due: DueWork) -> None:
    world.clock.forward(hours=72)
    due.run()


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
        await user.ask(user.checked(), number=f"137{3:08d}")
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
        await user.ask("", number=f"137{3:08d}", by=stranger)
    with pytest.raises(ResourceNotFound):
        await user.newest()


async def test_without_a_check_an_operator_decides(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: support for lost numbers; the waiting begins with the decision."""
    change = await user.ask()
    assert change.state == pb.NUMBER_CHANGE_STATE_IN_REVIEW
    await days_later(world, user, due)
    (waiting,) = world.do(lambda unit: unit.number_changes.in_review(after="", limit=10))
    world.do(lambda unit: decide(unit, change_id=waiting.change_id, accept=True, clock=world.clock))
    due.run()
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.WAITING
    await days_later(world, user, due)
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.DONE
    await user.phone.login_password(number=OTHER)
    refused = await user.ask(number=f"137{3:08d}")
    world.do(lambda unit: decide(unit, change_id=refused.change_id, accept=False, clock=world.clock))
    assert (await user.newest()).state == pb.NUMBER_CHANGE_STATE_REFUSED
    world.brands.change(BRAND, "number_change", by_review=False)
    with pytest.raises(IdentityProofRefused):
        await user.ask(number=f"137{3:08d}")


async def test_a_number_or_account_that_is_no_longer_free_lets_it_fail(world: World, user: User, due: DueWork) -> None:
    """R-ACC-33: new number taken when the time has come; R-ADM-24: the account suspended."""
    change = await user.ask(user.checked())
    await world.account(OTHER)
    await days_later(world, user, due)
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.FAILED
    await user.phone.login_password()
    change = await user.ask(user.checked(), number=f"137{3:08d}")
    world.do(lambda unit: suspend(unit, account_id=user.phone.account_id))
    await days_later(world, user, due)
    assert world.do(lambda unit: unit.number_changes.get(change.change_id)).state is NumberChangeState.FAILED
