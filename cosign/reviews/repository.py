"""`ReviewUnit` on one connection. Only `queue_rows`, `reason_rows` and `personal` use `tables.py` beside it."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.brands import Brands
from cosign.brands.words import ReviewStage
from cosign.clock import Clock
from cosign.personal import Field, PersonalData
from cosign.personal.access import AuditedAccess
from cosign.personal.readers import Purpose
from cosign.personal.readers import Reader as DataReader
from cosign.reviews.faults import ReviewChanged, ReviewOpen
from cosign.reviews.model import (
    TRANSITIONS,
    ReviewAction,
    ReviewEvent,
    ReviewItem,
    ReviewKind,
    ReviewPriority,
    ReviewReason,
    ReviewState,
)
from cosign.reviews.ports import PageOfReviews, QueueDepth, QueueFilter, Reviewer, ReviewSubject, Terms
from cosign.reviews.queue_rows import IS_OPEN, START, Position, queue_rows
from cosign.reviews.reason_rows import SqlReasons
from cosign.reviews.tables import review_event, review_item
from cosign.reviews.terms import terms

_PRIORITIES: Final = tuple(priority.value for priority in ReviewPriority)
"""All of them: an index that begins with the priority then serves a range of what follows it."""

Subjects = Mapping[ReviewKind, Callable[[Connection], ReviewSubject]]
"""For every kind, what makes its subject for a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What other areas do on the connection of our transaction."""

    personal: PersonalData
    access: AuditedAccess
    brands: Brands
    trail: AuditTrail
    clock: Clock


class SqlReviewUnit:
    """See the port."""

    def __init__(self, connection: Connection, neighbours: Neighbours, subjects: Subjects) -> None:
        """`subjects` may be empty for those who only hand in."""
        self._connection = connection
        self._all = neighbours
        self._subjects = subjects
        self.reasons = SqlReasons(connection)

    def terms(self, kind: ReviewKind, brand: str) -> Terms:
        return terms(kind, self._all.brands.policy(brand))

    def subject(self, kind: ReviewKind) -> ReviewSubject:
        return self._subjects[kind](self._connection)

    def add(self, item: ReviewItem) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(review_item).values(_values(item)))
        except IntegrityError:
            raise ReviewOpen("it was handed in meanwhile") from None

    def get(self, review_id: str) -> ReviewItem | None:
        return self._one(select(review_item).where(review_item.c.review_id == review_id))

    def of_subject(self, kind: ReviewKind, subject_id: str) -> ReviewItem | None:
        query = select(review_item).where(review_item.c.kind == kind.value, review_item.c.subject_id == subject_id)
        return self._one(query)

    def unfinished(self, account_id: str) -> Sequence[ReviewItem]:
        states = [state.value for state in TRANSITIONS.open]
        query = select(review_item).where(review_item.c.account_id == account_id, review_item.c.state.in_(states))
        return self._some(query.order_by(review_item.c.review_id).with_for_update())

    def returned(self, kind: ReviewKind, account_id: str) -> ReviewItem | None:
        if not account_id:
            return None
        query = select(review_item).where(
            review_item.c.account_id == account_id,
            review_item.c.kind == kind.value,
            review_item.c.state == ReviewState.RETURNED.value,
            review_item.c.correct_by_ms > 0,
        )
        found = self._some(query.order_by(review_item.c.finished_ms.desc()).limit(1))
        return found[0] if found else None

    def change(self, item: ReviewItem) -> ReviewItem:
        values = _values(item) | {"version": item.version + 1}
        hit = self._connection.execute(
            update(review_item)
            .where(review_item.c.review_id == item.review_id, review_item.c.version == item.version)
            .values(values)
        )
        if hit.rowcount != 1:
            raise ReviewChanged("the review was changed meanwhile")
        return _as_item(values)

    def queue(self, wanted: QueueFilter, *, after: str, limit: int) -> PageOfReviews:
        rows = queue_rows(self._connection, wanted, _decoded(after), limit + 1)
        found = [_as_item(row) for row in itertools.islice(rows, limit + 1)]
        more = len(found) > limit
        return PageOfReviews(found[:limit], "/".join(map(str, _position(found[limit - 1]))) if more else "")

    def lapsed(self, now_ms: int, *, limit: int) -> Sequence[ReviewItem]:
        query = select(review_item).where(_is(ReviewState.CLAIMED), review_item.c.claim_until_ms <= now_ms)
        return self._some(query.order_by(review_item.c.claim_until_ms).limit(limit).with_for_update(skip_locked=True))

    def uncorrected(self, now_ms: int, *, limit: int) -> Sequence[ReviewItem]:
        query = select(review_item).where(_is(ReviewState.RETURNED), review_item.c.correct_by_ms <= now_ms)
        return self._some(query.order_by(review_item.c.correct_by_ms).limit(limit).with_for_update(skip_locked=True))

    def depth(self, now_ms: int) -> Mapping[ReviewKind, QueueDepth]:
        found = {}
        for kind in ReviewKind:
            open_ = (review_item.c.kind == kind.value, IS_OPEN)
            totals = select(func.count(), func.min(review_item.c.opened_ms)).where(*open_)
            count, oldest = self._connection.execute(totals).one()
            late = select(func.count()).where(
                *open_, review_item.c.priority.in_(_PRIORITIES), review_item.c.due_ms <= now_ms
            )
            found[kind] = QueueDepth(
                open=count, overdue=self._connection.execute(late).scalar_one(), oldest_ms=oldest or 0
            )
        return found

    def add_event(self, event: ReviewEvent) -> None:
        kind, account_id = self._connection.execute(
            select(review_item.c.kind, review_item.c.account_id).where(review_item.c.review_id == event.review_id)
        ).one()
        note = self._all.personal.seal(Field.NOTE, event.event_id, event.note) if event.note else None
        self._connection.execute(
            insert(review_event).values(
                event_id=event.event_id,
                review_id=event.review_id,
                kind=kind,
                version=event.version,
                action=event.action.value,
                time_ms=event.time_ms,
                actor=event.actor,
                stage=event.stage,
                round=event.round,
                reason_code=event.reason_code,
                reason_version=event.reason_version,
                note_sealed=note,
            )
        )
        self._audit(
            AuditEvent.REVIEW,
            event.action.value,
            device_id=account_id,
            key_id=event.review_id,
            actor=event.actor,
        )

    def history(self, review_id: str) -> Sequence[ReviewEvent]:
        query = select(review_event).where(review_event.c.review_id == review_id).order_by(review_event.c.version)
        return [self._as_event(row) for row in self._connection.execute(query).mappings()]

    def approved_by(self, item: ReviewItem) -> frozenset[str]:
        query = select(review_event.c.actor).where(
            review_event.c.review_id == item.review_id,
            review_event.c.round == item.round,
            review_event.c.action == ReviewAction.STAGE_APPROVED.value,
        )
        return frozenset(self._connection.execute(query).scalars())

    def record_reading(self, item: ReviewItem, reader: Reviewer, purpose: Purpose, what: str) -> None:
        access, who = self._all.access, DataReader(reader.staff_id, {duty.value for duty in reader.duties})
        access.authorise(who)
        access.record(self._connection, who, purpose, account_id=item.account_id, what=what)

    def record_reason(self, reason: ReviewReason, actor: str, *, outcome: str) -> None:
        name = f"{reason.kind.value}/{reason.code}/{reason.version}"
        self._audit(AuditEvent.REVIEW_REASON, outcome, key_id=name, actor=actor)

    def _audit(self, event: AuditEvent, outcome: str, **values: str) -> None:
        entry = AuditEntry(time_ms=self._all.clock.now_ms(), event=event, outcome=outcome, **values)  # type: ignore[arg-type]  # texts only
        self._all.trail.append(self._connection, [entry])

    def _one(self, query: Select[Any]) -> ReviewItem | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _as_item(row)

    def _some(self, query: Select[Any]) -> Sequence[ReviewItem]:
        return [_as_item(row) for row in self._connection.execute(query).mappings()]

    def _as_event(self, row: RowMapping) -> ReviewEvent:
        sealed = row["note_sealed"]
        return ReviewEvent(
            event_id=row["event_id"],
            review_id=row["review_id"],
            version=row["version"],
            action=ReviewAction(row["action"]),
            time_ms=row["time_ms"],
            actor=row["actor"],
            stage=row["stage"],
            round=row["round"],
            reason_code=row["reason_code"],
            reason_version=row["reason_version"],
            note="" if sealed is None else self._all.personal.open(Field.NOTE, row["event_id"], sealed),
        )


def _is(state: ReviewState) -> ColumnElement[bool]:
    return review_item.c.state == bindparam(None, state.value, literal_execute=True)


def _position(item: ReviewItem) -> Position:
    return item.priority.value, item.due_ms, item.review_id


def _decoded(cursor: str) -> Position:
    if not cursor:
        return START
    priority, due_ms, review_id = cursor.split("/")
    return int(priority), int(due_ms), review_id


def _values(item: ReviewItem) -> dict[str, Any]:
    return {
        "review_id": item.review_id,
        "kind": item.kind.value,
        "subject_id": item.subject_id,
        "brand": item.brand,
        "account_id": item.account_id,
        "opened_by": item.opened_by,
        "state": item.state.value,
        "path": ",".join(stage.value for stage in item.path),
        "stage": item.stage,
        "round": item.round,
        "priority": item.priority.value,
        "opened_ms": item.opened_ms,
        "due_ms": item.due_ms,
        "claimed_by": item.claimed_by,
        "claim_until_ms": item.claim_until_ms,
        "correct_by_ms": item.correct_by_ms,
        "finished_ms": item.finished_ms,
        "version": item.version,
    }


def _as_item(row: Mapping[str, Any] | RowMapping) -> ReviewItem:
    return ReviewItem(
        review_id=row["review_id"],
        kind=ReviewKind(row["kind"]),
        subject_id=row["subject_id"],
        brand=row["brand"],
        account_id=row["account_id"],
        opened_by=row["opened_by"],
        state=ReviewState(row["state"]),
        path=tuple(ReviewStage(word) for word in row["path"].split(",")),
        stage=row["stage"],
        round=row["round"],
        priority=ReviewPriority(row["priority"]),
        opened_ms=row["opened_ms"],
        due_ms=row["due_ms"],
        claimed_by=row["claimed_by"],
        claim_until_ms=row["claim_until_ms"],
        correct_by_ms=row["correct_by_ms"],
        finished_ms=row["finished_ms"],
        version=row["version"],
    )
