"""Profile, identities, mode, number, cancellation, appeal (R-ACC-16, 17, 20, 25, 26, 32, 33)."""

import uuid

import pytest

from cosign.accounts import end_identity, give_identity, mark_verified
from cosign.accounts.closing import AppealState
from cosign.accounts.faults import (
    AccountStateRefused,
    AppealNoMatch,
    AppealOpen,
    CancellationBlocked,
    FieldLocked,
    IdvRequired,
    PhoneTaken,
    TicketInvalid,
)
from cosign.accounts.model import TRANSITIONS, Account, AccountState, IdentityKind, network_of
from cosign.accounts.usecases.cancel import decide
from cosign.accounts.usecases.identities import acting_identity, person_behind
from cosign.api.v1 import account_pb2 as pb
from cosign.api.v1 import appeal_pb2, code_pb2
from cosign.errors import FieldInvalid, RequestIdReused, ResourceNotFound, SessionEnded
from cosign.messages import MessageKind
from tests.cosign.accounts.world import NUMBER, OTHER, PASSWORD, Context, TestPhone, World
from tests.support.clear_text import assert_absent, dump

ZB = "zb"
"""Offers cancellation and appeal."""
NAME = "张某某"
DOCUMENT = "110101199003079991"
CHANGE = code_pb2.CODE_PURPOSE_CHANGE_NUMBER


def verify(world: World, phone: TestPhone) -> None:
    world.do(
        lambda unit: mark_verified(
            unit, account_id=phone.account_id, person_id="per_" + "0" * 26, name=NAME, document_number=DOCUMENT
        )
    )


@pytest.mark.parametrize("state", list(AccountState))
def test_an_account_refuses_transitions_that_do_not_exist(world: World, state: AccountState) -> None:
    """Section 3.12."""
    account = Account(account_id="acc_x", brand=ZB, state=state, created_at=world.clock.now())
    for target in AccountState:
        if target in TRANSITIONS[state]:
            account.check_becomes(target)
        else:
            with pytest.raises(AccountStateRefused):
                account.check_becomes(target)


async def test_the_profile_is_masked_and_verified_data_are_locked(world: World) -> None:
    """R-ACC-20: get / update; a verified name changes only by another verification."""
    phone = await world.account(password=PASSWORD)

    async def update(**fields: str) -> pb.Profile:
        request = pb.UpdateProfileRequest(request_id=str(uuid.uuid4()), **fields)
        return (await world.accounts.UpdateProfile(request, phone.context)).profile

    profile = await update(name="欧阳某某")
    assert (profile.phone_number_masked, profile.name_masked) == ("138****0001", "欧阳**")
    assert (profile.has_password, profile.verified) == (True, False)
    for fields in ({"name": ""}, {"name": "a\nb"}, {"name": "x" * 65}, {"avatar_upload_id": "upl_no"}):
        with pytest.raises(FieldInvalid):
            await update(**fields)
    verify(world, phone)
    with pytest.raises(FieldLocked):
        await update(name="另一个")
    got = (await world.accounts.GetProfile(pb.GetProfileRequest(), phone.context)).profile
    assert (got.verified, got.name_masked) == (True, "张**")
    assert_absent(dump(world.engine), NUMBER, NAME, DOCUMENT, PASSWORD, phone.session.access_token)


async def test_an_update_is_done_once_per_request_id(world: World) -> None:
    phone = await world.account()
    request = pb.UpdateProfileRequest(request_id=str(uuid.uuid4()), name="甲某")
    first = await world.accounts.UpdateProfile(request, phone.context)
    assert await world.accounts.UpdateProfile(request, phone.context) == first
    request.name = "乙某"
    with pytest.raises(RequestIdReused):
        await world.accounts.UpdateProfile(request, phone.context)


