"""Passwords: reset, change, cost of the hash (R-ACC-05, R-ACC-18, R-ACC-19)."""

import dataclasses

import pytest

from cosign.accounts.faults import LoginFailed, PasswordSet, PasswordWeak, TicketInvalid
from cosign.api.v1 import account_pb2, code_pb2, login_pb2
from cosign.audit.model import AuditEvent
from cosign.errors import SessionEnded
from cosign.messages import MessageKind
from tests.cosign.accounts.world import BRAND, NUMBER, OTHER, PASSWORD, Context, World

RESET = code_pb2.CODE_PURPOSE_RESET_PASSWORD


async def test_reset_ends_every_session_and_the_old_password(world: World) -> None:
    """R-ACC-18: prove phone, set password under R-ACC-05; old sessions ended; notification."""
    phone = await world.account(password=PASSWORD)
    ticket = await world.ticket(RESET)

    async def reset(password: str, text: str = ticket) -> None:
        request = login_pb2.ResetPasswordRequest(ticket=text, new_password=password, confirmation=password)
        await world.logins.ResetPassword(request, Context())

    with pytest.raises(PasswordWeak) as weak:
        await reset(PASSWORD)
    assert weak.value.metadata["rules"] == "used_before"
    await reset("Green8Boats!")
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    with pytest.raises(TicketInvalid):
        await reset("Third9Words!")
    with pytest.raises(LoginFailed):
        await phone.login_password()
    await phone.login_password("Green8Boats!")
    assert MessageKind.PASSWORD_CHANGED in world.told(phone.account_id)
    with pytest.raises(TicketInvalid):
        await reset("Third9Words!", await world.ticket(RESET, OTHER))


async def test_change_with_the_old_password(world: World) -> None:
    """R-ACC-19, R-ACC-05: verify old, policy, replace; new equals old; other sessions end, this one stays."""
    phone = await world.account(password=PASSWORD)
    other = world.phone()
    await other.login_password()

    async def change(old: str, new: str, confirmation: str = "") -> None:
        request = account_pb2.ChangePasswordRequest(
            old_password=old, new_password=new, confirmation=confirmation or new
        )
        await world.accounts.ChangePassword(request, phone.context)

    with pytest.raises(LoginFailed):
        await change("Wrong7Words!", "Green8Boats!")
    for new, confirmation in ((PASSWORD, ""), ("weak", ""), ("Green8Boats!", "Green8Boats?"), (f"A!{NUMBER}", "")):
        with pytest.raises(PasswordWeak):
            await change(PASSWORD, new, confirmation)
    await change(PASSWORD, "Green8Boats!")
    await world.principal(phone.context)
    with pytest.raises(SessionEnded):
        await world.principal(other.context)
    with pytest.raises(PasswordSet):
        await phone.set_password("Third9Words!")
    assert AuditEvent.PASSWORD_SET in {event for event, _ in world.events()}


async def test_a_hash_of_an_older_cost_is_made_anew_at_the_next_login(world: World) -> None:
    """R-ACC-05: slow hash with the cost of the policy."""
    phone = await world.account(password=PASSWORD)
    before = world.do(lambda unit: unit.accounts.get(phone.account_id)).password_hash
    assert before.startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    policy = world.brands.policy(BRAND)
    world.brands.change(BRAND, "password", cost=dataclasses.replace(policy.password.cost, time=2))
    await phone.login_password()
    after = world.do(lambda unit: unit.accounts.get(phone.account_id)).password_hash
    assert after.startswith("$argon2id$v=19$m=8192,t=2,p=1$")
    await phone.login_password()
