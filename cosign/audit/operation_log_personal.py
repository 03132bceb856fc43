"""What the operation log holds of people: the contents of its entries."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from cosign.audit import operation_log_unit
from cosign.audit.tables import operation_log
from cosign.personal import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, SealedColumn

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


AREA: Final = PersonalArea(
    name="operation_log",
    columns=(
        SealedColumn(sealed=operation_log.c.content_sealed, row_id=operation_log.c.operation_id, field=Field.NOTE),
    ),
    export=export,
    erase=erase,
)
