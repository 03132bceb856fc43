"""What the operation log holds of people: the contents of its entries."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select

from cosign import ids
from cosign.audit import operation_log_unit
from cosign.audit.tables import operation_log
from cosign.personal import Field, PersonalData
from cosign.personal.registry import Archive, Erased, OfBrand, PersonalArea, RetentionRule, SealedColumn

EXPORT_ROWS: Final = 10_000


def export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    """The newest entries of an account."""
    log = operation_log
    query = select(log).where(log.c.account_id == account_id).order_by(log.c.operation_id.desc()).limit(EXPORT_ROWS)
    return {
        "operations": [
            {
                "operation_id": row["operation_id"],
                "kind": row["kind"],
                "outcome": row["outcome"],
                "object_id": row["object_id"],
                "device_id": row["device_id"],
                "time_ms": row["time_ms"],
                "content": personal.open(Field.NOTE, row["operation_id"], row["content_sealed"])
                if row["content_sealed"]
                else "",
            }
            for row in connection.execute(query).mappings()
        ]
    }


def erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    """Removes what the user could see; the rows of the audit chain stay (R-AUD-08)."""
    return Erased(operation_log_unit.erase(connection, account_id))


def expire(connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int) -> int:
    """Removes old entries; the rows of the audit chain stay. Ids sort by age, so that the primary key finds them."""
    log = operation_log
    newest = ids.first_id(ids.OPERATION, round(before.timestamp() * 1000))
    old = select(log.c.operation_id).where(log.c.operation_id < newest, of_brand(log.c.account_id))
    chosen = connection.execute(old.order_by(log.c.operation_id).limit(limit)).scalars().all()
    return connection.execute(delete(log).where(log.c.operation_id.in_(chosen))).rowcount


AREA: Final = PersonalArea(
    name="operation_log",
    columns=(
        SealedColumn(sealed=operation_log.c.content_sealed, row_id=operation_log.c.operation_id, field=Field.NOTE),
    ),
    export=export,
    erase=erase,
    retention=(RetentionRule(subject="operation_log", expire=expire),),
)
