"""What this area says about its personal data: rotation, export, erasure (R-AUD-08)."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select

from cosign.computer_logins.tables import computer_login, computer_session
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, SealedColumn


def _export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    query = select(computer_session).where(computer_session.c.account_id == account_id)
    return {
        "computers": [
            {
                "opened_at": row["opened_at"].isoformat(),
                "label": row["label"],
                "network": personal.open(Field.ADDRESS_OF_CALLER, row["computer_id"], row["network_sealed"]),
            }
            for row in connection.execute(query.order_by(computer_session.c.computer_id)).mappings()
        ]
    }


def _erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    del personal, archive  # nothing outlives the account
    return Erased(_remove(connection, account_id), archived=0)


def _cancel(connection: Connection, account_id: str, _now: dt.datetime) -> None:
    _remove(connection, account_id)


def _remove(connection: Connection, account_id: str) -> int:
    gone = delete(computer_session).where(computer_session.c.account_id == account_id)
    return connection.execute(gone).rowcount


AREA: Final = PersonalArea(
    name="computer_logins",
    columns=(
        SealedColumn(
            sealed=computer_session.c.network_sealed,
            row_id=computer_session.c.computer_id,
            field=Field.ADDRESS_OF_CALLER,
        ),
    ),
    passing=(computer_login.c.network_sealed, computer_login.c.number_index),
    export=_export,
    erase=_erase,
    cancel=_cancel,
)
