"""`Codes` in the database."""

import datetime as dt
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cosign.accounts.codes import CodePurpose, SentCode, Ticket, captcha_text, code_text
from cosign.accounts.lookups import one_of
from cosign.accounts.tables import (
    captcha,
    certificate_challenge,
    login_challenge,
    sms_code,
    usage_count,
    verification_ticket,
)
from cosign.personal import Field, PersonalData
from cosign.store.prepared import Prepared, moment_of

_SWEPT: Final = (sms_code, verification_ticket, captcha, usage_count, login_challenge, certificate_challenge)

# Statements of every login are made once: to make one costs more than to run it.
_TAKE_TICKET: Final = (
    delete(verification_ticket)
    .where(verification_ticket.c.ticket_hash == bindparam("hash"))
    .returning(
        verification_ticket.c.brand,
        verification_ticket.c.purpose,
        verification_ticket.c.phone_number_sealed,
        verification_ticket.c.expires_at,
    )
)
_FORGET: Final = Prepared("DELETE FROM usage_count WHERE subject = :of")
_GIVE_BACK: Final = Prepared("UPDATE usage_count SET count = count - 1 WHERE subject = :of AND count > 0")
_CHARGE: Final = Prepared(
    "INSERT INTO usage_count (subject, count, since, expires_at) VALUES (:subject, 1, :now, :end) "
    "ON CONFLICT (subject) DO UPDATE SET "
    "count = CASE WHEN usage_count.expires_at <= :now THEN 1 ELSE usage_count.count + 1 END, "
    "since = CASE WHEN usage_count.expires_at <= :now THEN :now ELSE usage_count.since END, "
    "expires_at = CASE WHEN usage_count.expires_at <= :now THEN :end "
    "WHEN usage_count.count + 1 >= :most AND usage_count.count < :most THEN :unlocked "
    "ELSE usage_count.expires_at END RETURNING count, expires_at"
)
"""Counts one in a window that begins anew when it is over; the last one that is allowed begins a lock."""


