"""`People` in the database."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, RowMapping, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from cosign.brands import DocumentType, IdentityMethod
from cosign.errors import ResourceNotFound
from cosign.identity.faults import DocumentTaken
from cosign.identity.model import AssuranceLevel, Person, PersonData, document_scope
from cosign.identity.sealed import person_data, person_json
from cosign.identity.tables import person as table
from cosign.personal import Field, PersonalData
from cosign.personal.locking import lock_text


class SqlPeople:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def current(self, account_id: str) -> Person | None:
        query = select(table).where(*_in_force(account_id))
        return as_person(self._connection.execute(query).mappings().one_or_none())

    def get(self, person_id: str) -> Person | None:
        query = select(table).where(table.c.person_id == person_id, table.c.ended_at.is_(None))
        return as_person(self._connection.execute(query).mappings().one_or_none())

    def history(self, person_id: str) -> Sequence[Person]:
        query = select(table).where(table.c.person_id == person_id).order_by(table.c.version.desc())
        rows = self._connection.execute(query).mappings()
        return [one for one in map(as_person, rows) if one is not None]

    def data(self, record_id: str) -> PersonData:
        query = select(table).where(table.c.record_id == record_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise ResourceNotFound("no such person")
        details = person_data(self._personal.open(Field.IDENTITY, record_id, row["details_sealed"]))
        return replace(
            details,
            name=self._personal.open(Field.NAME, record_id, row["name_sealed"]),
            document_number=self._personal.open(Field.DOCUMENT_NUMBER, record_id, row["document_number_sealed"]),
        )

    def holder(self, brand: str, data: PersonData) -> Person | None:
        scope = document_scope(brand, data)
        indexes = self._personal.indexes(Field.DOCUMENT_NUMBER, scope, data.document_number)
        query = select(table).where(
            table.c.document_scope == scope,
            table.c.document_scope != "",
            or_(*(table.c.document_number_index == one for one in indexes)),
            table.c.ended_at.is_(None),
        )
        return as_person(self._connection.execute(query.limit(1)).mappings().one_or_none())

    def add(self, person: Person, data: PersonData) -> None:
        scope, record_id = document_scope(person.brand, data), person.record_id
        lock_text(self._connection, self._personal.indexes(Field.DOCUMENT_NUMBER, scope, data.document_number))
        holder = self.holder(person.brand, data)
        if holder is not None and holder.account_id != person.account_id:  # also under the other index key
            raise DocumentTaken("the document serves another account")
        seal = self._personal.seal
        values = {
            "record_id": record_id,
            "person_id": person.person_id,
            "version": person.version,
            "account_id": person.account_id,
            "brand": person.brand,
            "document_type": person.document_type.value,
            "document_scope": scope,
            "document_expiry": person.document_expiry,
            "name_sealed": seal(Field.NAME, record_id, data.name),
            "document_number_sealed": seal(Field.DOCUMENT_NUMBER, record_id, data.document_number),
            "document_number_index": self._personal.index(Field.DOCUMENT_NUMBER, scope, data.document_number),
            "details_sealed": seal(Field.IDENTITY, record_id, person_json(replace(data, name="", document_number=""))),
            "level": person.level.value,
            "method": person.method.value,
            "attempt_id": person.attempt_id,
            "verified_at": person.verified_at,
        }
        try:
            with self._connection.begin_nested():
                self.end(person.account_id, now=person.verified_at)
                self._connection.execute(insert(table).values(**values))
        except IntegrityError:
            raise DocumentTaken("the document serves another account") from None

    def end(self, account_id: str, *, now: dt.datetime) -> None:
        self._connection.execute(update(table).where(*_in_force(account_id)).values(ended_at=now))


def _in_force(account_id: str) -> tuple[ColumnElement[bool], ...]:
    """Says what the partial index says, so that it is used."""
    return table.c.account_id == account_id, table.c.account_id != "", table.c.ended_at.is_(None)


def as_person(row: RowMapping | None) -> Person | None:
    """The person of a row, if there is one."""
    if row is None:
        return None
    return Person(
        person_id=row["person_id"],
        version=row["version"],
        account_id=row["account_id"],
        brand=row["brand"],
        document_type=DocumentType(row["document_type"]),
        document_expiry=row["document_expiry"],
        level=AssuranceLevel(row["level"]),
        method=IdentityMethod(row["method"]),
        attempt_id=row["attempt_id"],
        verified_at=row["verified_at"],
    )
