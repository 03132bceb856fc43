"""PostgreSQL: no query of this area reads a table from end to end, whatever its size."""

import pytest
from sqlalchemy import Engine

from cosign.accounts import IdentityKind, end_identity, give_identity, mark_verified
from cosign.accounts.repository import addresses, look_up, sweep
from cosign.accounts.usecases.cancel import decide
from cosign.accounts.usecases.staff import suspend, unlock_account
from cosign.api.v1 import account_device_pb2, account_pb2, appeal_pb2, code_pb2, login_pb2, session_pb2
from cosign.devices.repository import sweep as sweep_devices
from cosign.personal.archive import end_archive
from cosign.store.idempotency import sweep as sweep_requests
from cosign.store.unit_of_work import writing
from tests.cosign.accounts.due_work import due_work
from tests.cosign.accounts.test_change_lost_number import User
from tests.cosign.accounts.test_login_certificate import Certificate
from tests.cosign.accounts.world import NUMBER, PASSWORD, Context, World
from tests.support.plans import explained

ZB = "zb"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of PostgreSQL only."""
    return postgres_url


async def test_every_query_has_an_index(world: World, engine: Engine) -> None:
    """Reach: no query without an index; lists by keyset."""
    with explained(engine) as plans:
        phone = await world.account(brand=ZB, password=PASSWORD)
        account_id = phone.account_id
        await phone.login_sms(brand=ZB)
        world.clock.forward(seconds=61)
        phone.session = await phone.refresh()
        for before in ("", "lgn_zzz"):
            world.do(lambda unit, before=before: unit.sessions.logins(account_id, before=before, limit=50))
            world.do(lambda unit, before=before: unit.phones.of(account_id, before=before, limit=50))
        identity = world.do(
            lambda unit: give_identity(
                unit, account_id=account_id, kind=IdentityKind.EMPLOYEE, enterprise_id="ent_1", clock=world.clock
            )
        )
        switch = account_pb2.SwitchIdentityRequest(identity_id=identity.identity_id)
        await world.accounts.SwitchIdentity(switch, phone.context)
        world.do(lambda unit: end_identity(unit, identity_id=identity.identity_id, clock=world.clock))
        await world.accounts.RevokeSessions(account_pb2.RevokeSessionsRequest(), phone.context)
        request = account_device_pb2.SetDevicePreferencesRequest(suppress_guide=True)
        await world.devices.SetDevicePreferences(request, phone.context)
        change = account_pb2.ChangePasswordRequest(
            old_password=PASSWORD, new_password="Green8Boats!", confirmation="Green8Boats!"
        )
        await world.accounts.ChangePassword(change, phone.context)
        world.do(lambda unit: suspend(unit, account_id=account_id))
        world.do(lambda unit: unlock_account(unit, account_id=account_id))
        await phone.login_sms(brand=ZB)
        world.clock.forward(seconds=61)
        world.do(lambda unit: addresses(unit._connection, world.personal, account_id))
        world.do(lambda unit: look_up(unit._connection, world.personal, ZB, f"+86{NUMBER}"))
        world.do(
            lambda unit: mark_verified(
                unit, account_id=account_id, person_id="per_1", name="张某某", document_number="110101199003079991"
            )
        )
        challenge = login_pb2.BeginBiometricLoginRequest(device_id=phone.session.device_id)
        await world.logins.BeginBiometricLogin(challenge, Context())
        await world.sessions.Logout(session_pb2.LogoutRequest(), phone.context)
        await phone.login_sms(brand=ZB)
        world.clock.forward(seconds=61)
        cancel = account_pb2.CancelAccountRequest(ticket=await phone.step_up(brand=ZB))
        await world.accounts.CancelAccount(cancel, phone.context)
        world.do(lambda unit: addresses(unit._connection, world.personal, account_id))
        world.clock.forward(seconds=61)
        ticket = await world.ticket(code_pb2.CODE_PURPOSE_APPEAL, brand=ZB)
        appeal = appeal_pb2.AppealAccountRequest(ticket=ticket, name="张某某", document_number="110101199003079991")
        opened = await world.appeals.AppealAccount(appeal, Context())
        world.do(lambda unit: unit.closing.cancelled_number(ZB, f"+86{NUMBER}"))
        world.do(lambda unit: decide(unit, appeal_id=opened.appeal_id, accept=True, reason="", clock=world.clock))
        world.do(lambda unit: sweep(unit._connection, world.clock.now()))
    plans.check(
        {
            "account",
            "account_appeal",
            "account_device",
            "account_identity",
            "account_session",
            "account_tombstone",
            "captcha",
            "device",
            "device_session",
            "login_challenge",
            "former_password",
            "login_history",
            "sms_code",
            "usage_count",
            "verification_ticket",
        }
    )


async def test_certificates_numbers_and_grace_have_an_index(world: World, engine: Engine) -> None:
    """Reach: the same for logins by certificate, changes of a lost number and days of grace."""
    world.brands.change(ZB, "cancellation", grace_days=7)
    due = due_work(world)
    with explained(engine) as plans:
        certificate = Certificate(world, await world.account(brand=ZB))
        phone = certificate.phone
        phone.session = await certificate.finish(await certificate.challenge())
        user = User(world, phone)
        change = await user.ask(brand=ZB)
        await user.newest()
        await user.cancel(change.change_id)
        cancel = account_pb2.CancelAccountRequest(ticket=await phone.step_up(brand=ZB))
        await world.accounts.CancelAccount(cancel, phone.context)
        due.run()
        world.clock.forward(days=7)
        due.run()
        world.clock.forward(days=366)
        due.run()
        with writing(engine) as connection:
            end_archive(connection, world.clock.now())
            sweep_devices(connection, world.clock.now())
            sweep_requests(connection, world.clock.now_ms())
    plans.check({"account", "certificate_challenge", "number_change", "person", "personal_archive"})
    plans.check({"enrolment_code", "idempotent_request", "proof_nonce"})
