"""`NumberChanges` in the database."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.accounts.faults import NumberChangeOpen
from cosign.accounts.number_change import NUMBER_CHANGE_TRANSITIONS, NumberChange, NumberChangeState
from cosign.accounts.tables import number_change as table
from cosign.errors import ConcurrentOperation
from cosign.personal import Field, PersonalData


class SqlNumberChanges:
    """Wishes on one connection."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, change: NumberChange, phone_number: str) -> None:
        values = {
            "change_id": change.change_id,
            "account_id": change.account_id,
            "brand": change.brand,
            "state": change.state.value,
            "number_sealed": self._personal.seal(Field.PHONE_NUMBER, change.change_id, phone_number),
            "proof_id": change.proof_id,
            "device_id": change.device_id,
            "requested_at": change.requested_at,
            "due_at": change.due_at,
        }
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(table).values(values))
        except IntegrityError:
            raise NumberChangeOpen("a change is under way") from None

    def get(self, change_id: str) -> NumberChange | None:
        query = select(table).where(table.c.change_id == change_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_change(row)

    def newest(self, account_id: str) -> NumberChange | None:
        query = select(table).where(table.c.account_id == account_id).order_by(table.c.change_id.desc()).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_change(row)

    def phone_number(self, change_id: str) -> str:
        query = select(table.c.number_sealed).where(table.c.change_id == change_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return "" if sealed is None else self._personal.open(Field.PHONE_NUMBER, change_id, sealed)

    def become(
        self, change: NumberChange, target: NumberChangeState, *, now: dt.datetime, due_at: dt.datetime | None = None
    ) -> NumberChange:
        change.check_becomes(target)
        values: dict[str, object] = {"state": target.value, "due_at": due_at}
        if not NUMBER_CHANGE_TRANSITIONS[target]:
            values |= {"ended_at": now, "number_sealed": None}
        hit = self._connection.execute(
            update(table)
            .where(table.c.change_id == change.change_id, table.c.state == change.state.value)
            .values(values)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the change was decided meanwhile")
        return dataclasses.replace(change, state=target, due_at=due_at)

    def due(self, now: dt.datetime, limit: int) -> Sequence[str]:
        waiting = table.c.state == NumberChangeState.WAITING.value
        query = select(table.c.change_id).where(waiting, table.c.due_at <= now).order_by(table.c.due_at).limit(limit)
        return [str(one) for one in self._connection.execute(query).scalars()]


def _as_change(row: RowMapping) -> NumberChange:
    return NumberChange(
        change_id=row["change_id"],
        account_id=row["account_id"],
        brand=row["brand"],
        state=NumberChangeState(row["state"]),
        proof_id=row["proof_id"],
        device_id=row["device_id"],
        requested_at=row["requested_at"],
        due_at=row["due_at"],
    )
