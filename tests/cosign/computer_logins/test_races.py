"""PostgreSQL: calls about one session, account or computer that meet."""

import pytest
from sqlalchemy import Connection, func, select

from cosign.accounts.model import AccountState
from cosign.accounts.servicer.calls import key_proof
from cosign.accounts.usecases.closing import close_due
from cosign.accounts.usecases.open_login import OpenedSession
from cosign.accounts.usecases.refresh import refresh, show
from cosign.api.v1 import account_pb2
from cosign.api.v1 import computer_login_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.computer_logins.model import ComputerLogin, ComputerLoginState
from cosign.computer_logins.usecases.approve import Approval, confirm, refuse
from cosign.devices.model import DeviceProof, request_hash
from cosign.errors import ConcurrentOperation
from cosign.personal.tables import erasure
from cosign.store.unit_of_work import reading
from tests.cosign.accounts.due_work import due_work
from tests.cosign.accounts.world import TestPhone, World
from tests.cosign.computer_logins.computers import SERVICE, Computer, Desk
from tests.support.races import meet

ZB = "zb"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """SQLite has one writer at a time."""
    return postgres_url


def proof(phone: TestPhone, method: str, *fields: bytes) -> DeviceProof:
    made = phone.proof(method, *fields)
    return key_proof("proof", f"/cosign.api.v1.{method}", request_hash(*fields), made)


async def test_one_refresh_token_twice(world: World) -> None:
    """R-ACC-29: a repeat whose first answer is still on its way gets the same token; nobody is taken for a thief."""
    phone = await world.account()
    token, tokens = phone.session.refresh_token, world.calls.tokens

    def work(connection: Connection) -> object:
        unit = world.unit(connection)
        shown = show(
            unit,
            token=token,
            proof=proof(phone, "SessionService/RefreshSession", token.encode()),
            tokens=tokens,
            clock=world.clock,
        )
        return refresh(unit, shown=shown, tokens=tokens, clock=world.clock)

    first, second = meet(world.engine, work, work)
    assert isinstance(first, OpenedSession)
    assert isinstance(second, OpenedSession)
    assert first.refresh_token == second.refresh_token != token
    assert (AuditEvent.SESSION_REUSED, "done") not in world.events()
    phone.session.refresh_token = first.refresh_token
    await phone.refresh()


async def test_two_sweeps(world: World) -> None:
    """R-ACC-25, section 3.12: of two nodes one ends an account, and one erases what is left."""
    world.brands.change(ZB, "cancellation", grace_days=7)
    phone = await world.account(brand=ZB)
    request = account_pb2.CancelAccountRequest(ticket=await phone.step_up(brand=ZB))
    await world.accounts.CancelAccount(request, phone.context)
    world.clock.forward(days=7)

    def close(connection: Connection) -> object:
        return close_due(world.unit(connection), account_id=phone.account_id, others=[], clock=world.clock)

    first, second = meet(world.engine, close, close)
    assert first == [phone.session.device_id]
    assert isinstance(second, ConcurrentOperation)
    assert world.signing.unbound == [phone.session.device_id]
    found = world.do(lambda unit: unit.accounts.get(phone.account_id))
    assert found.state is AccountState.CANCELLED

    world.clock.forward(days=366)
    locked = meet(world.engine, *[lambda connection: world.unit(connection).closing.lock(phone.account_id)] * 2)
    assert locked == (True, False)
    for _ in range(2):
        due_work(world).run()
    with reading(world.engine) as connection:
        assert connection.execute(select(func.count()).select_from(erasure)).scalar_one() == 1


@pytest.mark.parametrize("other", ["confirm", "refuse"])
async def test_two_decisions_about_one_computer(world: World, desk: Desk, other: str) -> None:
    """R-ACC-29: the one that comes first holds, and the computer gets one session."""
    phone = await world.account()
    computer = await desk.computer()
    await desk.scan(phone, computer)
    principal = await world.principal(phone.context)

    def let_in(connection: Connection) -> object:
        approval = Approval(
            login_id=computer.begun.login_id, number=computer.begun.number, proof=confirmation(phone, computer)
        )
        return confirm(desk.unit(connection), principal=principal, approval=approval, clock=world.clock)

    def keep_out(connection: Connection) -> object:
        login_id = computer.begun.login_id
        return refuse(desk.unit(connection), principal=principal, login_id=login_id, clock=world.clock)

    first, second = meet(world.engine, let_in, let_in if other == "confirm" else keep_out)
    assert isinstance(first, ComputerLogin)
    assert first.state is ComputerLoginState.CONFIRMED
    assert isinstance(second, ConcurrentOperation)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_CONSUMED
    assert (await computer.who()).account_id == phone.account_id
    assert len(await desk.computers(phone)) == 1


def confirmation(phone: TestPhone, computer: Computer) -> DeviceProof:
    fields = [computer.begun.login_id.encode(), computer.begun.number.encode()]
    return proof(phone, f"{SERVICE}/ConfirmComputerLogin", *fields)
