"""Login by WeChat, Alipay and network identity."""

import datetime as dt
from pathlib import Path

import pytest

from cosign.accounts.faults import LoginLocked, LoginMethodOff, TicketInvalid
from cosign.accounts.model import AccountState
from cosign.api.v1 import account_device_pb2, code_pb2
from cosign.api.v1 import linked_login_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.brands import LoginFactors
from cosign.errors import FieldInvalid
from cosign.linked_logins.faults import BindingTaken, ProviderCancelled, ProviderRefused, ProviderUnavailable
from cosign.linked_logins.model import Provider
from cosign.messages.model import MessageKind
from cosign.store.engine import sqlite_url
from tests.cosign.linked_logins.world import NUMBER, OTHER, XSS, ZB, LinkedWorld
from tests.support.clear_text import assert_absent, dump


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What differs between databases is tested in test_repository.py."""
    return sqlite_url(tmp_path / "cosign.db")


@pytest.mark.parametrize("provider", [Provider.WECHAT, Provider.ALIPAY])
async def test_a_new_user_binds_a_number_and_is_known_from_then_on(world: LinkedWorld, provider: Provider) -> None:
    """R-ACC-12, R-ACC-03: unbound: prove a number, which registers and binds; bound: a session at once."""
    phone = world.phone()
    first = await phone.third_party("user-a", provider, name="Alice Example")
    assert (first.HasField("session"), first.binding.name_masked) == (False, "Alice *******")
    made = await phone.login_and_bind(first.binding.ticket)
    assert made.session.registered
    assert world.told(made.session.account_id) == [MessageKind.BINDING_CHANGED]
    assert world.bound() == [(made.session.account_id, provider.value)]
    world.clock.forward(seconds=61)
    second = await world.phone().third_party("user-a", provider)
    assert second.session.account_id == made.session.account_id
    listed = await world.devices.ListLogins(account_device_pb2.ListLoginsRequest(), phone.context)
    assert [one.method for one in listed.logins] == [provider.value, "register"]
    assert (AuditEvent.BINDING_ADDED, "done") in world.events()
    assert_absent(dump(world.engine), "user-a", "Alice Example", NUMBER)


async def test_a_user_binds_the_account_he_has(world: LinkedWorld) -> None:
    """R-ACC-12: phone + SMS at first use finds the account of the number."""
    account_id = (await world.account(NUMBER)).account_id
    phone = world.phone()
    waiting = await phone.third_party("user-b")
    made = await phone.login_and_bind(waiting.binding.ticket)
    assert (made.session.registered, made.session.account_id) == (False, account_id)


async def test_an_authorisation_is_for_one_phone_provider_and_purpose_once(world: LinkedWorld) -> None:
    """R-ACC-12: no state of another phone, provider or account logs anybody in; nor one twice or late."""
    phone, thief = world.phone(), world.phone()
    state = await phone.state(Provider.WECHAT)
    code = world.grant("wechat", "user-c", state=state)
    asked = len(world.seen.calls)
    for stolen in (thief.third_party("", state=state, code=code), phone.third_party("", state=state, code=code)):
        with pytest.raises(TicketInvalid):
            await stolen
    assert len(world.seen.calls) == asked  # nobody was asked who gave the code
    late = await phone.state(Provider.WECHAT)
    world.clock.forward(minutes=11)
    signed_in = await world.account(OTHER)
    begun = await world.linked.BeginBinding(
        pb.BeginBindingRequest(provider=pb.LINKED_PROVIDER_WECHAT), signed_in.context
    )
    network = await phone.state(Provider.NETWORK_ID, brand=XSS)
    asked = len(world.seen.calls)
    for wrong in ("nonsense", late, begun.authorisation.state, network):
        with pytest.raises(TicketInvalid):
            await phone.third_party("", state=wrong, code=code)
    assert len(world.seen.calls) == asked


async def test_a_code_is_good_once(world: LinkedWorld) -> None:
    """R-ACC-12: a code of another state or one that was used is refused; SMS is named as the way out."""
    phone = world.phone()
    state = await phone.state(Provider.WECHAT)
    code = world.grant("wechat", "user-d", state=state)
    await phone.third_party("", state=state, code=code)
    other = world.grant("wechat", "user-d", state=state)
    for bad in (code, other):
        with pytest.raises(ProviderRefused) as refused:
            await phone.third_party("", code=bad)
        assert refused.value.metadata == {"fallback": "sms"}
    with pytest.raises(ProviderCancelled):
        await phone.third_party("user-d", cancelled=True)
    with pytest.raises(ProviderUnavailable):
        await phone.third_party("user-0003")
    with pytest.raises(FieldInvalid):
        await phone.third_party("", code="x" * 513)


async def test_what_waits_is_for_one_phone_and_brand_once(world: LinkedWorld) -> None:
    """R-ACC-12: a binding ticket of another phone, used or late binds nothing; a number of another brand neither."""
    phone, thief = world.phone(), world.phone()
    waiting = (await phone.third_party("user-e")).binding.ticket
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_BIND, NUMBER, ZB)
    with pytest.raises(TicketInvalid):
        await thief.login_and_bind(waiting, ticket=ticket)
    foreign = await world.ticket(code_pb2.CODE_PURPOSE_BIND, NUMBER, XSS)
    login = await world.ticket(code_pb2.CODE_PURPOSE_LOGIN, NUMBER, ZB)
    for wrong in (foreign, login, "nonsense"):
        with pytest.raises(TicketInvalid):
            await phone.login_and_bind(waiting, ticket=wrong)
    await phone.login_and_bind(waiting, ticket=ticket)  # whatever was refused has spent nothing
    world.clock.forward(seconds=61)
    late = (await phone.third_party("user-f")).binding.ticket
    world.clock.forward(minutes=11)
    for gone in (waiting, late):
        with pytest.raises(TicketInvalid):
            await phone.login_and_bind(gone)
        world.clock.forward(seconds=61)


async def test_two_who_wait_with_one_user_are_not_both_bound(world: LinkedWorld) -> None:
    """R-ACC-12: the binding belongs to another account."""
    first, second = world.phone(), world.phone()
    one = (await first.third_party("user-g")).binding.ticket
    two = (await second.third_party("user-g")).binding.ticket
    await first.login_and_bind(one)
    with pytest.raises(BindingTaken):
        await second.login_and_bind(two, number=OTHER)
    assert len(world.bound()) == 1


async def test_the_policy_decides(world: LinkedWorld) -> None:
    """R-ACC-12, R-ACC-13: a brand offers what its policy names; two steps stay two steps."""
    phone = world.phone()
    with pytest.raises(LoginMethodOff):
        await phone.state(Provider.WECHAT, brand=XSS)
    await world.account(NUMBER, password="Blue7Kites!")
    waiting = await phone.third_party("user-h")
    world.brands.change(ZB, "login", factors=LoginFactors.SMS_THEN_PASSWORD)
    half = await phone.login_and_bind(waiting.binding.ticket)
    assert (half.HasField("session"), half.HasField("half")) == (False, True)
    assert (await phone.third_party("user-h")).HasField("half")
    state = await phone.state(Provider.WECHAT)
    world.brands.change(ZB, "login", methods=(world.brands.policy(ZB).login.methods[0],))
    with pytest.raises(LoginMethodOff):
        await phone.third_party("user-h", state=state)


async def test_a_lock_holds_for_this_way_too(world: LinkedWorld) -> None:
    """R-ACC-12, section 3.12: a locked account waits or proves its number."""
    phone = await world.account(NUMBER)
    await phone.bind("user-i")
    until = world.clock.now() + dt.timedelta(minutes=15)
    account = world.do(lambda unit: unit.accounts.get(phone.account_id))
    world.do(lambda unit: unit.accounts.become(account, AccountState.LOCKED, locked_until=until))
    with pytest.raises(LoginLocked) as locked:
        await world.phone().third_party("user-i")
    assert locked.value.retry_after_ms == 15 * 60_000
    world.clock.forward(minutes=16)
    assert (await world.phone().third_party("user-i")).session.account_id == phone.account_id
    assert (AuditEvent.ACCOUNT_UNLOCKED, "done") in world.events()


async def test_network_identity_needs_no_number(world: LinkedWorld) -> None:
    """R-ACC-13: an account without a number; the level is recorded, the provider's id is not readable."""
    phone = world.phone()
    first = await phone.network_identity("person-1", level="credential")
    assert (first.session.registered, first.level) == (True, pb.NETWORK_IDENTITY_LEVEL_CREDENTIAL)
    second = await world.phone().network_identity("person-1", level="face")
    assert (second.session.account_id, second.level) == (first.session.account_id, pb.NETWORK_IDENTITY_LEVEL_FACE)
    (binding,) = await phone.bindings()
    assert binding.level == pb.NETWORK_IDENTITY_LEVEL_FACE
    assert_absent(dump(world.engine), "person-1")