class SqlCodes:
    """SMS codes, tickets, captchas, counters and challenges on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def sent(self, brand: str, phone_number: str, purpose: CodePurpose) -> SentCode | None:
        query = select(sms_code).where(*self._same(brand, phone_number, purpose))
        row = self._connection.execute(query.order_by(sms_code.c.sent_at.desc()).limit(1)).mappings().one_or_none()
        if row is None:
            return None
        return SentCode(
            code_index=row["code_index"],
            sent_at=row["sent_at"],
            expires_at=row["expires_at"],
            tries=row["tries"],
            used=row["used"],
        )

    def put(
        self,
        brand: str,
        phone_number: str,
        purpose: CodePurpose,
        code: str,
        *,
        sent_at: dt.datetime,
        expires_at: dt.datetime,
    ) -> None:
        number, *others = self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number)
        if others:  # an index key is being replaced: the code before may stand under the other one
            before = self._same(brand, phone_number, purpose)
            self._connection.execute(delete(sms_code).where(*before, sms_code.c.phone_number_index != number))
        values = {
            "code_index": self._personal.index(Field.CODE, brand, code_text(purpose, phone_number, code)),
            "sent_at": sent_at,
            "expires_at": expires_at,
            "tries": 0,
            "used": False,
        }
        key = {"brand": brand, "phone_number_index": number, "purpose": purpose.value}
        statement = self._insert(sms_code).values(**key, **values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    def charge_try(self, brand: str, phone_number: str, purpose: CodePurpose, *, tries: int, now: dt.datetime) -> bool:
        hit = self._connection.execute(
            update(sms_code)
            .where(
                *self._same(brand, phone_number, purpose),
                sms_code.c.tries < tries,
                sms_code.c.used.is_(False),
                sms_code.c.expires_at > now,
            )
            .values(tries=sms_code.c.tries + 1)
        )
        return hit.rowcount == 1

    def matches(self, brand: str, phone_number: str, purpose: CodePurpose, code: str) -> bool:
        sent = self.sent(brand, phone_number, purpose)
        text = code_text(purpose, phone_number, code)
        return sent is not None and sent.code_index in self._personal.indexes(Field.CODE, brand, text)

    def use(self, brand: str, phone_number: str, purpose: CodePurpose) -> None:
        self._connection.execute(update(sms_code).where(*self._same(brand, phone_number, purpose)).values(used=True))

    def add_ticket(self, ticket_hash: bytes, ticket: Ticket, expires_at: dt.datetime) -> None:
        sealed = self._personal.seal(Field.PHONE_NUMBER, ticket_hash.hex(), ticket.phone_number)
        self._connection.execute(
            insert(verification_ticket).values(
                ticket_hash=ticket_hash.hex(),
                brand=ticket.brand,
                purpose=ticket.purpose.value,
                phone_number_sealed=sealed,
                expires_at=expires_at,
            )
        )

    def peek_ticket(self, ticket_hash: bytes, now: dt.datetime) -> Ticket | None:
        table = verification_ticket.c
        query = select(table.brand, table.purpose, table.phone_number_sealed, table.expires_at)
        row = self._connection.execute(query.where(table.ticket_hash == ticket_hash.hex())).mappings().one_or_none()
        return self._as_ticket(ticket_hash, row, now)

    def take_ticket(self, ticket_hash: bytes, now: dt.datetime) -> Ticket | None:
        row = self._connection.execute(_TAKE_TICKET, {"hash": ticket_hash.hex()}).mappings().one_or_none()
        return self._as_ticket(ticket_hash, row, now)

    def _as_ticket(self, ticket_hash: bytes, row: RowMapping | None, now: dt.datetime) -> Ticket | None:
        if row is None or row["expires_at"] <= now:
            return None
        number = self._personal.open(Field.PHONE_NUMBER, ticket_hash.hex(), row["phone_number_sealed"])
        return Ticket(brand=row["brand"], purpose=CodePurpose(row["purpose"]), phone_number=number)

    def add_captcha(self, captcha_id: str, brand: str, answer: str, expires_at: dt.datetime) -> None:
        index = self._personal.index(Field.CODE, brand, captcha_text(captcha_id, answer))
        self._connection.execute(
            insert(captcha).values(captcha_id=captcha_id, brand=brand, answer_index=index, expires_at=expires_at)
        )

    def take_captcha(self, captcha_id: str, brand: str, answer: str, now: dt.datetime) -> bool:
        taken = (
            delete(captcha)
            .where(captcha.c.captcha_id == captcha_id, captcha.c.brand == brand)
            .returning(captcha.c.answer_index, captcha.c.expires_at)
        )
        row = self._connection.execute(taken).one_or_none()
        text = captcha_text(captcha_id, answer)
        return (
            row is not None
            and row.expires_at > now
            and row.answer_index in self._personal.indexes(Field.CODE, brand, text)
        )

    def count(self, brand: str, subject: str, *, now: dt.datetime, window: dt.timedelta) -> int:
        over = usage_count.c.expires_at <= now
        statement = (
            self._insert(usage_count)
            .values(subject=self._subject(brand, subject), count=1, since=now, expires_at=now + window)
            .on_conflict_do_update(
                index_elements=["subject"],
                set_={
                    "count": case((over, 1), else_=usage_count.c.count + 1),
                    "since": case((over, now), else_=usage_count.c.since),
                    "expires_at": case((over, now + window), else_=usage_count.c.expires_at),
                },
            )
            .returning(usage_count.c.count)
        )
        return int(self._connection.execute(statement).scalar_one())

    def counted(self, brand: str, subject: str, *, now: dt.datetime) -> tuple[int, dt.datetime]:
        query = select(usage_count.c.count, usage_count.c.expires_at).where(
            usage_count.c.subject == self._subject(brand, subject), usage_count.c.expires_at > now
        )
        row = self._connection.execute(query).one_or_none()
        return (0, now) if row is None else (int(row[0]), row[1])

    def charge(
        self, brand: str, subject: str, *, limit: int, now: dt.datetime, window: dt.timedelta, lock: dt.timedelta
    ) -> dt.datetime | None:
        given = {
            "subject": self._subject(brand, subject),
            "now": now,
            "end": now + window,
            "unlocked": now + lock,
            "most": limit,
        }
        ((count, until),) = _CHARGE.rows(self._connection, given)
        return None if count <= limit else moment_of(until)

    def give_back(self, brand: str, subject: str) -> None:
        _GIVE_BACK.later(self._connection, {"of": self._subject(brand, subject)})

    def forget(self, brand: str, subject: str) -> None:
        _FORGET.later(self._connection, {"of": self._subject(brand, subject)})

    def add_challenge(self, challenge_hash: bytes, device_id: str, expires_at: dt.datetime) -> None:
        self._connection.execute(
            insert(login_challenge).values(challenge_hash=challenge_hash, device_id=device_id, expires_at=expires_at)
        )

    def take_challenge(self, challenge_hash: bytes, device_id: str, now: dt.datetime) -> bool:
        taken = self._connection.execute(
            delete(login_challenge).where(
                login_challenge.c.challenge_hash == challenge_hash,
                login_challenge.c.device_id == device_id,
                login_challenge.c.expires_at > now,
            )
        )
        return taken.rowcount == 1

    def _same(self, brand: str, phone_number: str, purpose: CodePurpose) -> tuple[ColumnElement[bool], ...]:
        indexes = self._personal.indexes(Field.PHONE_NUMBER, brand, phone_number)
        return (
            sms_code.c.brand == brand,
            one_of(sms_code.c.phone_number_index, indexes),
            sms_code.c.purpose == purpose.value,
        )

    def _subject(self, brand: str, subject: str) -> bytes:
        return self._personal.index(Field.CODE, brand, "count:" + subject)

    def _insert(self, table: Table) -> sqlite.Insert:
        if self._connection.dialect.name == "postgresql":
            return postgresql.insert(table)  # type: ignore[return-value]  # both have the methods used here
        return sqlite.insert(table)


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes what has run out of time."""
    for table in _SWEPT:
        connection.execute(delete(table).where(table.c.expires_at <= now))
