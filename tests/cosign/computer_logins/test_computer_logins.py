"""Logins of computers that a phone approves (R-ACC-29, R-TASK-03, R-TASK-04: the shape of QR codes)."""

import asyncio

import pytest

from cosign import ids
from cosign.accounts.credentials import CredentialState, LoginCredential, login_digest
from cosign.accounts.faults import LoginMethodOff
from cosign.accounts.usecases.staff import suspend
from cosign.api.v1 import account_pb2, session_pb2
from cosign.api.v1 import computer_login_pb2 as pb
from cosign.audit.model import AuditEvent
from cosign.brands import ComputerConfirmation, LoginMethod
from cosign.computer_logins.faults import (
    ComputerLoginStateRefused,
    ComputerNumberWrong,
    ConfirmationNeeded,
    QrExpired,
    QrTaken,
    QrUnknown,
)
from cosign.computer_logins.model import TRANSITIONS, ComputerLogin, ComputerLoginState
from cosign.computer_logins.repository import sweep
from cosign.computer_logins.usecases.approve import PIN_LABEL
from cosign.errors import ConcurrentOperation, ProofReplayed, ResourceNotFound, SessionEnded
from cosign.messages import MessageKind
from cosign.store.unit_of_work import writing
from protocol.errors import DeviceProofInvalid
from tests.cosign.accounts.keys import Sm2Key
from tests.cosign.accounts.world import OTHER, World
from tests.cosign.computer_logins.computers import BRAND, SERVICE, Desk
from tests.support.clear_text import assert_absent, dump


@pytest.mark.parametrize("state", list(ComputerLoginState))
def test_a_login_refuses_transitions_that_do_not_exist(state: ComputerLoginState, world: World) -> None:
    now = world.clock.now()
    login = ComputerLogin(
        login_id="cpl_x", brand=BRAND, state=state, label="", network="local", created_at=now, expires_at=now
    )
    for target in ComputerLoginState:
        if target in TRANSITIONS[state]:
            login.check_becomes(target)
        else:
            with pytest.raises(ComputerLoginStateRefused):
                login.check_becomes(target)
    assert login.at(now) is (ComputerLoginState.EXPIRED if TRANSITIONS[state] else state)


async def test_a_phone_lets_a_computer_in(world: World, desk: Desk) -> None:
    """R-ACC-29: scan shows what asks and from where; the session is new, the computer's own, and opens nothing else."""
    phone = await world.account()
    computer = await desk.computer()
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_WAITING
    seen = await desk.scan(phone, computer)
    assert (seen.label, seen.network) == ("Browser 120 on Desk", "198.51.100.0/24")
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_SCANNED
    assert (await desk.scan(phone, computer)).login_id == seen.login_id
    await desk.confirm(phone, computer)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_CONSUMED
    who = await computer.who()
    assert (who.account_id, who.phone_number_masked, who.verified) == (phone.account_id, "138****0001", False)
    for bearer in (computer.session.access_token, computer.begun.secret):
        with pytest.raises(SessionEnded):
            await world.session_directory.caller(bearer)
    with pytest.raises(SessionEnded):
        await desk.callers.principal(phone.context)
    (login, *_) = world.do(lambda unit: unit.sessions.logins(phone.account_id, before="", limit=5))
    assert (login.method, login.result, login.network) == ("computer", "ok", "198.51.100.0/24")
    assert MessageKind.COMPUTER_LOGIN in world.told(phone.account_id)
    assert (AuditEvent.COMPUTER_LOGIN, "confirmed") in world.events()
    assert desk.counted == [("computer", "ok")]
    begun = computer.begun
    assert_absent(dump(world.engine), begun.secret, begun.qr_text, computer.session.access_token, "198.51.100")


