"""What this area holds of people: what reviewers wrote to them."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, select, update

from cosign.clock import to_ms
from cosign.personal import Field, PersonalData
from cosign.personal.registry import Archive, Erased, OfBrand, PersonalArea, RetentionRule, SealedColumn
from cosign.reviews.model import OPEN, ReviewState
from cosign.reviews.tables import review_event, review_item


def export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    """What was decided about an account, and what was written to its user."""
    items = connection.execute(select(review_item).where(review_item.c.account_id == account_id)).mappings().all()
    return {
        "reviews": [
            {
                "review_id": item["review_id"],
                "kind": item["kind"],
                "state": item["state"],
                "opened_ms": item["opened_ms"],
                "finished_ms": item["finished_ms"],
                "decisions": _decisions(connection, personal, item["review_id"]),
            }
            for item in items
        ]
    }


def erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    """Removes what was written, and takes what is open out of the queue: its subject goes with the account.

    Who decided what and when stays, as evidence without a person.
    """
    connection.execute(
        update(review_item)
        .where(review_item.c.account_id == account_id, review_item.c.state.in_([state.value for state in OPEN]))
        .values(
            state=ReviewState.WITHDRAWN.value,
            claimed_by="",
            claim_until_ms=0,
            finished_ms=review_item.c.opened_ms,
            version=review_item.c.version + 1,
        )
    )
    names = connection.execute(select(review_item.c.review_id).where(review_item.c.account_id == account_id)).scalars()
    erased = 0
    for review_id in names.all():
        written = (review_event.c.review_id == review_id, review_event.c.note_sealed.is_not(None))
        erased += connection.execute(update(review_event).where(*written).values(note_sealed=None)).rowcount
    return Erased(erased)


def expire(connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int) -> int:
    """Removes decided items with their history, as long as the attempts they were about."""
    old = (
        select(review_item.c.review_id)
        .where(
            review_item.c.finished_ms < to_ms(before),
            review_item.c.finished_ms > 0,
            of_brand(review_item.c.account_id),
        )
        .order_by(review_item.c.finished_ms)
        .limit(limit)
    )
    names = list(connection.execute(old).scalars())
    if not names:
        return 0
    connection.execute(delete(review_event).where(review_event.c.review_id.in_(names)))
    return connection.execute(delete(review_item).where(review_item.c.review_id.in_(names))).rowcount


def _decisions(connection: Connection, personal: PersonalData, review_id: str) -> list[dict[str, object]]:
    query = select(review_event).where(review_event.c.review_id == review_id).order_by(review_event.c.version)
    return [
        {
            "action": row["action"],
            "time_ms": row["time_ms"],
            "reason": row["reason_code"],
            "note": ""
            if row["note_sealed"] is None
            else personal.open(Field.NOTE, row["event_id"], row["note_sealed"]),
        }
        for row in connection.execute(query).mappings()
    ]


AREA: Final = PersonalArea(
    name="reviews",
    columns=(SealedColumn(sealed=review_event.c.note_sealed, row_id=review_event.c.event_id, field=Field.NOTE),),
    export=export,
    erase=erase,
    retention=(RetentionRule(subject="attempts", expire=expire),),
)
