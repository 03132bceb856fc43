"""What this area holds of people: arguments of messages."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select

from cosign.messages import repository
from cosign.messages.tables import message
from cosign.personal import Field, PersonalData
from cosign.personal.registry import Archive, Erased, OfBrand, PersonalArea, RetentionRule, SealedColumn

EXPORT_ROWS: Final = 10_000


def export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    """The newest messages of an account."""
    query = select(message).where(message.c.account_id == account_id).order_by(message.c.message_id.desc())
    rows = connection.execute(query.limit(EXPORT_ROWS)).mappings()
    return {
        "messages": [
            {
                "message_id": row["message_id"],
                "kind": row["kind"],
                "target_id": row["target_id"],
                "state": row["state"],
                "created_ms": row["created_ms"],
                "content": personal.open(Field.NOTE, row["message_id"], row["args_sealed"])
                if row["args_sealed"]
                else "",
            }
            for row in rows
        ]
    }


def erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    """Removes the inbox; nothing of it must be kept."""
    return Erased(repository.erase(connection, account_id))


def cancel(connection: Connection, account_id: str, now: dt.datetime) -> None:
    """Empties the inbox; what is on its way to the user has left it already."""
    repository.erase(connection, account_id)


def expire(connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int) -> int:
    """Removes old messages, read or not."""
    before_ms = round(before.timestamp() * 1000)
    old = select(message.c.message_id).where(message.c.created_ms < before_ms, of_brand(message.c.account_id))
    chosen = connection.execute(old.limit(limit)).scalars().all()
    return connection.execute(delete(message).where(message.c.message_id.in_(chosen))).rowcount


AREA: Final = PersonalArea(
    name="messages",
    columns=(SealedColumn(sealed=message.c.args_sealed, row_id=message.c.message_id, field=Field.NOTE),),
    export=export,
    erase=erase,
    cancel=cancel,
    retention=(RetentionRule(subject="messages", expire=expire),),
)
