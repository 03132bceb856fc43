"""Sessions: refresh, reuse, theft, fixation, log out (R-ACC-27, R-ACC-29)."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import event

from cosign.accounts.faults import SessionReplaced
from cosign.accounts.tokens import read_token
from cosign.api.v1 import account_pb2, session_pb2
from cosign.audit.model import AuditEvent
from cosign.devices.directory import SessionDirectory
from cosign.devices.model import DeviceProof, request_hash
from cosign.devices.usecases.open_session import prove
from cosign.errors import ClockSkew, LoginRequired, ProofReplayed, SessionEnded
from cosign.messages import MessageKind
from cosign.store.unit_of_work import reading
from cosign.store.waker import LocalWaker
from protocol.errors import DeviceProofInvalid
from tests.cosign.accounts.world import BRAND, PASSWORD, Context, TestPhone, World
from tests.cosign.devices.fakes import session_request


async def logout(world: World, phone: TestPhone) -> None:
    await world.sessions.Logout(session_pb2.LogoutRequest(), phone.context)


async def test_a_refresh_brings_two_new_tokens(world: World) -> None:
    """R-ACC-29: access token (short), refresh token (rotating)."""
    phone = await world.account()
    first = phone.session
    second = await phone.refresh()
    assert second.session_id == first.session_id
    assert len({first.access_token, second.access_token, first.refresh_token, second.refresh_token}) == 4
    for token in (first.access_token, second.access_token):
        assert (await world.principal(Context(token))).session_id == first.session_id
    world.clock.forward(minutes=15)
    for token in (first.access_token, second.access_token):
        with pytest.raises(SessionEnded):
            await world.principal(Context(token))


async def test_a_replaced_token_ends_the_family(world: World) -> None:
    """R-ACC-29: replay of an old refresh token ends the family; audited, and the user is told."""
    phone = await world.account()
    stolen = phone.session.refresh_token
    phone.session = await phone.refresh()
    phone.session = await phone.refresh()
    with pytest.raises(SessionReplaced):
        await phone.refresh(stolen)
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    with pytest.raises(SessionReplaced):
        await phone.refresh()
    assert (AuditEvent.SESSION_REUSED, "done") in world.events()
    assert MessageKind.SESSIONS_ENDED in world.told(phone.account_id)


async def test_a_token_shown_by_another_device_ends_the_family(world: World) -> None:
    """R-ACC-29: a thief without the device key gets nothing, and what he stole is worthless from then on."""
    phone, thief = await world.account(), world.phone()
    with pytest.raises(DeviceProofInvalid):
        await phone.refresh(by=thief)
    with pytest.raises(SessionReplaced):
        await phone.refresh()
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)


async def test_a_lost_answer_is_repeated_within_a_minute(world: World) -> None:
    """R-ACC-29: the token before the newest one is answered once more; later it is a theft."""
    phone = await world.account()
    old = phone.session.refresh_token
    lost = await phone.refresh(old)
    again = await phone.refresh(old)
    assert again.refresh_token == lost.refresh_token
    world.clock.forward(seconds=61)
    with pytest.raises(SessionReplaced):
        await phone.refresh(old)
    with pytest.raises(SessionReplaced):
        await phone.refresh(again.refresh_token)


async def test_two_who_refresh_at_once_get_one_successor(world: World) -> None:
    phone = await world.account()
    token = phone.session.refresh_token
    answers = await asyncio.gather(*(phone.refresh(token) for _ in range(6)))
    good = {answer.refresh_token for answer in answers}
    assert len(good) == 1
    assert read_token(good.pop()).generation == 2


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_forged_token_is_unknown_and_ends_nothing(world: World, part: int) -> None:
    """R-ACC-29: an id of a session is no secret; a token that the service did not make does no harm."""
    phone, other = await world.account(), await world.account(f"137{9:08d}")
    parts = phone.session.refresh_token.split(".")
    parts[part] = [other.session.session_id, "2", "A" * 43][part]
    for text in (".".join(parts), "x", phone.session.access_token, "ses_" + "0" * 300):
        with pytest.raises(SessionEnded):
            await phone.refresh(text)
    await phone.refresh()


async def test_the_proof_of_a_refresh_is_checked(world: World) -> None:
    phone = await world.account()
    token = phone.session.refresh_token
    proof = phone.proof("SessionService/RefreshSession", token.encode())
    request = session_pb2.RefreshSessionRequest(refresh_token=token, proof=proof)
    await world.sessions.RefreshSession(request, Context())
    with pytest.raises(ProofReplayed):
        await world.sessions.RefreshSession(request, Context())
    early = world.clock.now() - dt.timedelta(minutes=6)
    request.proof.CopyFrom(phone.proof("SessionService/RefreshSession", token.encode(), moment=early))
    with pytest.raises(ClockSkew):
        await world.sessions.RefreshSession(request, Context())


async def test_a_session_ends_when_it_is_not_refreshed(world: World) -> None:
    """R-ACC-29: 30 days by policy; each refresh begins them anew."""
    phone = await world.account()
    world.clock.forward(days=29)
    phone.session = await phone.refresh()
    world.clock.forward(days=29)
    phone.session = await phone.refresh()
    world.clock.forward(days=30)
    with pytest.raises(SessionEnded):
        await phone.refresh()


async def test_nothing_from_before_a_login_is_kept(world: World) -> None:
    """Session fixation: a login takes over no id and no token, and ends the one before on the same phone."""
    phone = await world.account(password=PASSWORD)
    before = phone.session
    await phone.login_password()
    assert phone.session.session_id != before.session_id
    with pytest.raises(SessionEnded):
        await world.principal(Context(before.access_token))
    with pytest.raises(SessionReplaced):
        await phone.refresh(before.refresh_token)
    await world.principal(phone.context)


async def test_a_brand_may_want_one_session_only(world: World) -> None:
    """R-ACC-29: SESSION_REPLACED."""
    world.brands.change(BRAND, "sessions", single=True)
    phone = await world.account(password=PASSWORD)
    other = world.phone()
    await other.login_password()
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    with pytest.raises(SessionReplaced):
        await phone.refresh()


async def test_log_out(world: World) -> None:
    """R-ACC-27: tokens are revoked, the device stays; an already dead token also ends in "logged out"."""
    phone = await world.account(password=PASSWORD)
    await logout(world, phone)
    with pytest.raises(SessionEnded):
        await world.principal(phone.context)
    with pytest.raises(SessionEnded):
        await phone.refresh()
    await logout(world, phone)
    await world.sessions.Logout(session_pb2.LogoutRequest(), Context())
    device_id = phone.session.device_id
    assert list(world.directory.public_keys([device_id])) == [device_id]
    await phone.login_password()
    assert phone.session.device_id == device_id


async def test_revoke_all_leaves_the_calling_session(world: World) -> None:
    """R-ACC-29."""
    phone = await world.account(password=PASSWORD)
    others = [world.phone() for _ in range(3)]
    for other in others:
        await other.login_password()
    answer = await world.accounts.RevokeSessions(account_pb2.RevokeSessionsRequest(), phone.context)
    assert answer.ended == 3
    await world.principal(phone.context)
    for other in others:
        with pytest.raises(SessionEnded):
            await world.principal(other.context)
        with pytest.raises(SessionEnded):
            await other.refresh()


async def test_a_device_of_an_account_gets_no_session_by_its_key_alone(world: World) -> None:
    """R-ACC-29: only a login opens a session of an account."""
    phone = await world.account()
    request = session_request(phone.key, phone.session.device_id, world.clock.now())
    proof = DeviceProof(
        method="/cosign.api.v1.DeviceService/CreateSession",
        request_hash=request_hash(phone.session.device_id.encode()),
        time=world.clock.now(),
        nonce=request.proof_nonce,
        signature=request.proof,
    )
    with reading(world.engine) as connection, pytest.raises(LoginRequired):
        prove(world.unit(connection).devices, device_id=phone.session.device_id, proof=proof, clock=world.clock)


async def test_a_known_bearer_costs_no_query(world: World) -> None:
    """Reach: token check on a hot RPC; the database is asked once in some seconds."""
    phone = await world.account()
    listening = LocalWaker(world.engine)
    directory = SessionDirectory(
        world.engine,
        clock=world.clock,
        unit=world.device_unit,
        blocking=world.blocking,
        waker=listening,
    )
    await directory.caller(phone.session.access_token)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    await directory.caller(phone.session.access_token)
    assert statements == []