async def test_identities_are_switched_and_end(world: World) -> None:
    """R-ACC-16: list, select, the session carries the acting identity; removed while in use."""
    phone, other = await world.account(), await world.account(OTHER)
    enterprise = "ent_" + "0" * 26

    def give(account_id: str) -> str:
        made = world.do(
            lambda unit: give_identity(
                unit,
                account_id=account_id,
                kind=IdentityKind.ADMINISTRATOR,
                enterprise_id=enterprise,
                clock=world.clock,
            )
        )
        return str(made.identity_id)

    mine, foreign = give(phone.account_id), give(other.account_id)

    async def acting() -> list[str]:
        listed = await world.accounts.ListIdentities(pb.ListIdentitiesRequest(), phone.context)
        return [one.identity_id for one in listed.identities if one.acting]

    assert await acting() == [phone.account_id]
    for identity_id in (foreign, "idn_" + "0" * 26, other.account_id, ""):
        with pytest.raises(ResourceNotFound):
            await world.accounts.SwitchIdentity(pb.SwitchIdentityRequest(identity_id=identity_id), phone.context)
    await world.accounts.SwitchIdentity(pb.SwitchIdentityRequest(identity_id=mine), phone.context)
    assert await acting() == [mine]
    phone.session = await phone.refresh()
    principal = await world.principal(phone.context)
    assert principal.acting == mine
    assert world.do(lambda unit: acting_identity(unit, principal)).kind is IdentityKind.ADMINISTRATOR
    world.do(lambda unit: end_identity(unit, identity_id=mine, clock=world.clock))
    with pytest.raises(ResourceNotFound):
        world.do(lambda unit: acting_identity(unit, principal))
    assert await acting() == [phone.account_id]


async def test_the_mode_is_one_of_the_brands(world: World) -> None:
    """R-ACC-17."""
    phone = await world.account()
    with pytest.raises(FieldInvalid):
        await world.accounts.SelectMode(pb.SelectModeRequest(mode="none"), phone.context)
    mode = world.brands.policy("bzt").modes[0].value
    await world.accounts.SelectMode(pb.SelectModeRequest(mode=mode), phone.context)
    assert (await world.accounts.GetProfile(pb.GetProfileRequest(), phone.context)).profile.mode == mode


async def test_what_needs_a_verified_user_says_so(world: World) -> None:
    """R-ACC-32: IDV_REQUIRED with a pointer to the allowed methods; a guest has no principal at all."""
    phone = await world.account()
    principal = await world.principal(phone.context)
    with pytest.raises(IdvRequired) as needed:
        world.do(lambda unit: person_behind(unit, principal))
    assert needed.value.metadata["methods"]
    verify(world, phone)
    assert world.do(lambda unit: person_behind(unit, principal)).startswith("per_")
    with pytest.raises(SessionEnded):
        await world.accounts.GetProfile(pb.GetProfileRequest(), Context())
    with pytest.raises(SessionEnded):
        await world.accounts.CancelAccount(pb.CancelAccountRequest(), Context())


async def test_the_number_changes_with_both_numbers(world: World) -> None:
    """R-ACC-33: prove the old one and the new one; the new one is unused; all sessions end; the account stays."""
    phone = await world.account(password=PASSWORD)
    await world.account(f"137{3:08d}")

    async def change(old: str, new: str) -> None:
        request = pb.ChangePhoneNumberRequest(request_id=str(uuid.uuid4()), old_ticket=old, new_ticket=new)
        await world.accounts.ChangePhoneNumber(request, phone.context)

    old, new = await world.ticket(CHANGE), await world.ticket(CHANGE, OTHER)
    with pytest.raises(TicketInvalid):
        await change(new, old)
    with pytest.raises(TicketInvalid):
        await change(old, "made-up")
    with pytest.raises(PhoneTaken):
        await change(old, await world.ticket(CHANGE, f"137{3:08d}"))
    await change(old, new)
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    account_id = phone.account_id
    await phone.login_password(number=OTHER)
    assert phone.account_id == account_id
    assert MessageKind.PHONE_NUMBER_CHANGED in world.told(account_id)
    assert_absent(dump(world.engine), NUMBER, OTHER)


async def cancelled(world: World, *, verified: bool = True) -> TestPhone:
    phone = await world.account(brand=ZB)
    if verified:
        verify(world, phone)
    request = pb.CancelAccountRequest(ticket=await phone.step_up(brand=ZB), reason="no more use")
    await world.accounts.CancelAccount(request, phone.context)
    world.clock.forward(seconds=61)
    return phone


