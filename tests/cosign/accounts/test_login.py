"""Registration and login (R-ACC-03 to R-ACC-09, R-ACC-15, R-ACC-18, R-ACC-19)."""

import asyncio

import pytest

from cosign.accounts.faults import (
    AccountSuspended,
    AccountUnknown,
    LoginFailed,
    LoginLocked,
    LoginMethodOff,
    PasswordWeak,
    PhoneTaken,
    TicketInvalid,
)
from cosign.accounts.model import AccountState
from cosign.accounts.usecases.staff import suspend, unlock_account
from cosign.api.v1 import code_pb2, login_pb2
from cosign.brands import DocumentKind, LoginFactors, LoginMethod, PasswordStep
from cosign.brands.model import Text
from cosign.content.faults import ConsentRequired
from cosign.content.repository import SqlContentUnit
from cosign.content.usecases.documents import draft_document, publish_document
from cosign.errors import DeviceKeyTaken, ProofReplayed, SessionEnded
from cosign.messages import MessageKind
from cosign.store.unit_of_work import writing
from protocol.errors import DeviceProofInvalid
from tests.cosign.accounts.world import BRAND, NUMBER, OTHER, PASSWORD, Context, TestPhone, World

LOGIN = code_pb2.CODE_PURPOSE_LOGIN


def state_of(world: World, phone: TestPhone) -> AccountState:
    account = world.do(lambda unit: unit.accounts.get(phone.account_id))
    return AccountState(account.state)


async def test_an_unknown_number_gets_an_account_at_its_first_login(world: World) -> None:
    """R-ACC-03, R-ACC-08: unknown phone, create account, log in; later logins are to the same account."""
    phone = world.phone()
    await phone.login_sms()
    assert phone.session.registered
    principal = await world.principal(phone.context)
    assert (principal.account_id, principal.device_id) == (phone.account_id, phone.session.device_id)
    assert state_of(world, phone) is AccountState.ACTIVE
    world.clock.forward(seconds=61)
    account_id = phone.account_id
    await phone.login_sms()
    assert (phone.account_id, phone.session.registered) == (account_id, False)
    assert world.signing.opened == [(phone.session.device_id, account_id)]


async def test_a_brand_without_automatic_registration_says_so_after_the_proof(world: World) -> None:
    """R-ACC-04: BXQ registers explicitly, with a password, and is logged in at once."""
    with pytest.raises(AccountUnknown):
        await world.phone().login_sms(brand="bxq")
    phone = world.phone()
    with pytest.raises(PasswordWeak) as weak:
        await phone.register(password="short", confirmation="other")
    assert set(weak.value.metadata["rules"].split(",")) >= {"too_short", "upper_missing", "confirmation_differs"}
    world.clock.forward(seconds=61)
    await phone.register()
    assert phone.session.registered
    world.clock.forward(seconds=61)
    with pytest.raises(PhoneTaken):
        await world.phone().register()
    await world.phone().login_password(brand="bxq")


async def test_the_brand_may_demand_a_password_before_anything_else(world: World) -> None:
    """R-ACC-03, R-ACC-06: NET: REGISTERED until the forced password is set; no session before."""
    phone = world.phone()
    world.brands.change("net", "codes", captcha_before_sms=False)
    answer = await phone.login_sms(brand="net")
    assert not answer.HasField("session")
    assert answer.half.step == login_pb2.SECOND_STEP_FIRST_PASSWORD
    assert world.signing.opened == []

    async def choose(password: str) -> None:
        request = login_pb2.ChooseFirstPasswordRequest(
            ticket=answer.half.ticket,
            password=password,
            confirmation=password,
            device=phone.device("ChooseFirstPassword", answer.half.ticket),
        )
        phone.session = (await world.logins.ChooseFirstPassword(request, Context())).session

    with pytest.raises(PasswordWeak):
        await choose("alllower")
    await choose(PASSWORD)
    assert state_of(world, phone) is AccountState.ACTIVE
    with pytest.raises(TicketInvalid):
        await choose("Other7Words!")


async def test_two_steps(world: World) -> None:
    """R-ACC-09: the code gives a half-session that reaches the password and nothing else."""
    world.brands.change(BRAND, "login", factors=LoginFactors.SMS_THEN_PASSWORD)
    phone = await world.account(password=PASSWORD)
    second = world.phone()
    answer = await second.login_sms()
    assert answer.half.step == login_pb2.SECOND_STEP_PASSWORD
    with pytest.raises(SessionEnded):
        await world.principal(Context(answer.half.ticket))
    with pytest.raises(TicketInvalid):
        await second.login_sms(ticket=answer.half.ticket)

    async def enter(password: str, ticket: str = answer.half.ticket) -> None:
        request = login_pb2.EnterPasswordRequest(
            ticket=ticket, password=password, device=second.device("EnterPassword", ticket)
        )
        second.session = (await world.logins.EnterPassword(request, Context())).session

    with pytest.raises(LoginFailed):
        await enter("Wrong7Words!")
    with pytest.raises(TicketInvalid):
        await enter(PASSWORD, "made-up")
    await enter(PASSWORD)
    assert second.account_id == phone.account_id
    with pytest.raises(TicketInvalid):
        await enter(PASSWORD)
    with pytest.raises(LoginMethodOff):
        await world.phone().login_password()


