"""What this area says about its personal data: rotation, export, erasure, retention (R-IDV-16, R-AUD-08)."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, exists, select, update

from cosign.brands import DocumentType
from cosign.identity.attempt_rows import SqlAttempts
from cosign.identity.model import EXPIRING, LIVING, Attempt, FailureReason, IdentityState
from cosign.identity.person_rows import SqlPeople
from cosign.identity.sealed import person_json
from cosign.identity.tables import identity_attempt, person
from cosign.personal.model import Field, PersonalData
from cosign.personal.registry import Archive, Erased, OfBrand, PersonalArea, RetentionRule, SealedColumn

_EXPORTED: Final = 10_000
"""Attempts in an export: more than any retention keeps of one person."""


def _export(connection: Connection, personal: PersonalData, account_id: str) -> Mapping[str, object]:
    attempts = SqlAttempts(connection, personal)
    found = attempts.page(account_id, before="", limit=_EXPORTED)
    return {
        "persons": _versions(connection, personal, account_id),
        "attempts": [_attempt(attempts, one) for one in found],
    }


def _versions(connection: Connection, personal: PersonalData, account_id: str) -> list[dict[str, object]]:
    people = SqlPeople(connection, personal)
    query = select(person.c.record_id, person.c.verified_at, person.c.level, person.c.method, person.c.document_type)
    rows = connection.execute(query.where(person.c.account_id == account_id).order_by(person.c.record_id))
    return [
        {
            "record_id": row.record_id,
            "verified_at": row.verified_at.isoformat(),
            "level": row.level,
            "method": row.method,
            "document_type": DocumentType(row.document_type).value,
            "data": person_json(people.data(row.record_id)),
        }
        for row in rows.all()
    ]


def _attempt(attempts: SqlAttempts, attempt: Attempt) -> dict[str, object]:
    claimed = attempts.claimed(attempt.attempt_id)
    return {
        "attempt_id": attempt.attempt_id,
        "method": attempt.method.value,
        "state": attempt.state.value,
        "reason": attempt.reason.value,
        "created_at": attempt.created_at.isoformat(),
        "claimed": person_json(claimed) if claimed is not None else "",
        "note": attempts.note(attempt.attempt_id),
        "upload_ids": list(attempt.upload_ids),
    }


def _erase(connection: Connection, personal: PersonalData, account_id: str, archive: Archive) -> Erased:
    versions = _versions(connection, personal, account_id)
    for version in versions:
        archive.keep("identity", version)
    erased = 0
    for table in (identity_attempt, person):
        erased += connection.execute(delete(table).where(table.c.account_id == account_id)).rowcount
    return Erased(erased, archived=len(versions))


def _cancel(connection: Connection, account_id: str, now: dt.datetime) -> None:
    """The user is nobody verified any more, and the document is free; the versions stay as evidence.

    An attempt that is not decided ends: nobody decides it once the account is gone.
    """
    in_force = (person.c.account_id == account_id, person.c.account_id != "", person.c.ended_at.is_(None))
    connection.execute(update(person).where(*in_force).values(ended_at=now))
    living = (
        identity_attempt.c.account_id == account_id,
        identity_attempt.c.account_id != "",
        identity_attempt.c.state.in_([state.value for state in LIVING]),
    )
    ended = {"state": IdentityState.UNVERIFIED.value, "reason": FailureReason.CANCELLED.value, "changed_at": now}
    connection.execute(update(identity_attempt).where(*living).values(ended))


def _expire_attempts(connection: Connection, of_brand: OfBrand, before: dt.datetime, limit: int) -> int:
    rests = exists().where(
        person.c.account_id == identity_attempt.c.account_id,
        person.c.attempt_id == identity_attempt.c.attempt_id,
        person.c.ended_at.is_(None),
    )
    old = (
        select(identity_attempt.c.attempt_id)
        .where(
            identity_attempt.c.created_at < before,
            of_brand(identity_attempt.c.account_id),
            ~rests,
            identity_attempt.c.state.not_in([state.value for state in EXPIRING]),
        )
        .order_by(identity_attempt.c.created_at)
        .limit(limit)
    )
    names = list(connection.execute(old).scalars())
    if not names:
        return 0
    return connection.execute(delete(identity_attempt).where(identity_attempt.c.attempt_id.in_(names))).rowcount


AREA: Final = PersonalArea(
    name="identity",
    columns=(
        SealedColumn(
            sealed=identity_attempt.c.claimed_sealed, row_id=identity_attempt.c.attempt_id, field=Field.IDENTITY
        ),
        SealedColumn(sealed=identity_attempt.c.read_sealed, row_id=identity_attempt.c.attempt_id, field=Field.CARD),
        SealedColumn(
            sealed=identity_attempt.c.session_sealed, row_id=identity_attempt.c.attempt_id, field=Field.EXTERNAL_ID
        ),
        SealedColumn(sealed=identity_attempt.c.note_sealed, row_id=identity_attempt.c.attempt_id, field=Field.NOTE),
        SealedColumn(sealed=person.c.name_sealed, row_id=person.c.record_id, field=Field.NAME),
        SealedColumn(
            sealed=person.c.document_number_sealed,
            row_id=person.c.record_id,
            field=Field.DOCUMENT_NUMBER,
            index=person.c.document_number_index,
            scope=person.c.document_scope,
        ),
        SealedColumn(sealed=person.c.details_sealed, row_id=person.c.record_id, field=Field.IDENTITY),
    ),
    export=_export,
    erase=_erase,
    cancel=_cancel,
    retention=(RetentionRule(subject="attempts", expire=_expire_attempts),),
)