async def test_a_session_is_given_once_and_to_the_computer_that_began(world: World, desk: Desk) -> None:
    """Session fixation: the QR code alone, another secret, or a second call get nothing."""
    phone = await world.account()
    computer, other = await desk.computer(), await desk.computer()
    await desk.scan(phone, computer)
    await desk.confirm(phone, computer)
    for secret in (other.begun.secret, computer.begun.qr_text):
        with pytest.raises(ResourceNotFound):
            await computer.watch(secret=secret)
    found = await asyncio.gather(*(computer.watch() for _ in range(3)), return_exceptions=True)
    given = [one for one in found if one == pb.COMPUTER_LOGIN_STATE_CONSUMED]
    assert len(given) >= 1
    assert len(await desk.computers(phone)) == 1
    assert all(isinstance(one, int | ConcurrentOperation | ComputerLoginStateRefused) for one in found)


async def test_a_code_is_for_one_phone_of_its_brand_and_for_minutes(world: World, desk: Desk) -> None:
    """R-TASK-03, R-TASK-04: unknown, scanned by somebody else, expired."""
    phone, stranger = await world.account(), await world.account(OTHER)
    zb = await world.account(brand="zb")
    await phone.login_sms()
    computer = await desk.computer()
    with pytest.raises(QrUnknown):
        await desk.scan(zb, computer)
    await desk.scan(phone, computer)
    with pytest.raises(QrTaken):
        await desk.scan(stranger, computer)
    for act in (desk.confirm, desk.refuse):
        with pytest.raises(ResourceNotFound):
            await act(stranger, computer)
    await desk.refuse(phone, computer)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_REFUSED
    with pytest.raises(ComputerLoginStateRefused):
        await desk.confirm(phone, computer)
    with pytest.raises(QrExpired):
        await desk.scan(phone, computer)
    computer.begun.qr_text = computer.begun.qr_text[:-1] + "!"
    with pytest.raises(QrUnknown):
        await desk.scan(phone, computer)
    waiting, scanned, confirmed = await desk.computer(), await desk.computer(), await desk.computer()
    for one in (scanned, confirmed):
        await desk.scan(phone, one)
    await desk.confirm(phone, confirmed)
    world.clock.forward(seconds=120)
    with pytest.raises(QrExpired):
        await desk.scan(phone, waiting)
    with pytest.raises(QrExpired):
        await desk.confirm(phone, scanned)
    for one in (waiting, scanned, confirmed):
        assert await one.watch() == pb.COMPUTER_LOGIN_STATE_EXPIRED
    assert await desk.computers(phone) == []


async def test_the_number_ties_the_phone_to_the_computer(world: World, desk: Desk) -> None:
    """QR phishing: who does not see the computer does not know its number; three guesses end the login."""
    phone = await world.account()
    computer = await desk.computer()
    await desk.scan(phone, computer)
    wrong = "10" if computer.begun.number != "10" else "11"
    for _ in range(2):
        with pytest.raises(ComputerNumberWrong):
            await desk.confirm(phone, computer, number=wrong)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_SCANNED
    with pytest.raises(ComputerNumberWrong):
        await desk.confirm(phone, computer, number=wrong)
    assert await computer.watch() == pb.COMPUTER_LOGIN_STATE_REFUSED
    with pytest.raises(ComputerLoginStateRefused):
        await desk.confirm(phone, computer)


async def test_a_confirmation_needs_the_device_key(world: World, desk: Desk) -> None:
    """A stolen bearer token lets no computer in; a proof is good once and for one login."""
    phone, thief = await world.account(), world.phone()
    first, second = await desk.computer(), await desk.computer()
    for one in (first, second):
        await desk.scan(phone, one)
    thief.session = phone.session
    with pytest.raises(DeviceProofInvalid):
        await desk.confirm(thief, first)
    login_id, number = first.begun.login_id, first.begun.number
    proof = phone.proof(f"{SERVICE}/ConfirmComputerLogin", login_id.encode(), number.encode())
    request = pb.ConfirmComputerLoginRequest(login_id=second.begun.login_id, number=number, proof=proof)
    with pytest.raises(DeviceProofInvalid):
        await desk.servicer.ConfirmComputerLogin(request, phone.context)
    request.login_id = login_id
    request.number = number
    await desk.servicer.ConfirmComputerLogin(request, phone.context)
    with pytest.raises((ProofReplayed, ComputerLoginStateRefused)):
        await desk.servicer.ConfirmComputerLogin(request, phone.context)


