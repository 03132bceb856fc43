"""Days of grace of a cancellation (R-ACC-25, section 3.12)."""

import pytest

from cosign.accounts.due import DueWork
from cosign.accounts.faults import AccountStateRefused
from cosign.accounts.model import AccountState
from cosign.accounts.usecases.closing import close
from cosign.accounts.usecases.staff import suspend, unlock_account
from cosign.api.v1 import account_pb2
from cosign.audit.model import AuditEvent
from cosign.errors import ConcurrentOperation, SessionEnded
from cosign.messages import MessageKind
from tests.cosign.accounts.due_work import due_work
from tests.cosign.accounts.world import NUMBER, TestPhone, World

ZB = "zb"
"""Offers cancellation."""


class Objects:
    """Something that stands in the way, or not."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def blockers(self, unit: object, account_id: str) -> list[str]:
        return self.words


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def due(world: World, objects: Objects) -> DueWork:
    return due_work(world, blockers=[objects])


@pytest.fixture
async def phone(world: World) -> TestPhone:
    """Of an account whose cancellation can be taken back for a week."""
    world.brands.change(ZB, "cancellation", grace_days=7)
    made = await world.account(brand=ZB)
    request = account_pb2.CancelAccountRequest(ticket=await made.step_up(brand=ZB), reason="moved")
    answer = await world.accounts.CancelAccount(request, made.context)
    assert answer.cancel_at.ToDatetime() > world.clock.now().replace(tzinfo=None)
    world.clock.forward(seconds=61)
    return made


def state(world: World, phone: TestPhone) -> AccountState:
    found = world.do(lambda unit: unit.accounts.get(phone.account_id))
    assert found is not None
    return AccountState(found.state)


async def test_a_login_within_the_days_takes_it_back(world: World, phone: TestPhone, due: DueWork) -> None:
    """R-ACC-25: keys rest at once; a login brings everything back, and nothing is due any more."""
    assert state(world, phone) is AccountState.CANCELLING
    device_id, account_id = phone.session.device_id, phone.account_id
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    assert world.do(lambda unit: unit.devices.device(device_id)).state == "blocked"
    assert MessageKind.CANCELLATION_REQUESTED in world.told(account_id)
    due.run()
    assert state(world, phone) is AccountState.CANCELLING
    world.clock.forward(days=6)
    await phone.login_sms(brand=ZB)
    assert (phone.account_id, phone.session.device_id, phone.session.registered) == (account_id, device_id, False)
    assert world.do(lambda unit: unit.devices.device(device_id)).state == "active"
    assert (AuditEvent.CANCELLATION_WITHDRAWN, "done") in world.events()
    world.clock.forward(days=2)
    due.run()
    assert state(world, phone) is AccountState.ACTIVE


async def test_it_is_carried_out_once_when_the_days_are_over(world: World, phone: TestPhone, due: DueWork) -> None:
    """R-ACC-25: shares destroyed, sessions ended, rights gone; R-ACC-26: a tombstone stays."""
    world.clock.forward(days=7)
    due.run()
    due.run()
    assert state(world, phone) is AccountState.CANCELLED
    assert world.signing.unbound == [phone.session.device_id]
    assert world.told(phone.account_id).count(MessageKind.ACCOUNT_CANCELLED) == 1
    assert world.do(lambda unit: unit.closing.tombstone(phone.account_id)) is not None
    assert world.do(lambda unit: unit.accounts.by_number(ZB, f"+86{NUMBER}")) is None
    assert world.do(lambda unit: unit.closing.due(world.clock.now(), 10)) == []


async def test_of_two_nodes_one_carries_it_out(world: World, phone: TestPhone) -> None:
    """Section 3.12: an account that changed meanwhile is left alone."""
    before = world.do(lambda unit: unit.accounts.get(phone.account_id))
    await phone.login_sms(brand=ZB)
    with pytest.raises(ConcurrentOperation):
        world.do(lambda unit: close(unit, account=before, reason="", clock=world.clock))
    assert state(world, phone) is AccountState.ACTIVE
    assert world.signing.unbound == []


async def test_what_stands_in_the_way_by_then_postpones_it(
    world: World, phone: TestPhone, due: DueWork, objects: Objects
) -> None:
    """R-ACC-25: blockers are asked again."""
    objects.words = ["sole_administrator"]
    world.clock.forward(days=7)
    due.run()
    assert state(world, phone) is AccountState.CANCELLING
    assert (AuditEvent.CANCELLATION_REQUESTED, "postponed") in world.events()
    objects.words = []
    world.clock.forward(days=1)
    due.run()
    assert state(world, phone) is AccountState.CANCELLED


async def test_staff_neither_suspend_nor_unlock_it(world: World, phone: TestPhone) -> None:
    """Section 3.12: no such transitions."""
    for act in (suspend, unlock_account):
        with pytest.raises(AccountStateRefused):
            world.do(lambda unit, act=act: act(unit, account_id=phone.account_id))


async def test_a_stranger_does_not_take_it_back(world: World, phone: TestPhone) -> None:
    """R-ACC-25: an attempt that fails is no login."""
    world.brands.change(ZB, "login", methods=("sms", "password"))
    with pytest.raises(Exception, match="wrong"):
        await world.phone().login_password("Wrong7Words!", NUMBER, brand=ZB)
    assert state(world, phone) is AccountState.CANCELLING