async def test_a_cancellation_ends_everything(world: World) -> None:
    """R-ACC-25: sessions ended, shares destroyed, number free; blockers are listed one by one."""

    class Order:
        def blockers(self, unit: object, account_id: str) -> list[str]:
            return blocking

    blocking = ["open_order", "sole_administrator"]
    world.calls.blockers.append(Order())  # type: ignore[attr-defined]
    phone = await world.account(brand=ZB)
    ticket = await phone.step_up(brand=ZB)
    request = pb.CancelAccountRequest(ticket=ticket)
    with pytest.raises(CancellationBlocked) as blocked:
        await world.accounts.CancelAccount(request, phone.context)
    assert blocked.value.metadata["blockers"] == "open_order,sole_administrator"
    blocking.clear()
    with pytest.raises(TicketInvalid):
        await world.accounts.CancelAccount(pb.CancelAccountRequest(ticket="made-up"), phone.context)
    await world.accounts.CancelAccount(request, phone.context)
    assert world.signing.unbound == [phone.session.device_id]
    for call in (phone.refresh, lambda: world.principal(phone.context)):
        with pytest.raises(SessionEnded):
            await call()
    account = world.do(lambda unit: unit.accounts.get(phone.account_id))
    assert (account.state, account.password_hash) == (AccountState.CANCELLED, "")
    world.clock.forward(seconds=61)
    again = world.phone()
    await again.login_sms(brand=ZB)
    assert again.session.registered
    assert_absent(dump(world.engine), NUMBER)


async def test_an_appeal_brings_the_account_back_without_its_keys(world: World) -> None:
    """R-ACC-26: tombstone matched by number, name and document; decided once; keys are not restored."""
    phone = await cancelled(world)
    purpose = code_pb2.CODE_PURPOSE_APPEAL

    async def ask(name: str = NAME, document: str = DOCUMENT) -> appeal_pb2.AppealAccountResponse:
        ticket = await world.ticket(purpose, brand=ZB)
        world.clock.forward(seconds=61)
        request = appeal_pb2.AppealAccountRequest(ticket=ticket, name=name, document_number=document)
        return await world.appeals.AppealAccount(request, Context())

    for name, document in (("李某某", DOCUMENT), (NAME, "110101199003079993")):
        with pytest.raises(AppealNoMatch):
            await ask(name, document)
    opened = await ask(document=f" {DOCUMENT} ")
    with pytest.raises(AppealOpen):
        await ask()

    async def state(secret: str) -> int:
        request = appeal_pb2.GetAppealRequest(appeal_id=opened.appeal_id, appeal_secret=secret)
        return (await world.appeals.GetAppeal(request, Context())).state

    assert await state(opened.appeal_secret) == appeal_pb2.APPEAL_STATE_IN_REVIEW
    with pytest.raises(ResourceNotFound):
        await state("made-up")

    def decided(accept: bool) -> AppealState:
        answer = world.do(
            lambda unit: decide(unit, appeal_id=opened.appeal_id, accept=accept, reason="seen", clock=world.clock)
        )
        return AppealState(answer.state)

    assert decided(True) is AppealState.ACCEPTED
    with pytest.raises(AccountStateRefused):
        decided(False)
    assert await state(opened.appeal_secret) == appeal_pb2.APPEAL_STATE_ACCEPTED
    back = world.phone()
    await back.login_sms(brand=ZB)
    assert (back.account_id, back.session.registered) == (phone.account_id, False)
    assert back.session.device_id != phone.session.device_id
    assert MessageKind.APPEAL_DECIDED in world.told(phone.account_id)


async def test_who_was_never_verified_cannot_appeal(world: World) -> None:
    """R-ACC-26: never verified; a refused appeal leaves the account cancelled."""
    await cancelled(world, verified=False)
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_APPEAL, brand=ZB)
    request = appeal_pb2.AppealAccountRequest(ticket=ticket, name=NAME, document_number=DOCUMENT)
    with pytest.raises(AppealNoMatch):
        await world.appeals.AppealAccount(request, Context())


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::/64", "2001:db8:1::/48"), ("unix", "local"), ("", "local")],
)
def test_a_history_does_not_name_a_subscriber(address: str, network: str) -> None:
    assert network_of(address) == network