async def test_two_steps_the_other_way_round(world: World) -> None:
    """R-ACC-09, section 7-1: the option password, then code."""
    phone = await world.account(password=PASSWORD)
    world.brands.change(BRAND, "login", factors=LoginFactors.PASSWORD_THEN_SMS)
    second = world.phone()
    answer = await second.login_password()
    assert answer.half.step == login_pb2.SECOND_STEP_CODE
    other = await world.ticket(LOGIN, OTHER)
    mine = await world.ticket(LOGIN)
    for code_ticket in (other, mine):
        request = login_pb2.EnterCodeRequest(
            ticket=answer.half.ticket,
            code_ticket=code_ticket,
            device=second.device("EnterCode", answer.half.ticket),
        )
        if code_ticket == other:
            with pytest.raises(TicketInvalid):
                await world.logins.EnterCode(request, Context())
        else:
            second.session = (await world.logins.EnterCode(request, Context())).session
    assert second.account_id == phone.account_id


async def test_who_forgot_the_password_may_reset_it_from_the_half_session(world: World) -> None:
    """R-ACC-09, R-ACC-18: "forgot password" on the page of the second step; the number is proved already."""
    world.brands.change(BRAND, "login", factors=LoginFactors.SMS_THEN_PASSWORD)
    await world.account(password=PASSWORD)
    second = world.phone()
    half = (await second.login_sms()).half
    request = login_pb2.ResetPasswordRequest(
        ticket=half.ticket, new_password="Green8Boats!", confirmation="Green8Boats!"
    )
    await world.logins.ResetPassword(request, Context())
    world.clock.forward(seconds=61)
    half = (await second.login_sms()).half
    enter = login_pb2.EnterPasswordRequest(
        ticket=half.ticket, password="Green8Boats!", device=second.device("EnterPassword", half.ticket)
    )
    assert (await world.logins.EnterPassword(enter, Context())).HasField("session")


async def test_half_sessions_end(world: World) -> None:
    """R-ACC-09: half-session expired."""
    world.brands.change(BRAND, "login", factors=LoginFactors.SMS_THEN_PASSWORD)
    await world.account(password=PASSWORD)
    second = world.phone()
    answer = await second.login_sms()
    world.clock.forward(seconds=300)
    request = login_pb2.EnterPasswordRequest(
        ticket=answer.half.ticket, password=PASSWORD, device=second.device("EnterPassword", answer.half.ticket)
    )
    with pytest.raises(TicketInvalid):
        await world.logins.EnterPassword(request, Context())


async def test_unknown_number_and_wrong_password_are_one_answer_after_the_same_work(world: World) -> None:
    """R-ACC-07: same message; the same number of slow hashes, whoever is asked for."""
    await world.account(password=PASSWORD)
    seen = []
    for number, password in ((NUMBER, "Wrong7Words!"), (OTHER, PASSWORD), (OTHER, "")):
        before = world.passwords.compared
        with pytest.raises(LoginFailed) as failed:
            await world.phone().login_password(password or "x", number)
        seen.append((str(failed.value), failed.value.metadata, world.passwords.compared - before))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][2] == 1


@pytest.mark.parametrize("number", [NUMBER, OTHER])
async def test_five_failures_lock_known_and_unknown_numbers_alike(world: World, number: str) -> None:
    """R-ACC-07, section 3.12: 5 in 15 min; credential stuffing of one number."""
    phone = await world.account(password=PASSWORD)
    for _ in range(5):
        with pytest.raises(LoginFailed):
            await world.phone().login_password("Wrong7Words!", number)
    with pytest.raises(LoginLocked) as locked:
        await world.phone().login_password(PASSWORD, number)
    assert locked.value.retry_after_ms == 900_000
    if number == NUMBER:
        assert state_of(world, phone) is AccountState.LOCKED
        assert MessageKind.LOGIN_LOCKED in world.told(phone.account_id)
    world.clock.forward(seconds=901)
    if number == NUMBER:
        await world.phone().login_password()
        assert state_of(world, phone) is AccountState.ACTIVE


async def test_guesses_at_once_do_not_get_more_attempts(world: World) -> None:
    """R-ACC-07: an attempt is charged before the password is compared."""
    await world.account(password=PASSWORD)
    tries = [world.phone().login_password("Wrong7Words!") for _ in range(12)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, LoginFailed) for answer in answers) == 5
    assert sum(isinstance(answer, LoginLocked) for answer in answers) == 7


