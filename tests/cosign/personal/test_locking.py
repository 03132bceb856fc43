"""PostgreSQL: what must be unique stays unique while the index key is replaced."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from cosign import ids
from cosign.accounts.account_rows import SqlAccounts
from cosign.accounts.faults import PhoneTaken
from cosign.accounts.model import Account, AccountState
from cosign.brands import DocumentType, IdentityMethod
from cosign.identity.faults import DocumentTaken
from cosign.identity.model import AssuranceLevel, Person, PersonData
from cosign.identity.person_rows import SqlPeople
from cosign.linked_logins.faults import BindingTaken
from cosign.linked_logins.model import Binding, ExternalUser, Level, Provider
from cosign.linked_logins.repository import SqlBindings
from cosign.personal import PersonalData
from cosign.personal.locking import lock_text
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import writing
from tests.support.documents import resident_number
from tests.support.key_rotation import TwoNodes, overlapping, two_nodes

NOW = dt.datetime(2030, 1, 2, tzinfo=dt.UTC)
NUMBER = f"+86139{61:08d}"
NAME = "甲乙丙"
DOCUMENT = resident_number()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    """Of PostgreSQL only."""
    made = make_engine(postgres_url)
    yield made
    made.dispose()


@pytest.fixture
def nodes(engine: Engine, tmp_path: Path) -> TwoNodes:
    return two_nodes(engine, tmp_path / "token")


def account(number: str, connection: Connection, personal: PersonalData) -> str:
    account_id = ids.new_id(ids.ACCOUNT, 0)
    made = Account(account_id=account_id, brand="bzt", state=AccountState.ACTIVE, created_at=NOW)
    SqlAccounts(connection, personal).add(made, number)
    return account_id


def test_one_number_of_two_nodes(nodes: TwoNodes) -> None:
    """R-ACC-01: two nodes that register one number under different index keys do not both succeed."""

    def register(connection: Connection, personal: PersonalData) -> None:
        account(NUMBER, connection, personal)

    assert overlapping(nodes, register, PhoneTaken) == (True, False)


def test_one_number_of_two_changes(nodes: TwoNodes) -> None:
    """R-ACC-22: two users who change to one number at the same moment do not both get it."""
    with writing(nodes.engine) as connection:
        users = [account(f"+86139{place:08d}", connection, nodes.punctual) for place in (62, 63)]

    def change(connection: Connection, personal: PersonalData) -> None:
        SqlAccounts(connection, personal).set_phone_number(users[personal is nodes.late], "bzt", NUMBER)

    assert overlapping(nodes, change, PhoneTaken) == (True, False)


def test_one_document_of_two_nodes(nodes: TwoNodes) -> None:
    """R-IDV-01: one document never serves two accounts."""
    data = PersonData(name=NAME, document_type=DocumentType.RESIDENT_ID, document_number=DOCUMENT)

    def keep(connection: Connection, personal: PersonalData) -> None:
        person = Person(
            person_id=ids.new_id(ids.PERSON, 0),
            version=1,
            account_id=ids.new_id(ids.ACCOUNT, 0),
            brand="bzt",
            document_type=data.document_type,
            document_expiry=None,
            level=AssuranceLevel.HIGH,
            method=IdentityMethod.CPCN_FACE,
            attempt_id=ids.new_id(ids.ATTEMPT, 0),
            verified_at=NOW,
        )
        SqlPeople(connection, personal).add(person, data)

    assert overlapping(nodes, keep, DocumentTaken) == (True, False)


def test_one_external_user_of_two_nodes(nodes: TwoNodes) -> None:
    """R-ACC-11: one user of a provider is never bound to two accounts; a refresh takes no id of another binding."""
    user = ExternalUser(provider=Provider.WECHAT, subjects=("subject",))

    def bind(connection: Connection, personal: PersonalData, user: ExternalUser = user) -> Binding:
        made = Binding(
            binding_id=ids.new_id(ids.BINDING, 0),
            account_id=ids.new_id(ids.ACCOUNT, 0),
            brand="bzt",
            provider=Provider.WECHAT,
            level=Level.NONE,
            bound_at=NOW,
        )
        SqlBindings(connection, personal).add(made, user)
        return made

    assert overlapping(nodes, bind, BindingTaken) == (True, False)
    with writing(nodes.engine) as connection:
        bindings = SqlBindings(connection, nodes.punctual)
        holder = bindings.find("bzt", user)
        other = bind(connection, nodes.punctual, ExternalUser(provider=Provider.WECHAT, subjects=("another",)))
        bindings.refresh(other, user)
        assert bindings.find("bzt", user) == holder
        assert bindings.subject(other).endswith("another")


def test_nothing_is_locked_with_one_key(engine: Engine) -> None:
    """A registration costs no statement more while no key is being replaced."""
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with writing(engine) as connection:
        lock_text(connection, [bytes(32)])
        assert seen == []
        lock_text(connection, [bytes(32), b"\xff" * 32])
        assert len(seen) == 2
