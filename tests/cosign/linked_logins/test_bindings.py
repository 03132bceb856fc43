"""Bindings of an account."""

import uuid
from pathlib import Path

import pytest

from cosign.accounts.faults import FieldLocked, PhoneTaken, TicketInvalid
from cosign.api.v1 import account_pb2, code_pb2
from cosign.api.v1 import linked_login_pb2 as pb
from cosign.audit.operation_log import OperationKind
from cosign.audit.operation_log_unit import OperationFilter, SqlOperationUnit
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.linked_logins.faults import BindingExists, BindingTaken, LastLoginMethod, ProviderUnavailable
from cosign.linked_logins.model import Provider
from cosign.messages.model import MessageKind
from cosign.store.engine import sqlite_url
from cosign.store.unit_of_work import writing
from protocol.errors import DeviceProofInvalid
from tests.cosign.linked_logins.world import NUMBER, OTHER, XSS, ZB, LinkedPhone, LinkedWorld


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What differs between databases is tested in test_repository.py."""
    return sqlite_url(tmp_path / "cosign.db")


async def unbind(world: LinkedWorld, phone: LinkedPhone, binding_id: str, ticket: str, request_id: str = "") -> None:
    request = pb.UnbindRequest(request_id=request_id or str(uuid.uuid4()), binding_id=binding_id, ticket=ticket)
    await world.linked.Unbind(request, phone.context)


async def test_bind_list_and_unbind(world: LinkedWorld) -> None:
    """R-ACC-23: bound, told, logged, listed with its state; unbound after a recent proof; the login is gone."""
    phone = await world.account(NUMBER)
    assert [(one.provider, one.binding_id) for one in await phone.bindings()] == [
        (pb.LINKED_PROVIDER_WECHAT, ""),
        (pb.LINKED_PROVIDER_ALIPAY, ""),
    ]
    made = await phone.bind("user-a", name="Alice Example")
    listed = {one.provider: one for one in await phone.bindings()}
    assert listed[pb.LINKED_PROVIDER_WECHAT] == made
    assert made.name_masked == "Alice *******"
    with pytest.raises(TicketInvalid):
        await unbind(world, phone, made.binding_id, "nonsense")
    world.clock.forward(seconds=61)
    ticket, request_id = await phone.step_up(NUMBER, ZB), str(uuid.uuid4())
    for _ in range(2):  # the answer may have been lost
        await unbind(world, phone, made.binding_id, ticket, request_id)
    assert world.bound() == []
    assert world.told(phone.account_id) == [MessageKind.BINDING_CHANGED] * 2
    assert (await world.phone().third_party("user-a")).HasField("binding")


async def test_binding_needs_a_code_to_the_number(world: LinkedWorld) -> None:
    """R-ACC-23, section 5.7: an access token alone binds nobody; a refusal spends neither state nor ticket."""
    phone, thief = await world.account(NUMBER), await world.account(OTHER)
    begun = await world.linked.BeginBinding(pb.BeginBindingRequest(provider=pb.LINKED_PROVIDER_WECHAT), phone.context)
    state = begun.authorisation.state
    request = pb.BindRequest(state=state, code=world.grant("wechat", "user-t", state=state))
    login, asked = await world.ticket(code_pb2.CODE_PURPOSE_LOGIN, NUMBER, ZB), list(world.seen.calls)
    for wrong in ("", "nonsense", login, await thief.step_up(OTHER, ZB)):
        request.ticket = wrong
        with pytest.raises(TicketInvalid):
            await world.linked.Bind(request, phone.context)
    assert world.bound() == []
    assert world.seen.calls == asked
    right = await phone.step_up(NUMBER, ZB)
    with pytest.raises(ProviderUnavailable):
        await phone.bind("user-0003", Provider.ALIPAY, ticket=right)
    request.ticket = right
    made = (await world.linked.Bind(request, phone.context)).binding
    with pytest.raises(TicketInvalid):
        await unbind(world, phone, made.binding_id, right)


async def test_a_first_number_needs_the_device_key(world: LinkedWorld) -> None:
    """R-ACC-13, section 5.7: with an access token alone nobody chooses the number that confirms what is dangerous."""
    phone, thief = world.phone(), world.phone()
    await phone.network_identity("person-2")
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_BIND, OTHER, XSS)
    request = pb.AddPhoneNumberRequest(request_id=str(uuid.uuid4()), ticket=ticket)
    request.proof.CopyFrom(thief.proof("LinkedLoginService/AddPhoneNumber", ticket.encode()))
    with pytest.raises(DeviceProofInvalid):
        await world.linked.AddPhoneNumber(request, phone.context)
    request.proof.CopyFrom(phone.proof("LinkedLoginService/AddPhoneNumber", ticket.encode()))
    for _ in range(2):  # the answer may have been lost
        assert (await world.linked.AddPhoneNumber(request, phone.context)).phone_number_masked == "139****8765"


async def test_one_user_has_one_account_and_one_account_one_user(world: LinkedWorld) -> None:
    """R-ACC-23: already bound elsewhere; the same user may serve another brand."""
    first, second = await world.account(NUMBER), await world.account(OTHER)
    await first.bind("user-b")
    with pytest.raises(BindingTaken):
        await second.bind("user-b")
    with pytest.raises(BindingExists):
        await first.bind("user-c")
    await first.bind("user-b", Provider.ALIPAY)  # a user of another provider who is called alike
    world.brands.change(XSS, "login", methods=(*world.brands.policy(XSS).login.methods, Provider.WECHAT.method))
    other_brand = await world.account(NUMBER, brand=XSS)
    await other_brand.bind("user-b", brand=XSS)
    assert len(world.bound()) == 3


async def test_only_what_is_ones_own(world: LinkedWorld) -> None:
    """R-ACC-23: another account's binding cannot be seen or ended, another account's authorisation not be used."""
    first, second = await world.account(NUMBER), await world.account(OTHER)
    made = await first.bind("user-d")
    with pytest.raises(ResourceNotFound):
        await unbind(world, second, made.binding_id, await second.step_up(OTHER, ZB))
    assert [one.binding_id for one in await second.bindings()] == ["", ""]
    begun = await world.linked.BeginBinding(pb.BeginBindingRequest(provider=pb.LINKED_PROVIDER_ALIPAY), first.context)
    state = begun.authorisation.state
    request = pb.BindRequest(state=state, code=world.grant("alipay", "user-d", state=state))
    world.clock.forward(seconds=61)
    for caller in (second, first):  # somebody else's try has spent it
        request.ticket = await caller.step_up(caller.number, ZB)
        with pytest.raises(TicketInvalid):
            await world.linked.Bind(request, caller.context)
    world.clock.forward(seconds=61)
    with pytest.raises(TicketInvalid):
        await unbind(world, first, made.binding_id, await second.step_up(OTHER, ZB))
    with pytest.raises(FieldInvalid):
        await unbind(world, first, "dev_1", "")
    with pytest.raises(ProviderUnavailable):
        await first.bind("user-0003", Provider.ALIPAY)


async def test_the_last_way_to_log_in_stays(world: LinkedWorld) -> None:
    """R-ACC-23, R-ACC-13: an account without a number keeps its only binding, until it has a number."""
    phone = world.phone()
    await phone.network_identity("person-1")
    (binding,) = await phone.bindings()
    with pytest.raises(LastLoginMethod):
        await unbind(world, phone, binding.binding_id, "")
    await world.account(OTHER, brand=XSS)
    taken = await world.ticket(code_pb2.CODE_PURPOSE_BIND, OTHER, XSS)
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_BIND, NUMBER, XSS)
    with pytest.raises(PhoneTaken):
        await add_number(world, phone, taken)
    with pytest.raises(TicketInvalid):
        await add_number(world, phone, await world.ticket(code_pb2.CODE_PURPOSE_BIND, NUMBER, ZB))
    assert (await add_number(world, phone, ticket)) == "138****4321"
    with pytest.raises(FieldLocked):
        await add_number(world, phone, ticket)
    await unbind(world, phone, binding.binding_id, await phone.step_up(NUMBER, XSS))
    assert world.bound() == []


async def add_number(world: LinkedWorld, phone: LinkedPhone, ticket: str) -> str:
    proof = phone.proof("LinkedLoginService/AddPhoneNumber", ticket.encode())
    request = pb.AddPhoneNumberRequest(request_id=str(uuid.uuid4()), ticket=ticket, proof=proof)
    return (await world.linked.AddPhoneNumber(request, phone.context)).phone_number_masked


async def test_a_cancelled_account_holds_no_user(world: LinkedWorld) -> None:
    """R-ACC-23, R-ACC-25: the user of a cancelled account is free for another one."""
    phone = await world.account(NUMBER)
    await phone.bind("user-e")
    world.clock.forward(seconds=61)
    cancel = account_pb2.CancelAccountRequest(ticket=await phone.step_up(NUMBER, ZB))
    await world.accounts.CancelAccount(cancel, phone.context)
    assert (await world.phone().third_party("user-e")).HasField("binding")
    other = await world.account(OTHER)
    await other.bind("user-e")
    assert [account_id for account_id, _ in world.bound()] == [other.account_id]


async def test_the_operation_log_names_the_provider(world: LinkedWorld) -> None:
    """R-ACC-23, R-AUD-02: what was bound stands in the user's own log."""
    phone = await world.account(NUMBER)
    made = await phone.bind("user-f")
    with writing(world.engine) as connection:
        unit = world.linked_neighbours.operations(connection)
        assert isinstance(unit, SqlOperationUnit)
        wanted = OperationFilter(kind=OperationKind.BINDING_ADDED)
        found = unit.operations(phone.account_id, wanted, before="", limit=10).operations
    assert [(one.object_id, one.content) for one in found] == [(made.binding_id, {"provider": "wechat"})]
