"""Login with the number of the SIM."""

from pathlib import Path

import pytest

from cosign.accounts.faults import AccountSuspended, AccountUnknown, LoginLocked, LoginMethodOff
from cosign.accounts.usecases.staff import suspend
from cosign.api.v1 import account_device_pb2
from cosign.api.v1 import linked_login_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.errors import BrandUnknown
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from cosign.store.engine import sqlite_url
from tests.cosign.accounts.world import Context
from tests.cosign.linked_logins.world import BUSY, NUMBER, OTHER, REFUSED, ZB, LinkedWorld
from tests.support.clear_text import assert_absent, dump


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """What differs between databases is tested in test_repository.py."""
    return sqlite_url(tmp_path / "cosign.db")


async def test_the_first_login_registers_and_the_next_one_finds_the_account(world: LinkedWorld) -> None:
    """R-ACC-10, R-ACC-03, R-ACC-21: automatic registration, masked number, history."""
    phone = world.phone()
    first = await phone.one_tap()
    assert first.session.registered
    assert first.phone_number_masked == "138****4321"
    world.clock.forward(seconds=1)
    second = await phone.one_tap()
    assert (second.session.registered, second.session.account_id) == (False, first.session.account_id)
    listed = await world.devices.ListLogins(account_device_pb2.ListLoginsRequest(), phone.context)
    assert [(one.method, one.result) for one in listed.logins] == [("one_tap", "ok"), ("register", "ok")]
    assert world.seen.calls == [("carrier", "ok")] * 2


async def test_it_is_the_account_of_the_number_however_it_was_made(world: LinkedWorld) -> None:
    """R-ACC-10: the same account as by SMS; staff can stop it."""
    account_id = (await world.account()).account_id
    other = world.phone()
    assert (await other.one_tap()).session.account_id == account_id
    world.do(lambda unit: suspend(unit, account_id=account_id))
    with pytest.raises(AccountSuspended):
        await other.one_tap()


async def test_the_policy_decides(world: LinkedWorld) -> None:
    """R-ACC-10: a brand without one-tap, one that registers by hand, one nobody knows, a service without a carrier."""
    phone = world.phone()
    with pytest.raises(LoginMethodOff):
        await phone.one_tap(brand="bxq")
    with pytest.raises(BrandUnknown):
        await phone.one_tap(brand="nobody")
    world.brands.change(ZB, "registration", automatic=False)
    with pytest.raises(AccountUnknown):
        await phone.one_tap(OTHER)


async def test_a_token_is_good_once_and_for_its_brand(world: LinkedWorld) -> None:
    """R-ACC-10: used, late, foreign and forged tokens are refused, and SMS is named as the way out."""
    phone = world.phone()
    token = world.grant("one_tap", NUMBER)
    await phone.one_tap(token=token)
    late = world.grant("one_tap", NUMBER)
    world.clock.forward(minutes=6)
    for bad in (token, late, world.grant("one_tap", NUMBER, brand="ept"), "forged.token"):
        with pytest.raises(ProviderRefused) as refused:
            await phone.one_tap(token=bad)
        assert refused.value.metadata == {"fallback": "sms"}
    assert [call for call in world.seen.calls if call[1] == "ok"] == [("carrier", "ok")]
    assert world.events().count((AuditEvent.LOGIN, "PROVIDER_REFUSED")) == 4


async def test_a_carrier_that_is_away_costs_no_attempt(world: LinkedWorld) -> None:
    """R-ACC-10: unreachable: fall back to SMS; guessing is charged to the address, outages are not."""
    phone = world.phone()
    lockout = world.brands.policy(ZB).lockout
    most = lockout.failures * lockout.address_factor
    for _ in range(2):
        with pytest.raises(ProviderUnavailable) as away:
            await phone.one_tap(BUSY)
        assert away.value.metadata == {"fallback": "sms"}
    for _ in range(most):
        with pytest.raises(ProviderRefused):
            await phone.one_tap(REFUSED)
    with pytest.raises(LoginLocked) as locked:
        await phone.one_tap()
    assert locked.value.retry_after_ms > 0
    world.clock.forward(seconds=lockout.lock_seconds + 1)
    await phone.one_tap()


async def test_the_methods_of_a_brand_are_listed(world: LinkedWorld) -> None:
    """R-ACC-10, 12, 13: the policy's methods in its order; those without a provider are not available."""
    listed = await world.linked.ListLoginMethods(pb.ListLoginMethodsRequest(brand=ZB), Context())
    assert [(one.method, one.available) for one in listed.methods] == [
        ("sms", True),
        ("certificate", True),
        ("wechat", True),
        ("alipay", True),
        ("one_tap", True),
    ]


async def test_nothing_readable_is_stored(world: LinkedWorld) -> None:
    """R-ACC-10: neither the number nor the token stands in the database."""
    token = world.grant("one_tap", NUMBER)
    await world.phone().one_tap(token=token)
    assert_absent(dump(world.engine), NUMBER, token)
