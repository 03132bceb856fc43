"""Messages of the API that the services of this area share."""

import datetime as dt
from typing import Final

from cosign.api.v1 import identity_pb2 as pb
from cosign.brands import DocumentType
from cosign.errors import FieldInvalid
from cosign.identity.model import AssuranceLevel, IdentityState, Masked, Person, PersonData
from cosign.identity.usecases.status import ShownAttempt
from cosign.timestamps import timestamp

STATES: Final = {
    IdentityState.UNVERIFIED: pb.IDENTITY_STATE_UNVERIFIED,
    IdentityState.IN_PROGRESS: pb.IDENTITY_STATE_IN_PROGRESS,
    IdentityState.FACE_PENDING: pb.IDENTITY_STATE_FACE_PENDING,
    IdentityState.PROVIDER_PENDING: pb.IDENTITY_STATE_PROVIDER_PENDING,
    IdentityState.FAILED: pb.IDENTITY_STATE_FAILED,
    IdentityState.MANUAL_DRAFT: pb.IDENTITY_STATE_MANUAL_DRAFT,
    IdentityState.MANUAL_REVIEW: pb.IDENTITY_STATE_MANUAL_REVIEW,
    IdentityState.REJECTED: pb.IDENTITY_STATE_REJECTED,
    IdentityState.VERIFIED: pb.IDENTITY_STATE_VERIFIED,
    IdentityState.CHANGING: pb.IDENTITY_STATE_CHANGING,
    IdentityState.REVERIFY: pb.IDENTITY_STATE_REVERIFY,
}
LEVELS: Final = {
    None: pb.ASSURANCE_LEVEL_UNSPECIFIED,
    AssuranceLevel.BASIC: pb.ASSURANCE_LEVEL_BASIC,
    AssuranceLevel.STANDARD: pb.ASSURANCE_LEVEL_STANDARD,
    AssuranceLevel.HIGH: pb.ASSURANCE_LEVEL_HIGH,
}
_MAX_TEXT: Final = 200


def encode_attempt(shown: ShownAttempt) -> pb.Attempt:
    """An attempt, masked."""
    attempt, masked = shown.attempt, shown.masked
    return pb.Attempt(
        attempt_id=attempt.attempt_id,
        method=attempt.method.value,
        state=STATES[attempt.state],
        level=LEVELS[attempt.level],
        reason=attempt.reason.value,
        note=shown.note,
        name_masked=masked.name if masked is not None else "",
        document_number_masked=masked.document_number if masked is not None else "",
        card_last_four=attempt.card_last_four,
        created_at=timestamp(attempt.created_at),
        changed_at=timestamp(attempt.changed_at),
        expires_at=timestamp(attempt.expires_at) if attempt.is_living else None,
    )


def encode_person(person: Person, masked: Masked) -> pb.VerifiedPerson:
    """A verified person, masked."""
    return pb.VerifiedPerson(
        person_id=person.person_id,
        version=person.version,
        name_masked=masked.name,
        document_type=person.document_type.value,
        document_number_masked=masked.document_number,
        document_expiry=person.document_expiry.isoformat() if person.document_expiry is not None else "",
        level=LEVELS[person.level],
        method=person.method.value,
        verified_at=timestamp(person.verified_at),
    )


def encode_card(read: PersonData) -> pb.CardValues:
    """Values of a card, for the user alone."""
    return pb.CardValues(
        name=read.name,
        document_number=read.document_number,
        sex=read.sex,
        birth=read.birth,
        ethnic_group=read.ethnic_group,
        address=read.address,
        authority=read.authority,
        document_expiry=read.document_expiry.isoformat() if read.document_expiry is not None else "",
        long_term=read.long_term,
    )


def decode_card(values: pb.CardValues) -> PersonData:
    """What a user confirmed. Raises FieldInvalid."""
    if values.sex not in ("M", "F"):
        raise FieldInvalid("confirmed.sex", "must be M or F")
    return PersonData(
        name=short("confirmed.name", values.name),
        document_type=DocumentType.RESIDENT_ID,
        document_number=short("confirmed.document_number", values.document_number, 32),
        document_expiry=date_of("confirmed.document_expiry", values.document_expiry),
        long_term=values.long_term,
        sex=values.sex,
        birth=values.birth[:10],
        ethnic_group=short("confirmed.ethnic_group", values.ethnic_group, 20),
        address=short("confirmed.address", values.address),
        authority=short("confirmed.authority", values.authority, 100),
    )


def decode_type(field: str, text: str) -> DocumentType:
    """Empty means the resident's card. Raises FieldInvalid."""
    try:
        return DocumentType(text) if text else DocumentType.RESIDENT_ID
    except ValueError:
        raise FieldInvalid(field, f"must be one of {', '.join(DocumentType)}") from None


def date_of(field: str, text: str) -> dt.date | None:
    """`YYYY-MM-DD`; None for an empty text. Raises FieldInvalid."""
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field, "must be a date as YYYY-MM-DD") from None


def short(field: str, text: str, most: int = _MAX_TEXT) -> str:
    """Requires at most `most` characters without control characters. Raises FieldInvalid, which never holds them."""
    if len(text) > most or (text and not text.isprintable()):
        raise FieldInvalid(field, f"must be at most {most} printable characters")
    return text
