"""What this area says about its personal data: uploads are exported as a list, and erased with the account."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Engine

from cosign.personal.model import PersonalData
from cosign.personal.registry import Archive, Erased, PersonalArea
from cosign.store.unit_of_work import reading
from cosign.uploads.model import UploadPurpose
from cosign.uploads.repository import UploadRows
from cosign.uploads.tables import upload_object


def _export(connection: Connection, _personal: PersonalData, account_id: str) -> Mapping[str, object]:
    return {
        "uploads": [
            {
                "upload_id": one.upload_id,
                "purpose": one.purpose.value,
                "media_type": one.media_type.value,
                "size": one.size,
                "created_at": one.created_at.isoformat(),
                "keep_until": one.keep_until.isoformat(),
            }
            for one in UploadRows(connection).of_owner(account_id)
        ]
    }


def _erase(connection: Connection, _personal: PersonalData, account_id: str, _archive: Archive) -> Erased:
    rows = UploadRows(connection)
    rows.lock_owner(account_id)
    return Erased(rows.remove([one.upload_id for one in rows.of_owner(account_id)]))


def _cancel(connection: Connection, account_id: str, _now: dt.datetime) -> None:
    """Pictures of identity checks stay as long as the checks."""
    rows = UploadRows(connection)
    rows.lock_owner(account_id)
    rows.remove([one.upload_id for one in rows.of_owner(account_id) if one.purpose is UploadPurpose.AVATAR])


def uses(engine: Engine, key_version: int) -> bool:
    """Whether a stored object is under this data key."""
    with reading(engine) as connection:
        return UploadRows(connection).key_in_use(key_version)


AREA: Final = PersonalArea(
    name="uploads", passing=(upload_object.c.content_index,), export=_export, erase=_erase, cancel=_cancel
)