async def test_stuffing_many_numbers_from_one_address_locks_the_address(world: World) -> None:
    """R-ACC-07: per address; another address is not touched."""
    await world.account(password=PASSWORD)
    for number in range(20):
        with pytest.raises(LoginFailed):
            await world.phone().login_password("Wrong7Words!", f"137{number:08d}")
    with pytest.raises(LoginLocked):
        await world.phone().login_password()
    elsewhere = world.phone()
    elsewhere.address = "198.51.100.9"
    await elsewhere.login_password()


async def test_right_logins_are_not_charged(world: World) -> None:
    await world.account(password=PASSWORD)
    for _ in range(30):
        phone = world.phone()
        world.brands.change(BRAND, "devices", most=100)
        await phone.login_password()


async def test_a_proved_number_opens_a_locked_account(world: World) -> None:
    """Section 3.12: LOCKED, time over or reset, ACTIVE."""
    phone = await world.account(password=PASSWORD)
    for _ in range(5):
        with pytest.raises(LoginFailed):
            await world.phone().login_password("Wrong7Words!")
    await phone.login_sms()
    assert state_of(world, phone) is AccountState.ACTIVE
    await phone.login_password()


async def test_a_suspended_account_takes_no_login(world: World) -> None:
    """Section 3.12, R-ADM-24: staff stop and release an account; its devices rest meanwhile."""
    phone = await world.account(password=PASSWORD)
    device_id = phone.session.device_id
    world.do(lambda unit: suspend(unit, account_id=phone.account_id))
    assert world.directory.public_keys([device_id]) == {}
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    with pytest.raises(LoginFailed):
        await phone.login_password("Wrong7Words!")
    with pytest.raises(AccountSuspended):
        await phone.login_password()
    with pytest.raises(AccountSuspended):
        await phone.login_sms()
    world.do(lambda unit: unlock_account(unit, account_id=phone.account_id))
    world.clock.forward(seconds=61)
    await phone.login_sms()
    assert phone.session.device_id == device_id
    assert list(world.directory.public_keys([device_id])) == [device_id]


async def test_methods_the_brand_does_not_offer(world: World) -> None:
    """R-ACC-07, R-ACC-08: the policy decides, not the brand's name."""
    world.brands.change(BRAND, "login", methods=(LoginMethod.ONE_TAP,))
    with pytest.raises(LoginMethodOff):
        await world.phone().login_sms()
    with pytest.raises(LoginMethodOff):
        await world.phone().login_password()
    world.brands.change(BRAND, "registration", explicit=False, password=PasswordStep.NONE)
    with pytest.raises(LoginMethodOff):
        await world.phone().register(brand=BRAND)


async def test_consents_are_needed_and_kept(world: World) -> None:
    """R-ACC-15: refused with the list of what is missing; nothing is left of a refused login."""
    world.brands.change(BRAND, "agreements", login=(DocumentKind.USER_AGREEMENT,))
    document_id = publish(world)
    phone = world.phone()
    ticket = await world.ticket(LOGIN)
    with pytest.raises(ConsentRequired) as refused:
        await phone.login_sms(ticket=ticket)
    assert refused.value.metadata["documents"] == document_id
    assert world.do(lambda unit: unit.accounts.by_number(BRAND, f"+86{NUMBER}")) is None
    request = login_pb2.LoginSmsRequest(
        ticket=ticket,
        device=phone.device("LoginSms", ticket),
        accepted=[login_pb2.AcceptedDocument(document_id=document_id)],
    )
    phone.session = (await world.logins.LoginSms(request, Context())).session
    world.clock.forward(seconds=61)
    await phone.login_sms()


async def test_a_proof_is_of_this_key_this_call_and_used_once(world: World) -> None:
    """R-ACC-21: missing or forged device signature; another account's device key."""
    phone, thief = await world.account(password=PASSWORD), world.phone()
    device = phone.device("LoginPassword", BRAND, NUMBER)
    request = login_pb2.LoginPasswordRequest(brand=BRAND, phone_number=NUMBER, password=PASSWORD, device=device)
    await world.logins.LoginPassword(request, Context())
    with pytest.raises(ProofReplayed):
        await world.logins.LoginPassword(request, Context())
    for wrong in (
        phone.device("LoginSms", BRAND, NUMBER),
        phone.device("LoginPassword", BRAND, OTHER),
        thief.device("LoginPassword", BRAND, NUMBER),
    ):
        wrong.public_key = phone.key.public_key
        request.device.CopyFrom(wrong)
        with pytest.raises(DeviceProofInvalid):
            await world.logins.LoginPassword(request, Context())
    other = world.phone()
    other.key = phone.key
    with pytest.raises(DeviceKeyTaken):
        await other.login_sms(OTHER)


def publish(world: World) -> str:
    """Publishes a user agreement for the brand; returns its id."""
    with writing(world.engine) as connection:
        unit = SqlContentUnit(connection, trail=world.trail)
        text = Text(zh="协议", en="Agreement")
        kind = DocumentKind.USER_AGREEMENT
        document = draft_document(unit, brand=BRAND, kind=kind, title=text, body=text, clock=world.clock)
        publish_document(unit, document_id=document.document_id, clock=world.clock)
    return document.document_id
