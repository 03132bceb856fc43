"""Sessions, login history and failed attempts of staff in the database; part of `SqlStaffUnit`."""

import datetime as dt
import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from cosign.personal import Field, PersonalData
from cosign.staff.model import StaffLogin, StaffSession
from cosign.staff.tables import staff_attempt, staff_login, staff_session


class SqlStaffSessions:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, session: StaffSession, token_hash: bytes) -> None:
        self._connection.execute(
            insert(staff_session).values(
                session_id=session.session_id,
                staff_id=session.staff_id,
                token_hash=token_hash,
                created_at=session.created_at,
                last_used_at=session.last_used_at,
                expires_at=session.expires_at,
                certificate_hash=session.certificate_hash,
                ended_reason="",
            )
        )

    def by_token(self, token_hash: bytes) -> StaffSession | None:
        query = select(staff_session).where(staff_session.c.token_hash == token_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _session(row)

    def touch(self, session_id: str, now: dt.datetime) -> None:
        self._connection.execute(
            update(staff_session)
            .where(
                staff_session.c.session_id == session_id,
                staff_session.c.ended_reason == "",
                staff_session.c.last_used_at < now,
            )
            .values(last_used_at=now)
        )

    def end(self, session_id: str, reason: str) -> bool:
        hit = self._connection.execute(
            update(staff_session)
            .where(staff_session.c.session_id == session_id, staff_session.c.ended_reason == "")
            .values(ended_reason=reason)
        )
        return hit.rowcount == 1

    def end_all(self, staff_id: str, reason: str, *, keep: str = "") -> int:
        ended = update(staff_session).where(staff_session.c.staff_id == staff_id, staff_session.c.ended_reason == "")
        if keep:
            ended = ended.where(staff_session.c.session_id != keep)
        return self._connection.execute(ended.values(ended_reason=reason)).rowcount

    def add_login(self, staff_id: str, entry: StaffLogin) -> None:
        self._connection.execute(
            insert(staff_login).values(
                login_id=entry.login_id,
                staff_id=staff_id,
                time=entry.time,
                result=entry.result,
                network_sealed=self._personal.seal(Field.ADDRESS_OF_CALLER, entry.login_id, entry.network),
            )
        )

    def logins(self, staff_id: str, *, before: str, limit: int) -> Sequence[StaffLogin]:
        query = select(staff_login).where(staff_login.c.staff_id == staff_id)
        if before:
            query = query.where(staff_login.c.login_id < before)
        rows = self._connection.execute(query.order_by(staff_login.c.login_id.desc()).limit(limit)).mappings()
        return [
            StaffLogin(
                row["login_id"],
                row["time"],
                row["result"],
                self._personal.open(Field.ADDRESS_OF_CALLER, row["login_id"], row["network_sealed"]),
            )
            for row in rows
        ]


class SqlAttempts:
    """See the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert

    def charge(
        self, subject: str, *, limit: int, now: dt.datetime, window: dt.timedelta, lock: dt.timedelta
    ) -> dt.datetime | None:
        table = staff_attempt
        over = table.c.expires_at <= now
        last = (table.c.count + 1 >= limit) & (table.c.count < limit)
        statement = (
            self._insert(table)
            .values(subject=_subject(subject), count=1, expires_at=now + window)
            .on_conflict_do_update(
                index_elements=["subject"],
                set_={
                    "count": case((over, 1), else_=table.c.count + 1),
                    "expires_at": case((over, now + window), (last, now + lock), else_=table.c.expires_at),
                },
            )
            .returning(table.c.count, table.c.expires_at)
        )
        count, until = self._connection.execute(statement).one()
        return None if count <= limit else until

    def counted(self, subject: str, *, now: dt.datetime) -> tuple[int, dt.datetime]:
        query = select(staff_attempt.c.count, staff_attempt.c.expires_at).where(
            staff_attempt.c.subject == _subject(subject), staff_attempt.c.expires_at > now
        )
        row = self._connection.execute(query).one_or_none()
        return (0, now) if row is None else (int(row[0]), row[1])

    def give_back(self, subject: str) -> None:
        self._connection.execute(
            update(staff_attempt)
            .where(staff_attempt.c.subject == _subject(subject), staff_attempt.c.count > 0)
            .values(count=staff_attempt.c.count - 1)
        )

    def forget(self, subject: str) -> None:
        self._connection.execute(delete(staff_attempt).where(staff_attempt.c.subject == _subject(subject)))


def _subject(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _session(row: RowMapping) -> StaffSession:
    return StaffSession(
        session_id=row["session_id"],
        staff_id=row["staff_id"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        certificate_hash=bytes(row["certificate_hash"]),
        ended_reason=row["ended_reason"],
    )
