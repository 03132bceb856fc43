"""Data keys on both databases, and one registered table that an area might have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, String, Table, delete, insert, select

from cosign.audit.trail import AuditTrail
from cosign.personal.access import AuditedAccess
from cosign.personal.cipher import TokenPersonalData
from cosign.personal.data_keys import DataKeys
from cosign.personal.erasure import PersonalFile
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, PersonalRegistry, SealedColumn
from cosign.personal.resealing import PersonalResealing
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import reading, writing
from hsm.software import SoftwareToken
from protocol.seal import SecretRecord
from tests.support.personal import MovableClock, make_keys, make_token

person = Table(
    "test_person",
    MetaData(),
    Column("person_id", String(64), primary_key=True),
    Column("account_id", String(64)),
    Column("brand", String(16)),
    Column("name_sealed", LargeBinary),
    Column("name_index", LargeBinary),
)


def export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    rows = connection.execute(select(person).where(person.c.account_id == account_id)).mappings()
    return {"names": [personal.open(Field.NAME, row["person_id"], row["name_sealed"]) for row in rows]}


def erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    archive.keep("identity", export(connection, personal, account_id))
    return Erased(connection.execute(delete(person).where(person.c.account_id == account_id)).rowcount, 1)


AREA = PersonalArea(
    name="people",
    columns=(
        SealedColumn(
            sealed=person.c.name_sealed,
            row_id=person.c.person_id,
            field=Field.NAME,
            index=person.c.name_index,
            scope=person.c.brand,
            normalised=str.casefold,
        ),
    ),
    export=export,
    erase=erase,
)


@dataclass
class World:
    """One service with people."""

    engine: Engine
    token: SoftwareToken[SecretRecord]
    clock: MovableClock
    keys: DataKeys
    audit: AuditTrail

    def __post_init__(self) -> None:
        self.personal = TokenPersonalData(self.keys)
        self.registry = PersonalRegistry([AREA])
        self.access = AuditedAccess(self.personal, self.audit, self.clock)
        self.file = PersonalFile(self.registry, self.personal, self.access, audit=self.audit, clock=self.clock)
        self.resealing = PersonalResealing(
            self.engine, self.keys, self.personal, self.registry, audit=self.audit, clock=self.clock
        )

    def another_node(self) -> "World":
        return World(self.engine, self.token, self.clock, make_keys(self.engine, self.token, self.clock), self.audit)

    def add(self, person_id: str, name: str, *, account_id: str = "acc_1", brand: str = "net") -> None:
        with writing(self.engine) as connection:
            connection.execute(
                insert(person).values(
                    person_id=person_id,
                    account_id=account_id,
                    brand=brand,
                    name_sealed=self.personal.seal(Field.NAME, person_id, name),
                    name_index=self.personal.index(Field.NAME, brand, name.casefold()),
                )
            )

    def find(self, name: str, *, brand: str = "net") -> list[str]:
        indexes = self.personal.indexes(Field.NAME, brand, name.casefold())
        query = select(person.c.person_id).where(person.c.name_index.in_(indexes)).order_by(person.c.person_id)
        with reading(self.engine) as connection:
            return list(connection.execute(query).scalars())

    def name(self, person_id: str) -> str:
        with reading(self.engine) as connection:
            query = select(person.c.name_sealed).where(person.c.person_id == person_id)
            sealed = connection.execute(query).scalar_one()
        return self.personal.open(Field.NAME, person_id, sealed)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    migrations.upgrade(made)
    person.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    token, clock = make_token(tmp_path / "token"), MovableClock()
    return World(engine, token, clock, make_keys(engine, token, clock), AuditTrail("node-1"))
