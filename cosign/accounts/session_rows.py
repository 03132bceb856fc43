"""`Sessions` in the database: logins and their history."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import Connection, RowMapping, func, select, update

from cosign.accounts.model import LoginEntry, LoginSession
from cosign.accounts.tables import account_session, login_history
from cosign.personal import Field, PersonalData
from cosign.store.prepared import Prepared

_ADD: Final = Prepared(
    "INSERT INTO account_session (session_id, account_id, device_id, brand, generation, refreshed_at, expires_at, "
    "ended_reason) VALUES (:session_id, :account_id, :device_id, :brand, :generation, :refreshed_at, :expires_at, "
    ":ended_reason)"
)
_ADD_LOGIN: Final = Prepared(
    "INSERT INTO login_history (login_id, account_id, time, method, result, device_id, device_label, network_sealed) "
    "VALUES (:login_id, :account_id, :time, :method, :result, :device_id, :device_label, :network_sealed)"
)


@cache
def _end_all(of_device: bool, but_one: bool) -> Prepared:
    """Ends the sessions of an account: those of a device or all, except one or none."""
    ended = "UPDATE account_session SET ended_reason = :why WHERE account_id = :of_account AND ended_reason = ''"
    ended += " AND device_id = :of_device" if of_device else ""
    ended += " AND session_id <> :but" if but_one else ""
    return Prepared(ended)


class SqlSessions:
    """Logins on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, session: LoginSession) -> None:
        _ADD.later(
            self._connection,
            {
                "session_id": session.session_id,
                "account_id": session.account_id,
                "device_id": session.device_id,
                "brand": session.brand,
                "generation": session.generation,
                "refreshed_at": session.refreshed_at,
                "expires_at": session.expires_at,
                "ended_reason": session.ended_reason,
            },
        )

    def get(self, session_id: str) -> LoginSession | None:
        query = select(account_session).where(account_session.c.session_id == session_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        return LoginSession(
            session_id=row["session_id"],
            account_id=row["account_id"],
            device_id=row["device_id"],
            brand=row["brand"],
            generation=row["generation"],
            refreshed_at=row["refreshed_at"],
            expires_at=row["expires_at"],
            ended_reason=row["ended_reason"],
        )

    def rotate(self, session: LoginSession, *, now: dt.datetime, expires_at: dt.datetime) -> bool:
        hit = self._connection.execute(
            update(account_session)
            .where(
                account_session.c.session_id == session.session_id,
                account_session.c.generation == session.generation,
                account_session.c.ended_reason == "",
            )
            .values(generation=session.generation + 1, refreshed_at=now, expires_at=expires_at)
        )
        return hit.rowcount == 1

    def end(self, session_id: str, reason: str) -> bool:
        hit = self._connection.execute(
            update(account_session)
            .where(account_session.c.session_id == session_id, account_session.c.ended_reason == "")
            .values(ended_reason=reason)
        )
        return hit.rowcount == 1

    def end_all(self, account_id: str, reason: str, *, device_id: str = "", keep: str = "") -> int:
        given = {"of_account": account_id, "of_device": device_id, "but": keep, "why": reason}
        return _end_all(bool(device_id), bool(keep)).run(self._connection, given)

    def living(self, account_id: str, now: dt.datetime) -> int:
        alive = (account_session.c.ended_reason == "", account_session.c.expires_at > now)
        query = select(func.count()).where(account_session.c.account_id == account_id, *alive)
        return int(self._connection.execute(query).scalar_one())

    def add_login(self, account_id: str, entry: LoginEntry) -> None:
        _ADD_LOGIN.later(
            self._connection,
            {
                "login_id": entry.login_id,
                "account_id": account_id,
                "time": entry.time,
                "method": entry.method,
                "result": entry.result,
                "device_id": entry.device_id,
                "device_label": entry.device_label,
                "network_sealed": self._personal.seal(Field.ADDRESS_OF_CALLER, entry.login_id, entry.network),
            },
        )

    def logins(self, account_id: str, *, before: str, limit: int) -> Sequence[LoginEntry]:
        query = select(login_history).where(login_history.c.account_id == account_id)
        if before:
            query = query.where(login_history.c.login_id < before)
        rows = self._connection.execute(query.order_by(login_history.c.login_id.desc()).limit(limit)).mappings()
        return [self._as_entry(row) for row in rows]

    def _as_entry(self, row: RowMapping) -> LoginEntry:
        return LoginEntry(
            login_id=row["login_id"],
            time=row["time"],
            method=row["method"],
            result=row["result"],
            device_id=row["device_id"],
            device_label=row["device_label"],
            network=self._personal.open(Field.ADDRESS_OF_CALLER, row["login_id"], row["network_sealed"]),
        )