async def test_the_brand_may_ask_for_the_pin(world: World, desk: Desk) -> None:
    """R-ACC-24, R-TASK-07: a co-signature over this login, which only the PIN makes."""
    world.brands.change(BRAND, "computers", confirmation=ComputerConfirmation.PIN)
    phone, key = await world.account(), Sm2Key()
    key_id = ids.new_id(ids.KEY, world.clock.now_ms())
    credential = LoginCredential(
        key_id=key_id,
        account_id=phone.account_id,
        device_id=phone.session.device_id,
        suite="SM2",
        public_key=key.public_key,
        state=CredentialState.USABLE,
    )
    world.credentials.known[key_id] = credential
    computer, other = await desk.computer(), await desk.computer()
    seen = await desk.scan(phone, computer)
    await desk.scan(phone, other)
    assert seen.confirmation == pb.COMPUTER_CONFIRMATION_PIN
    signature = key.sign(login_digest(credential, computer.begun.login_id.encode(), BRAND, label=PIN_LABEL))
    with pytest.raises(ConfirmationNeeded) as needed:
        await desk.confirm(phone, other, signature=signature, key_id=key_id)
    assert needed.value.metadata == {"confirmation": "pin"}
    await desk.confirm(phone, computer, signature=signature, key_id=key_id)
    world.brands.change(BRAND, "computers", confirmation=ComputerConfirmation.BIOMETRIC)
    with pytest.raises(ConfirmationNeeded):
        await desk.confirm(phone, other, signature=signature)


async def test_computers_are_listed_and_ended(world: World, desk: Desk) -> None:
    """R-ACC-29: list and end from the phone, log out on the computer; the oldest one makes room."""
    world.brands.change(BRAND, "computers", most=2)
    phone, stranger = await world.account(), await world.account(OTHER)
    await phone.login_sms()
    computers = []
    for _ in range(3):
        computers.append(await desk.let_in(phone))
        world.clock.forward(seconds=1)
    listed = await desk.computers(phone)
    assert [one.computer_id for one in listed] == [one.session.computer_id for one in reversed(computers[1:])]
    with pytest.raises(SessionEnded):
        await computers[0].who()
    request = pb.EndComputerRequest(computer_id=computers[1].session.computer_id)
    with pytest.raises(ResourceNotFound):
        await desk.servicer.EndComputer(request, stranger.context)
    await desk.servicer.EndComputer(request, phone.context)
    with pytest.raises(SessionEnded):
        await computers[1].who()
    await desk.servicer.LogoutComputer(pb.LogoutComputerRequest(), computers[2].context)
    assert await desk.computers(phone) == []


@pytest.mark.parametrize("how", ["logout", "revoked", "suspended", "time"])
async def test_what_ends_the_phones_login_ends_the_computer(world: World, desk: Desk, how: str) -> None:
    """R-ACC-29: the computer's session lives no longer than the login that approved it."""
    phone = await world.account()
    waiting = await desk.computer()
    await desk.scan(phone, waiting)
    await desk.confirm(phone, waiting)
    computer = await desk.let_in(phone)
    if how == "logout":
        await world.sessions.Logout(session_pb2.LogoutRequest(), phone.context)
    elif how == "revoked":
        other = world.phone()
        await other.login_sms()
        await world.accounts.RevokeSessions(account_pb2.RevokeSessionsRequest(), other.context)
    elif how == "suspended":
        world.do(lambda unit: suspend(unit, account_id=phone.account_id))
    else:
        world.clock.forward(minutes=480)
    with pytest.raises(SessionEnded):
        await computer.who()
    if how == "time":
        with writing(world.engine) as connection:
            sweep(connection, world.clock.now())
        with pytest.raises(ResourceNotFound):
            await waiting.watch()
    else:
        with pytest.raises(SessionEnded):
            await waiting.watch()


async def test_a_brand_without_the_way_shows_no_code(world: World, desk: Desk) -> None:
    world.brands.change(BRAND, "login", methods=(LoginMethod.SMS,))
    with pytest.raises(LoginMethodOff):
        await desk.computer()
