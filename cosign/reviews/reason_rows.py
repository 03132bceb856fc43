"""`Reasons` in the database: the dictionary of reasons."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.brands.model import Text
from cosign.errors import ConcurrentOperation
from cosign.reviews.faults import ReasonTaken
from cosign.reviews.model import ReviewKind, ReviewReason
from cosign.reviews.tables import review_event, review_reason


class SqlReasons:
    """See the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self, kind: ReviewKind, *, retired: bool) -> Sequence[ReviewReason]:
        query = select(review_reason).where(review_reason.c.kind == kind.value, review_reason.c.newest.is_(True))
        if not retired:
            query = query.where(review_reason.c.retired.is_(False))
        rows = self._connection.execute(query.order_by(review_reason.c.code)).mappings()
        return [_as_reason(row) for row in rows]

    def get(self, kind: ReviewKind, code: str) -> ReviewReason | None:
        query = select(review_reason).where(*_of(kind, code), review_reason.c.newest.is_(True))
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_reason(row)

    def version(self, kind: ReviewKind, code: str, version: int) -> ReviewReason | None:
        query = select(review_reason).where(*_of(kind, code), review_reason.c.version == version)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_reason(row)

    def add(self, reason: ReviewReason) -> None:
        try:
            with self._connection.begin_nested():
                self._insert(reason)
        except IntegrityError:
            raise ReasonTaken("there is a reason of this code") from None

    def change(self, reason: ReviewReason) -> None:
        hit = self._connection.execute(
            update(review_reason)
            .where(
                *_of(reason.kind, reason.code),
                review_reason.c.version == reason.version - 1,
                review_reason.c.newest.is_(True),
            )
            .values(newest=False)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("another version was made meanwhile", retry_after_ms=100)
        self._insert(reason)

    def used(self, kind: ReviewKind, code: str) -> bool:
        query = select(review_event.c.event_id).where(
            review_event.c.kind == kind.value, review_event.c.reason_code == code, review_event.c.reason_code != ""
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def delete(self, kind: ReviewKind, code: str) -> None:
        self._connection.execute(delete(review_reason).where(*_of(kind, code)))

    def _insert(self, reason: ReviewReason) -> None:
        self._connection.execute(
            insert(review_reason).values(
                kind=reason.kind.value,
                code=reason.code,
                version=reason.version,
                newest=True,
                text_zh=reason.text.zh,
                text_en=reason.text.en,
                retired=reason.retired,
                changed_ms=reason.changed_ms,
                changed_by=reason.changed_by,
            )
        )


def _of(kind: ReviewKind, code: str) -> tuple[ColumnElement[bool], ...]:
    return (review_reason.c.kind == kind.value, review_reason.c.code == code)


def _as_reason(row: RowMapping) -> ReviewReason:
    return ReviewReason(
        kind=ReviewKind(row["kind"]),
        code=row["code"],
        version=row["version"],
        text=Text(zh=row["text_zh"], en=row["text_en"]),
        retired=row["retired"],
        changed_ms=row["changed_ms"],
        changed_by=row["changed_by"],
    )
