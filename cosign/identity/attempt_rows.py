"""`Attempts` and `Callbacks` in the database."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign import ids
from cosign.brands import IdentityMethod
from cosign.clock import to_ms
from cosign.errors import ConcurrentOperation
from cosign.identity.faults import AttemptOpen
from cosign.identity.model import (
    EXPIRING,
    AssuranceLevel,
    Attempt,
    AttemptPurpose,
    DueQuery,
    FailureReason,
    IdentityState,
    Masked,
    PersonData,
)
from cosign.identity.sealed import person_data, person_json, session_json, session_of
from cosign.identity.tables import QUERIED, identity_callback
from cosign.identity.tables import identity_attempt as table
from cosign.personal import Field, PersonalData, mask_document_number, mask_name, mask_phone_number


class SqlAttempts:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, attempt: Attempt, claimed: PersonData | None = None) -> None:
        empty = dict.fromkeys(("session_sealed", "claimed_sealed", "read_sealed", "note_sealed"), b"")
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(table).values(**_values(attempt), **empty))
        except IntegrityError:
            newest = self.newest(attempt.account_id)
            raise AttemptOpen(newest.attempt_id if newest is not None else "") from None
        if claimed is not None:
            self.set_claimed(attempt.attempt_id, claimed)

    def get(self, attempt_id: str) -> Attempt | None:
        return _attempt(self._one(attempt_id))

    def locked(self, attempt_id: str) -> Attempt | None:
        query = select(table).where(table.c.attempt_id == attempt_id).with_for_update()
        return _attempt(self._connection.execute(query).mappings().one_or_none())

    def of_provider(self, provider: str, provider_ref: str) -> Attempt | None:
        query = select(table).where(
            table.c.provider == provider, table.c.provider_ref == provider_ref, table.c.provider_ref != ""
        )
        return _attempt(self._connection.execute(query).mappings().one_or_none())

    def newest(self, account_id: str) -> Attempt | None:
        found = self.page(account_id, before="", limit=1)
        return found[0] if found else None

    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[Attempt]:
        query = select(table).where(table.c.account_id == account_id)
        if before:
            query = query.where(table.c.attempt_id < before)
        rows = self._connection.execute(query.order_by(table.c.attempt_id.desc()).limit(limit)).mappings()
        return [one for one in map(_attempt, rows) if one is not None]

    def counted(self, account_id: str, *, since: dt.datetime) -> int:
        query = select(func.count()).where(
            table.c.account_id == account_id,
            table.c.attempt_id >= ids.first_id(ids.ATTEMPT, to_ms(since)),
            table.c.method != IdentityMethod.MANUAL.value,
            table.c.reason != FailureReason.PROVIDER_DOWN.value,
        )
        return int(self._connection.execute(query).scalar_one())

    def save(self, attempt: Attempt, expected: IdentityState) -> None:
        values = _values(attempt)
        hit = self._connection.execute(
            update(table)
            .where(table.c.attempt_id == attempt.attempt_id, table.c.state == expected.value)
            .values(**values)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the attempt changed meanwhile")

    def claimed(self, attempt_id: str) -> PersonData | None:
        text = self._opened(attempt_id, "claimed_sealed", Field.IDENTITY)
        return person_data(text) if text else None

    def set_claimed(self, attempt_id: str, claimed: PersonData) -> None:
        self._seal(attempt_id, "claimed_sealed", Field.IDENTITY, person_json(claimed))

    def read_card(self, attempt_id: str) -> PersonData | None:
        text = self._opened(attempt_id, "read_sealed", Field.CARD)
        return person_data(text) if text else None

    def set_read_card(self, attempt_id: str, read: PersonData) -> None:
        self._seal(attempt_id, "read_sealed", Field.CARD, person_json(read))

    def session(self, attempt_id: str) -> Mapping[str, str]:
        text = self._opened(attempt_id, "session_sealed", Field.EXTERNAL_ID)
        return session_of(text) if text else {}

    def set_session(self, attempt_id: str, session: Mapping[str, str], *, next_query: dt.datetime) -> None:
        self._seal(attempt_id, "session_sealed", Field.EXTERNAL_ID, session_json(session))
        self.plan_query(attempt_id, queries=0, at=next_query)

    def query_is_due(self, now: dt.datetime) -> bool:
        query = select(table.c.attempt_id).where(QUERIED, table.c.next_query_ms <= to_ms(now)).limit(1)
        return self._connection.execute(query).first() is not None

    def due_queries(self, now: dt.datetime, limit: int) -> Sequence[DueQuery]:
        query = (
            select(table.c.attempt_id, table.c.queries, table.c.expires_at)
            .where(QUERIED, table.c.next_query_ms <= to_ms(now))
            .order_by(table.c.next_query_ms)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [DueQuery(**row) for row in self._connection.execute(query).mappings()]

    def plan_query(self, attempt_id: str, *, queries: int, at: dt.datetime | None) -> None:
        values = {"queries": queries, "next_query_ms": to_ms(at) if at is not None else 0}
        self._connection.execute(update(table).where(table.c.attempt_id == attempt_id).values(**values))

    def note(self, attempt_id: str) -> str:
        return self._opened(attempt_id, "note_sealed", Field.NOTE)

    def set_note(self, attempt_id: str, note: str) -> None:
        self._seal(attempt_id, "note_sealed", Field.NOTE, note)

    def masked(self, attempt_id: str) -> Masked | None:
        claimed = self.claimed(attempt_id)
        return None if claimed is None else masked_person(claimed)

    def expired(self, now: dt.datetime, limit: int) -> Sequence[str]:
        query = (
            select(table.c.attempt_id)
            .where(table.c.expires_at <= now, table.c.state.in_([state.value for state in EXPIRING]))
            .order_by(table.c.expires_at)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def _one(self, attempt_id: str) -> RowMapping | None:
        query = select(table).where(table.c.attempt_id == attempt_id)
        return self._connection.execute(query).mappings().one_or_none()

    def _opened(self, attempt_id: str, column: str, kind: Field) -> str:
        query = select(table.c[column]).where(table.c.attempt_id == attempt_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return self._personal.open(kind, attempt_id, sealed) if sealed else ""

    def _seal(self, attempt_id: str, column: str, kind: Field, text: str) -> None:
        sealed = self._personal.seal(kind, attempt_id, text) if text else b""
        self._connection.execute(update(table).where(table.c.attempt_id == attempt_id).values({column: sealed}))


class SqlCallbacks:
    """See the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, provider: str, event_id: str, *, provider_ref: str, disposition: str, now: dt.datetime) -> bool:
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(identity_callback).values(
                        provider=provider,
                        event_id=event_id,
                        provider_ref=provider_ref,
                        disposition=disposition,
                        received_at=now,
                    )
                )
        except IntegrityError:
            return False
        return True


