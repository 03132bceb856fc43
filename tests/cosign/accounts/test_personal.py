"""Export, erasure and retention of accounts (R-AUD-08), and where a user can be reached (R-MSG-05)."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import func, select

from cosign.accounts import personal
from cosign.accounts.repository import addresses
from cosign.accounts.tables import login_history
from cosign.api.v1 import account_pb2, session_pb2
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.world import NUMBER, PASSWORD, World

ZB = "zb"


class Kept:
    """An archive that remembers."""

    def __init__(self) -> None:
        self.documents: list[Mapping[str, object]] = []

    def keep(self, subject: str, document: Mapping[str, object]) -> None:
        self.documents.append(document)


async def test_an_export_opens_what_is_the_users(world: World) -> None:
    phone = await world.account(password=PASSWORD)
    assert personal.AREA.export is not None
    with reading(world.engine) as connection:
        document = personal.AREA.export(connection, world.personal, phone.account_id)
        assert personal.AREA.export(connection, world.personal, "acc_none") == {}
    account = document["account"]
    assert isinstance(account, Mapping)
    assert account["phone_number"] == f"+86{NUMBER}"
    assert PASSWORD not in repr(document)
    assert "argon2" not in repr(document)


async def test_an_erasure_leaves_the_tombstone_in_the_archive_only(world: World) -> None:
    phone = await world.account(brand=ZB)
    request = account_pb2.CancelAccountRequest(ticket=await phone.step_up(brand=ZB))
    await world.accounts.CancelAccount(request, phone.context)
    kept = Kept()
    assert personal.AREA.erase is not None
    with writing(world.engine) as connection:
        done = personal.AREA.erase(connection, world.personal, phone.account_id, kept)
        again = personal.AREA.erase(connection, world.personal, phone.account_id, kept)
    assert (done.archived, again.archived) == (1, 0)
    assert kept.documents[0]["phone_number"] == f"+86{NUMBER}"
    with reading(world.engine) as connection:
        left = connection.execute(select(func.count()).select_from(login_history)).scalar_one()
    assert left == 0


async def test_old_logins_are_erased_brand_by_brand(world: World) -> None:
    await world.account()
    (rule,) = personal.AREA.retention
    before = world.clock.now() + dt.timedelta(days=1)
    with writing(world.engine) as connection:
        assert rule.expire(connection, personal.of_brand("ept"), before, 10) == 0
        assert rule.expire(connection, personal.of_brand("bzt"), world.clock.now() - dt.timedelta(days=1), 10) == 0
        assert rule.expire(connection, personal.of_brand("bzt"), before, 10) == 1


async def test_where_a_user_can_be_reached(world: World) -> None:
    """R-ACC-27: the push token is detached by a logout; R-ACC-25: a cancelled user is still told by SMS."""
    phone = await world.account(brand=ZB)

    def now() -> tuple[str, tuple[str, ...]]:
        with reading(world.engine) as connection:
            found = addresses(connection, world.personal, phone.account_id)
            assert addresses(connection, world.personal, "acc_none") is None
        assert found is not None
        return found.phone_number, found.push_tokens

    assert now() == (f"+86{NUMBER}", ("push-token-of-a-phone",))
    await world.sessions.Logout(session_pb2.LogoutRequest(), phone.context)
    assert now() == (f"+86{NUMBER}", ())
    await phone.login_sms(brand=ZB)
    world.clock.forward(seconds=61)
    request = account_pb2.CancelAccountRequest(ticket=await phone.step_up(brand=ZB))
    await world.accounts.CancelAccount(request, phone.context)
    assert now() == (f"+86{NUMBER}", ())