async def test_network_identity_of_somebody_with_an_account(world: LinkedWorld) -> None:
    """R-ACC-13: he binds it; a brand that does not register by itself always asks for that."""
    account_id = (await world.account(NUMBER, brand=XSS)).account_id
    phone = world.phone()
    waiting = await phone.network_identity("person-2", bind_existing=True)
    made = await phone.login_and_bind(waiting.binding.ticket, brand=XSS)
    assert made.session.account_id == account_id
    world.brands.change(XSS, "registration", automatic=False)
    assert (await phone.network_identity("person-3")).HasField("binding")


async def test_a_result_is_for_one_serial_number_once(world: LinkedWorld) -> None:
    """R-ACC-13: cancelled, forged, repeated results, and results of another serial number, log nobody in."""
    phone = world.phone()
    state = await phone.state(Provider.NETWORK_ID, brand=XSS)
    result = world.grant("network_id", "person-4", brand=XSS, state=state)
    with pytest.raises(ProviderRefused):
        await phone.network_identity("", result=result)  # its own serial number, not that of the result
    for wrong in (result, result[:-2] + "AA", world.grant("wechat", "person-4", brand=XSS, state=state)):
        with pytest.raises(ProviderRefused):
            await phone.network_identity("", result=wrong)
    with pytest.raises(ProviderRefused):
        await phone.network_identity("person-4", level="certain")
    state = await phone.state(Provider.NETWORK_ID, brand=XSS)
    said_no = world.grant("network_id", "person-4", brand=XSS, state=state, cancelled=True)
    with pytest.raises(ProviderCancelled):
        await phone.network_identity("", state=state, result=said_no)
    assert world.bound() == []
