"""The sealed archive: what the law wants kept of an erased account (R-AUD-08).

A record is sealed as one text and cannot be searched: it is found by the account's id alone, which nothing else knows
any more once the account is erased.
"""

import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from cosign import ids
from cosign.clock import Clock
from cosign.personal.access import AuditedAccess, SealedDatum
from cosign.personal.model import Field, PersonalData
from cosign.personal.readers import Purpose, Reader
from cosign.personal.registry import Document
from cosign.personal.tables import personal_archive


class SealedArchive:
    """Archive of one account within one transaction; implements `registry.Archive`."""

    def __init__(
        self,
        connection: Connection,
        personal: PersonalData,
        *,
        account_id: str,
        keep_until: dt.datetime,
        clock: Clock,
    ) -> None:
        """`keep_until` is the end of the legal term."""
        self._connection = connection
        self._personal = personal
        self._account_id = account_id
        self._keep_until = keep_until
        self._clock = clock

    def keep(self, subject: str, document: Document) -> None:
        """See the port."""
        archive_id = ids.new_id(ids.ARCHIVE, self._clock.now_ms())
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._connection.execute(
            insert(personal_archive).values(
                archive_id=archive_id,
                account_id=self._account_id,
                subject=subject,
                document_sealed=self._personal.seal(Field.ARCHIVE, archive_id, text),
                created_at=self._clock.now(),
                keep_until=self._keep_until,
            )
        )


def read_archive(
    connection: Connection, access: AuditedAccess, reader: Reader, purpose: Purpose, account_id: str
) -> list[dict[str, Any]]:
    """Opens the archive of an account, oldest record first; each reading is recorded.

    Raises:
        NotAuthorised: The reader may not see unmasked data.
        PersonalDataUnreadable: A record does not open.
    """
    query = select(personal_archive).where(personal_archive.c.account_id == account_id)
    found = []
    for row in connection.execute(query.order_by(personal_archive.c.archive_id)).mappings():
        datum = SealedDatum(account_id, Field.ARCHIVE, row["archive_id"], row["document_sealed"])
        document = json.loads(access.read(connection, reader, purpose, datum))
        kept = {"subject": row["subject"], "keep_until": row["keep_until"].isoformat(), "document": document}
        found.append(kept)
    return found


def end_archive(connection: Connection, now: dt.datetime) -> int:
    """Erases what is past its legal term; returns how many records."""
    return connection.execute(delete(personal_archive).where(personal_archive.c.keep_until <= now)).rowcount
