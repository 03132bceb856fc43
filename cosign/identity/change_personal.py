"""What manual reviews and links say about their personal data, beside `cosign.identity.personal` (R-AUD-08).

Links are nobody's account: `sweep_links` removes them when their time to be kept is over.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select

from cosign.identity.change_tables import identity_link, identity_manual
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, SealedColumn


def _export(connection: Connection, _personal: PersonalData, account_id: str) -> Mapping[str, object]:
    query = select(identity_manual).where(identity_manual.c.account_id == account_id)
    rows = connection.execute(query.order_by(identity_manual.c.attempt_id)).mappings()
    return {
        "manual_reviews": [
            {
                "attempt_id": row["attempt_id"],
                "files": row["files"].split(","),
                "submitted_at": row["submitted_at"].isoformat(),
                "decided_at": row["decided_at"].isoformat() if row["decided_at"] is not None else "",
            }
            for row in rows
        ]
    }


def _erase(connection: Connection, _personal: PersonalData, account_id: str, _archive: Archive) -> Erased:
    rows = delete(identity_manual).where(identity_manual.c.account_id == account_id)
    return Erased(connection.execute(rows).rowcount)


AREA: Final = PersonalArea(
    name="identity_changes",
    columns=(
        SealedColumn(sealed=identity_link.c.expected_sealed, row_id=identity_link.c.link_id, field=Field.IDENTITY),
    ),
    export=_export,
    erase=_erase,
)
