"""`Manual`, `Links` and `Validity` in the database."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Select, delete, insert, select, update

from cosign.brands import ManualFile
from cosign.errors import ConcurrentOperation, ResourceNotFound
from cosign.identity.change_model import LINK_OPEN, Link, LinkState, ManualPapers
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.change_tables import identity_link, identity_manual
from cosign.identity.model import AttemptPurpose, Person, PersonData
from cosign.identity.person_rows import as_person
from cosign.identity.sealed import person_data, person_json
from cosign.identity.tables import identity_attempt
from cosign.identity.tables import person as person_table
from cosign.personal import Field, PersonalData

_MOST: int = 50


class SqlManual:
    """See the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, papers: ManualPapers) -> None:
        self._connection.execute(
            insert(identity_manual).values(
                attempt_id=papers.attempt_id,
                account_id=papers.account_id,
                files=",".join(f"{file.value}={upload_id}" for file, upload_id in papers.files.items()),
                submitted_at=papers.submitted_at,
                due_at=papers.due_at,
                decided_by=papers.decided_by,
                decided_at=papers.decided_at,
            )
        )

    def get(self, attempt_id: str) -> ManualPapers | None:
        return self._one(select(identity_manual).where(identity_manual.c.attempt_id == attempt_id))

    def newest(self, account_id: str) -> ManualPapers | None:
        query = select(identity_manual).where(identity_manual.c.account_id == account_id)
        return self._one(query.order_by(identity_manual.c.attempt_id.desc()).limit(1))

    def decide(self, attempt_id: str, *, by: str, now: dt.datetime) -> None:
        self._connection.execute(
            update(identity_manual)
            .where(identity_manual.c.attempt_id == attempt_id)
            .values(decided_by=by, decided_at=now)
        )

    def _one(self, query: Select[tuple[object, ...]]) -> ManualPapers | None:
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        pairs = (one.partition("=") for one in row["files"].split(",") if one)
        return ManualPapers(
            attempt_id=row["attempt_id"],
            account_id=row["account_id"],
            files={ManualFile(name): upload_id for name, _, upload_id in pairs},
            submitted_at=row["submitted_at"],
            due_at=row["due_at"],
            decided_by=row["decided_by"],
            decided_at=row["decided_at"],
        )


class SqlLinks:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, link: Link, *, token_hash: bytes, expected: PersonData) -> None:
        self._connection.execute(
            insert(identity_link).values(
                **_values(link),
                token_hash=token_hash,
                continuation_hash="",
                expected_sealed=self._personal.seal(Field.IDENTITY, link.link_id, person_json(expected)),
            )
        )

    def by_token(self, token_hash: bytes) -> Link | None:
        return self._locked(select(identity_link).where(identity_link.c.token_hash == token_hash))

    def by_continuation(self, continuation_hash: bytes) -> Link | None:
        query = select(identity_link).where(
            identity_link.c.continuation_hash == continuation_hash.hex(), identity_link.c.continuation_hash != ""
        )
        return self._locked(query)

    def of_attempt(self, attempt_id: str) -> Link | None:
        return self._locked(select(identity_link).where(identity_link.c.attempt_id == attempt_id))

    def of_claim(self, claim_ref: str) -> Sequence[Link]:
        query = select(identity_link).where(identity_link.c.claim_ref == claim_ref)
        rows = self._connection.execute(query.order_by(identity_link.c.link_id.desc()).limit(_MOST)).mappings()
        return [_link(row) for row in rows]

    def get(self, link_id: str) -> Link | None:
        query = select(identity_link).where(identity_link.c.link_id == link_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _link(row)

    def expected(self, link_id: str) -> PersonData:
        query = select(identity_link.c.expected_sealed).where(identity_link.c.link_id == link_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        if not sealed:
            raise ResourceNotFound("no such link")
        return person_data(self._personal.open(Field.IDENTITY, link_id, sealed))

    def save(self, link: Link, expected: LinkState, *, continuation_hash: bytes | None = None) -> None:
        values = _values(link)
        if continuation_hash is not None:
            values["continuation_hash"] = continuation_hash.hex()
        hit = self._connection.execute(
            update(identity_link)
            .where(identity_link.c.link_id == link.link_id, identity_link.c.state == expected.value)
            .values(**values)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the link changed meanwhile")

    def drop_check(self, attempt_id: str) -> None:
        self._connection.execute(
            delete(identity_attempt).where(
                identity_attempt.c.attempt_id == attempt_id,
                identity_attempt.c.purpose == AttemptPurpose.LINK.value,
            )
        )

    def erase(self, now: dt.datetime, limit: int) -> int:
        query = select(identity_link).where(identity_link.c.erase_at <= now).order_by(identity_link.c.erase_at)
        old = [_link(row) for row in self._connection.execute(query.limit(limit)).mappings()]
        for link in old:
            self.drop_check(link.attempt_id)
            self._connection.execute(delete(identity_link).where(identity_link.c.link_id == link.link_id))
        return len(old)

    def expired(self, now: dt.datetime, limit: int) -> Sequence[Link]:
        query = (
            select(identity_link)
            .where(identity_link.c.expires_at <= now, identity_link.c.state.in_([one.value for one in LINK_OPEN]))
            .order_by(identity_link.c.expires_at)
            .limit(limit)
        )
        return [_link(row) for row in self._connection.execute(query).mappings()]

    def _locked(self, query: Select[tuple[object, ...]]) -> Link | None:
        row = self._connection.execute(query.with_for_update()).mappings().one_or_none()
        return None if row is None else _link(row)


class SqlValidity:
    """See the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ending(self, brand: str, known: DocumentValidity, until: dt.date, limit: int) -> Sequence[Person]:
        table = person_table
        query = (
            select(table)
            .where(table.c.brand == brand, table.c.validity == known.value, table.c.document_expiry <= until)
            .where(table.c.ended_at.is_(None))
            .order_by(table.c.document_expiry)
            .limit(limit)
            .with_for_update(skip_locked=True)  # other nodes sweep as well
        )
        found = map(as_person, self._connection.execute(query).mappings())
        return [one for one in found if one is not None]

    def mark(self, person: Person, known: DocumentValidity) -> None:
        self._connection.execute(
            update(person_table).where(person_table.c.record_id == person.record_id).values(validity=known.value)
        )

    def of(self, person: Person) -> DocumentValidity:
        query = select(person_table.c.validity).where(person_table.c.record_id == person.record_id)
        return DocumentValidity(self._connection.execute(query).scalar_one_or_none() or "")


def _values(link: Link) -> dict[str, object]:
    return dataclasses.asdict(link) | {"state": link.state.value}


def _link(row: RowMapping) -> Link:
    return Link(
        link_id=row["link_id"],
        brand=row["brand"],
        claim_ref=row["claim_ref"],
        issued_by=row["issued_by"],
        state=LinkState(row["state"]),
        attempt_id=row["attempt_id"],
        checks=row["checks"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        finished_at=row["finished_at"],
        erase_at=row["erase_at"],
    )
