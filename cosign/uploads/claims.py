"""For other areas: whether uploads are somebody's, and how long they stay. On the caller's transaction."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from cosign.errors import ResourceNotFound
from cosign.uploads.model import Upload, UploadPurpose
from cosign.uploads.repository import UploadRows

FOR_GOOD: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""Until the upload is released or its account is erased."""


def claim(
    connection: Connection,
    upload_ids: Sequence[str],
    *,
    owner_id: str,
    purposes: frozenset[UploadPurpose],
    until: dt.datetime,
) -> list[Upload]:
    """Takes up uploads that a request names, so that they stay until then; returns them in the order given.

    Raises:
        ResourceNotFound: One is unknown, another account's, or was made for another purpose.
    """
    rows = UploadRows(connection)
    rows.lock_owner(owner_id)
    found = [rows.get(upload_id, owner_id=owner_id) for upload_id in upload_ids]
    if any(one.purpose not in purposes for one in found):
        raise ResourceNotFound("no such upload for this purpose")
    rows.keep(upload_ids, owner_id=owner_id, until=until)
    return found


def swap(connection: Connection, *, owner_id: str, purpose: UploadPurpose, before: str, after: str) -> None:
    """Takes up one upload for good in the place of another, which is removed; either may be empty.

    Raises:
        ResourceNotFound: `after` is unknown, another account's, or was made for another purpose.
    """
    if after:
        claim(connection, [after], owner_id=owner_id, purposes=frozenset({purpose}), until=FOR_GOOD)
    if before and before != after:
        release(connection, [before], owner_id=owner_id)


def release(connection: Connection, upload_ids: Sequence[str], *, owner_id: str) -> None:
    """Removes uploads that the caller's area no longer needs; unknown ones are no fault."""
    rows = UploadRows(connection)
    rows.lock_owner(owner_id)
    owned = [one.upload_id for one in map(rows.find, upload_ids) if one is not None and one.owner_id == owner_id]
    rows.remove(owned)