def masked_person(data: PersonData) -> Masked:
    """What lists show of a person."""
    return Masked(
        name=mask_name(data.name),
        document_number=mask_document_number(data.document_number),
        phone_number=mask_phone_number(data.phone_number) if data.phone_number else "",
    )


def _values(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt_id": attempt.attempt_id,
        "account_id": attempt.account_id,
        "brand": attempt.brand,
        "device_id": attempt.device_id,
        "purpose": attempt.purpose.value,
        "method": attempt.method.value,
        "state": attempt.state.value,
        "level": attempt.level.value if attempt.level is not None else "",
        "reason": attempt.reason.value,
        "flagged": attempt.flagged,
        "provider": attempt.provider,
        "provider_ref": attempt.provider_ref,
        "evidence": attempt.evidence,
        "card_last_four": attempt.card_last_four,
        "upload_ids": ",".join(attempt.upload_ids),
        "created_at": attempt.created_at,
        "changed_at": attempt.changed_at,
        "expires_at": attempt.expires_at,
    }


def _attempt(row: RowMapping | None) -> Attempt | None:
    if row is None:
        return None
    return Attempt(
        attempt_id=row["attempt_id"],
        account_id=row["account_id"],
        brand=row["brand"],
        device_id=row["device_id"],
        purpose=AttemptPurpose(row["purpose"]),
        method=IdentityMethod(row["method"]),
        state=IdentityState(row["state"]),
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        expires_at=row["expires_at"],
        level=AssuranceLevel(row["level"]) if row["level"] else None,
        reason=FailureReason(row["reason"]),
        flagged=row["flagged"],
        provider=row["provider"],
        provider_ref=row["provider_ref"],
        evidence=row["evidence"],
        card_last_four=row["card_last_four"],
        upload_ids=tuple(one for one in row["upload_ids"].split(",") if one),
    )
