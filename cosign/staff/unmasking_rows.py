"""Who saw what in clear text, in the database; part of `SqlStaffUnit`."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from cosign.personal import Field, PersonalData
from cosign.staff.model import Unmasking
from cosign.staff.tables import staff_unmasking as table


class SqlUnmaskings:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, unmasking: Unmasking) -> None:
        self._connection.execute(
            insert(table).values(
                unmasking_id=unmasking.unmasking_id,
                staff_id=unmasking.staff_id,
                account_id=unmasking.account_id,
                field=unmasking.datum,
                purpose=unmasking.purpose,
                reason_sealed=self._personal.seal(Field.NOTE, unmasking.unmasking_id, unmasking.reason),
                time=unmasking.time,
            )
        )

    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[Unmasking]:
        query = select(table)
        if account_id:
            query = query.where(table.c.account_id == account_id)
        if before:
            query = query.where(table.c.unmasking_id < before)
        rows = self._connection.execute(query.order_by(table.c.unmasking_id.desc()).limit(limit)).mappings()
        return [
            Unmasking(
                unmasking_id=row["unmasking_id"],
                staff_id=row["staff_id"],
                account_id=row["account_id"],
                datum=row["field"],
                purpose=row["purpose"],
                reason=self._personal.open(Field.NOTE, row["unmasking_id"], row["reason_sealed"])
                if row["reason_sealed"]
                else "",
                time=row["time"],
            )
            for row in rows
        ]
