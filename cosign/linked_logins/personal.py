"""What this area says about its personal data: ids and names of users at providers."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete

from cosign.linked_logins.repository import SqlBindings
from cosign.linked_logins.tables import linked_account, linked_pending
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea, SealedColumn


def _export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    bindings = SqlBindings(connection, personal)
    return {
        "bindings": [
            {
                "provider": one.provider.value,
                "subject": bindings.subject(one),
                "name": bindings.name(one),
                "level": one.level.value,
                "bound_at": one.bound_at.isoformat(),
            }
            for one in bindings.of_account(account_id)
        ]
    }


def _erase(connection: Connection, _personal: PersonalData, account_id: str, _archive: Archive) -> Erased:
    erased = connection.execute(delete(linked_account).where(linked_account.c.account_id == account_id)).rowcount
    # An authorisation holds nothing of the user and is left to its minutes.
    return Erased(erased)


def _cancel(connection: Connection, account_id: str, _now: dt.datetime) -> None:
    """The users of providers are free for another account at once."""
    connection.execute(delete(linked_account).where(linked_account.c.account_id == account_id))


AREA: Final = PersonalArea(
    name="linked_logins",
    columns=(
        SealedColumn(
            sealed=linked_account.c.subject_sealed,
            row_id=linked_account.c.binding_id,
            field=Field.EXTERNAL_ID,
            index=linked_account.c.subject_index,
            scope=linked_account.c.brand,
        ),
        SealedColumn(sealed=linked_account.c.name_sealed, row_id=linked_account.c.binding_id, field=Field.NAME),
    ),
    passing=(linked_pending.c.subjects_sealed, linked_pending.c.name_sealed),
    export=_export,
    erase=_erase,
    cancel=_cancel,
)
