"""`ComputerUnit` on one connection. The only user of `tables.py` beside `personal`."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from cosign.accounts import AccountUnit
from cosign.computer_logins.model import ComputerLogin, ComputerLoginState, ComputerSession
from cosign.computer_logins.tables import computer_login, computer_session
from cosign.errors import ConcurrentOperation
from cosign.personal import Field, PersonalData
from cosign.store.waker import notify

CHANGED: Final = "computer-login:"
"""Topic of `cosign.store.waker`, followed by the id of a login."""
KEEP_OVER: Final = dt.timedelta(hours=1)
"""How long a login that is over stays known, so that its computer hears what became of it."""


class SqlComputerUnit:
    """See the port."""

    def __init__(self, connection: Connection, *, accounts: AccountUnit, personal: PersonalData) -> None:
        self.accounts = accounts
        self.logins = SqlComputerLogins(connection, personal)
        self.computers = SqlComputerSessions(connection, personal)


class SqlComputerLogins:
    """Computers that wait, on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, login: ComputerLogin, *, ticket_hash: bytes, secret_hash: bytes, number: str) -> None:
        self._connection.execute(
            insert(computer_login).values(
                login_id=login.login_id,
                brand=login.brand,
                state=login.state.value,
                ticket_hash=ticket_hash,
                secret_hash=secret_hash,
                number_index=self._personal.index(Field.CODE, login.brand, _number(login, number)),
                tries=login.tries,
                label=login.label,
                network_sealed=self._personal.seal(Field.ADDRESS_OF_CALLER, login.login_id, login.network),
                created_at=login.created_at,
                expires_at=login.expires_at,
                account_id=login.account_id,
                device_id=login.device_id,
                session_id=login.session_id,
                acting=login.acting,
            )
        )

    def get(self, login_id: str) -> ComputerLogin | None:
        query = select(computer_login).where(computer_login.c.login_id == login_id)
        return self._as_login(self._connection.execute(query).mappings().one_or_none())

    def of_computer(self, login_id: str, secret_hash: bytes) -> ComputerLogin | None:
        query = select(computer_login).where(
            computer_login.c.login_id == login_id, computer_login.c.secret_hash == secret_hash
        )
        return self._as_login(self._connection.execute(query).mappings().one_or_none())

    def by_ticket(self, ticket_hash: bytes) -> ComputerLogin | None:
        query = select(computer_login).where(computer_login.c.ticket_hash == ticket_hash)
        return self._as_login(self._connection.execute(query).mappings().one_or_none())

    def is_number(self, login: ComputerLogin, number: str) -> bool:
        query = select(computer_login.c.number_index).where(computer_login.c.login_id == login.login_id)
        stored = self._connection.execute(query).scalar_one()
        return stored in self._personal.indexes(Field.CODE, login.brand, _number(login, number))

    def charge_try(self, login: ComputerLogin) -> int:
        charged = (
            update(computer_login)
            .where(computer_login.c.login_id == login.login_id)
            .values(tries=computer_login.c.tries + 1)
            .returning(computer_login.c.tries)
        )
        return int(self._connection.execute(charged).scalar_one())

    def scanned(
        self, login: ComputerLogin, *, account_id: str, device_id: str, session_id: str, acting: str
    ) -> ComputerLogin:
        who = {"account_id": account_id, "device_id": device_id, "session_id": session_id, "acting": acting}
        return dataclasses.replace(
            self._become(login, ComputerLoginState.SCANNED, who),
            account_id=account_id,
            device_id=device_id,
            session_id=session_id,
            acting=acting,
        )

    def become(self, login: ComputerLogin, target: ComputerLoginState) -> ComputerLogin:
        return self._become(login, target, {})

    def _become(self, login: ComputerLogin, target: ComputerLoginState, who: dict[str, str]) -> ComputerLogin:
        login.check_becomes(target)
        hit = self._connection.execute(
            update(computer_login)
            .where(computer_login.c.login_id == login.login_id, computer_login.c.state == login.state.value)
            .values(state=target.value, **who)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the login changed meanwhile")
        notify(self._connection, CHANGED + login.login_id)
        return dataclasses.replace(login, state=target)

    def _as_login(self, row: RowMapping | None) -> ComputerLogin | None:
        if row is None:
            return None
        return ComputerLogin(
            login_id=row["login_id"],
            brand=row["brand"],
            state=ComputerLoginState(row["state"]),
            label=row["label"],
            network=self._personal.open(Field.ADDRESS_OF_CALLER, row["login_id"], row["network_sealed"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            tries=row["tries"],
            account_id=row["account_id"],
            device_id=row["device_id"],
            session_id=row["session_id"],
            acting=row["acting"],
        )


class SqlComputerSessions:
    """Computers that were let in, on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, session: ComputerSession, token_hash: bytes) -> None:
        self._connection.execute(
            insert(computer_session).values(
                computer_id=session.computer_id,
                token_hash=token_hash,
                account_id=session.account_id,
                brand=session.brand,
                device_id=session.device_id,
                session_id=session.session_id,
                acting=session.acting,
                label=session.label,
                network_sealed=self._personal.seal(Field.ADDRESS_OF_CALLER, session.computer_id, session.network),
                opened_at=session.opened_at,
                expires_at=session.expires_at,
                ended_reason=session.ended_reason,
            )
        )

    def by_token(self, token_hash: bytes) -> ComputerSession | None:
        query = select(computer_session).where(computer_session.c.token_hash == token_hash)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else self._as_session(row)

    def living(self, account_id: str, now: dt.datetime) -> Sequence[ComputerSession]:
        query = select(computer_session).where(
            computer_session.c.account_id == account_id,
            computer_session.c.ended_reason == "",
            computer_session.c.expires_at > now,
        )
        rows = self._connection.execute(query.order_by(computer_session.c.computer_id.desc())).mappings()
        return [self._as_session(row) for row in rows]

    def end(self, computer_id: str, reason: str) -> bool:
        hit = self._connection.execute(
            update(computer_session)
            .where(computer_session.c.computer_id == computer_id, computer_session.c.ended_reason == "")
            .values(ended_reason=reason)
        )
        return hit.rowcount == 1

    def _as_session(self, row: RowMapping) -> ComputerSession:
        return ComputerSession(
            computer_id=row["computer_id"],
            account_id=row["account_id"],
            brand=row["brand"],
            device_id=row["device_id"],
            session_id=row["session_id"],
            acting=row["acting"],
            label=row["label"],
            network=self._personal.open(Field.ADDRESS_OF_CALLER, row["computer_id"], row["network_sealed"]),
            opened_at=row["opened_at"],
            expires_at=row["expires_at"],
            ended_reason=row["ended_reason"],
        )


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes logins that are over and sessions that have ended by time."""
    connection.execute(delete(computer_login).where(computer_login.c.expires_at <= now - KEEP_OVER))
    connection.execute(delete(computer_session).where(computer_session.c.expires_at <= now))


def _number(login: ComputerLogin, number: str) -> str:
    return f"computer:{login.login_id}:{number}"
