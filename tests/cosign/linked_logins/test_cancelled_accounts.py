"""What goes in all areas when an account ends, and what stays for how long."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from cosign import ids
from cosign.accounts.faults import AppealNoMatch
from cosign.accounts.tables import account_tombstone, login_history, number_change
from cosign.accounts.usecases.cancel import appeal, decide
from cosign.api.v1 import account_pb2, code_pb2
from cosign.brands import DocumentType, IdentityMethod
from cosign.identity.model import AssuranceLevel, Person, PersonData
from cosign.identity.person_rows import SqlPeople
from cosign.identity.tables import person
from cosign.linked_logins.model import Provider
from cosign.linked_logins.tables import linked_account
from cosign.messages.model import MessageKind
from cosign.personal.tables import erasure, personal_archive
from cosign.store.engine import sqlite_url
from cosign.store.unit_of_work import reading, writing
from tests.cosign.accounts.due_work import due_work
from tests.cosign.accounts.test_change_lost_number import User
from tests.cosign.linked_logins.world import NUMBER, OTHER, ZB, LinkedPhone, LinkedWorld
from tests.support.documents import resident_number

NAME = "甲乙丙"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The statements are explained on PostgreSQL by test_plans.py."""
    return sqlite_url(tmp_path / "cosign.db")


@pytest.fixture
def data() -> PersonData:
    """Of a document that nobody has."""
    return PersonData(name=NAME, document_type=DocumentType.RESIDENT_ID, document_number=resident_number())


@pytest.fixture
async def phone(world: LinkedWorld, data: PersonData) -> LinkedPhone:
    """Of a verified user with a binding, a wish for another number, and a week to take his cancellation back."""
    world.brands.change(ZB, "cancellation", grace_days=7)
    made = await world.account(NUMBER)
    await User(world, made).ask(number=OTHER, brand=ZB)
    verify(world, made, data)
    await made.bind("user-a", Provider.WECHAT)
    world.clock.forward(seconds=61)
    cancel = account_pb2.CancelAccountRequest(ticket=await made.step_up(NUMBER, ZB))
    await world.accounts.CancelAccount(cancel, made.context)
    world.clock.forward(seconds=61)
    return made


def verify(world: LinkedWorld, phone: LinkedPhone, data: PersonData) -> None:
    person_id, now = ids.new_id(ids.PERSON, world.clock.now_ms()), world.clock.now()
    with writing(world.engine) as connection:
        SqlPeople(connection, world.personal).add(
            Person(
                person_id=person_id,
                version=1,
                account_id=phone.account_id,
                brand=ZB,
                document_type=data.document_type,
                document_expiry=None,
                level=AssuranceLevel.BASIC,
                method=IdentityMethod.CPCN_FACE,
                attempt_id="idv_1",
                verified_at=now,
            ),
            data,
        )
        world.unit(connection).accounts.set_verified(
            phone.account_id, ZB, person_id=person_id, name=data.name, document_number=data.document_number
        )


def count(world: LinkedWorld, table: Table) -> int:
    with reading(world.engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


async def ask_back(world: LinkedWorld, data: PersonData) -> str:
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_APPEAL, NUMBER, ZB)
    opened, _ = world.do(
        lambda unit: appeal(
            unit, ticket=ticket, name=data.name, document_number=data.document_number, clock=world.clock
        )
    )
    return str(opened.appeal_id)


async def test_what_the_user_had_goes_when_the_days_are_over(
    world: LinkedWorld, phone: LinkedPhone, data: PersonData
) -> None:
    """R-ACC-25, R-AUD-08: until then everything stays; then history, bindings and verification go; evidence stays."""
    due = due_work(world)
    due.run()
    assert [account_id for account_id, _ in world.bound()] == [phone.account_id]
    assert MessageKind.BINDING_CHANGED in world.told(phone.account_id)
    world.clock.forward(days=7)
    due.run()
    assert count(world, linked_account) == count(world, login_history) == 0
    assert world.told(phone.account_id) == [MessageKind.ACCOUNT_CANCELLED]
    with reading(world.engine) as connection:
        assert connection.execute(select(number_change.c.state)).scalars().all() == ["cancelled"]
        assert SqlPeople(connection, world.personal).holder(ZB, data) is None
        assert SqlPeople(connection, world.personal).current(phone.account_id) is None
    assert count(world, person) == count(world, account_tombstone) == 1
    other = await world.account(OTHER)
    await other.bind("user-a", Provider.WECHAT)
    verify(world, other, data)
    assert (await world.phone().third_party("user-a")).session.account_id == other.account_id


async def test_an_account_given_back_is_verified_anew(world: LinkedWorld, phone: LinkedPhone, data: PersonData) -> None:
    """R-ACC-26: the account alone comes back."""
    world.clock.forward(days=7)
    due_work(world).run()
    appeal_id = await ask_back(world, data)
    world.clock.forward(days=400)
    due_work(world).run()
    assert count(world, erasure) == 0  # somebody asks it back
    world.do(lambda unit: decide(unit, appeal_id=appeal_id, accept=True, reason="", clock=world.clock))
    fresh = world.phone()  # the old device is gone for good
    await fresh.login_sms(NUMBER, brand=ZB)
    assert fresh.account_id == phone.account_id
    profile = await world.accounts.GetProfile(account_pb2.GetProfileRequest(), fresh.context)
    assert not profile.profile.verified
    assert [one.binding_id for one in await fresh.bindings()] == ["", ""]


async def test_what_is_left_is_erased_when_nobody_may_ask_it_back(
    world: LinkedWorld, phone: LinkedPhone, data: PersonData
) -> None:
    """R-AUD-08: evidence moves to the sealed archive, once; an appeal comes too late."""
    world.clock.forward(days=7)
    due_work(world).run()
    world.brands.change(ZB, "cancellation", appeal_days=30)
    world.clock.forward(days=29)
    due_work(world).run()
    assert count(world, erasure) == 0
    world.clock.forward(days=1)
    with pytest.raises(AppealNoMatch):
        await ask_back(world, data)
    for _ in range(2):
        due_work(world).run()
    assert count(world, erasure) == 1
    assert count(world, person) == count(world, account_tombstone) == 0
    with reading(world.engine) as connection:
        ends = connection.execute(select(personal_archive.c.keep_until)).scalars().all()
    assert ends
    assert min(ends) > world.clock.now() + dt.timedelta(days=5 * 365)
