"""Drafts, publishes and withdraws versions of documents (R-ADM-20, R-MSG-10)."""

import dataclasses
import datetime as dt

from cosign import ids
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.brands.model import Text
from cosign.brands.words import DocumentKind
from cosign.clock import Clock
from cosign.content.model import OPERATOR, ContentState, Document, check_texts, check_transition, text_hash
from cosign.content.ports import ContentUnit
from cosign.errors import FieldInvalid, ResourceNotFound


def draft_document(
    unit: ContentUnit, *, brand: str, kind: DocumentKind, title: Text, body: Text, clock: Clock, actor: str = OPERATOR
) -> Document:
    """Stores the next version of a document as a draft.

    Raises:
        FieldInvalid: A text is missing or too long.
        ConcurrentOperation: Another draft took the number.
    """
    check_texts(title, body)
    document = Document(
        document_id=ids.new_id(ids.DOCUMENT, clock.now_ms()),
        brand=brand,
        kind=kind,
        version=unit.newest_version(brand, kind) + 1,
        title=title,
        body=body,
        state=ContentState.DRAFT,
        updated_at=clock.now(),
    )
    unit.add_document(document)
    _record(unit, AuditEvent.CONTENT_DRAFTED, document, clock, actor)
    return document


def edit_document(
    unit: ContentUnit, *, document_id: str, title: Text, body: Text, clock: Clock, actor: str = OPERATOR
) -> Document:
    """Replaces the texts of a draft.

    Raises:
        FieldInvalid: A text is missing or too long.
        ResourceNotFound: No such document.
        ContentStateRefused: It is no draft any more.
    """
    check_texts(title, body)
    document = _get(unit, document_id)
    check_transition(document.state, ContentState.PUBLISHED)  # what can still be published can be edited
    changed = dataclasses.replace(document, title=title, body=body, updated_at=clock.now())
    unit.change_document(changed, document.state)
    _record(unit, AuditEvent.CONTENT_DRAFTED, changed, clock, actor)
    return changed


def publish_document(
    unit: ContentUnit, *, document_id: str, clock: Clock, effective_at: dt.datetime | None = None, actor: str = OPERATOR
) -> Document:
    """Publishes a draft; in force from `effective_at` on, by default at once.

    Raises:
        ResourceNotFound, ContentStateRefused.
        FieldInvalid: `effective_at` lies in the past.
        ConcurrentOperation: It changed meanwhile.
    """
    document = _get(unit, document_id)
    check_transition(document.state, ContentState.PUBLISHED)
    now = clock.now()
    if effective_at is not None and effective_at < now:
        raise FieldInvalid("effective_at", "must not lie in the past")
    published = dataclasses.replace(
        document, state=ContentState.PUBLISHED, published_at=now, effective_at=effective_at or now
    )
    unit.change_document(published, document.state)
    _record(unit, AuditEvent.CONTENT_PUBLISHED, published, clock, actor)
    return published


def withdraw_document(unit: ContentUnit, *, document_id: str, clock: Clock, actor: str = OPERATOR) -> Document:
    """Withdraws a draft or a published version; the version before it is in force again. Consents to it stay.

    Raises:
        ResourceNotFound, ContentStateRefused, ConcurrentOperation.
    """
    document = _get(unit, document_id)
    check_transition(document.state, ContentState.WITHDRAWN)
    withdrawn = dataclasses.replace(document, state=ContentState.WITHDRAWN, withdrawn_at=clock.now())
    unit.change_document(withdrawn, document.state)
    _record(unit, AuditEvent.CONTENT_WITHDRAWN, withdrawn, clock, actor)
    return withdrawn


def published_document(unit: ContentUnit, document_id: str) -> Document:
    """What anybody may read. Raises ResourceNotFound for everything that is not published."""
    document = _get(unit, document_id)
    if document.state is not ContentState.PUBLISHED:
        raise ResourceNotFound("no such document")
    return document


def _get(unit: ContentUnit, document_id: str) -> Document:
    document = unit.document(document_id)
    if document is None:
        raise ResourceNotFound("no such document")
    return document


def _record(unit: ContentUnit, event: AuditEvent, document: Document, clock: Clock, actor: str) -> None:
    unit.record(
        AuditEntry(
            time_ms=clock.now_ms(),
            event=event,
            outcome=document.document_id,
            body_hash=text_hash(document.title, document.body),
            actor=actor,
        )
    )
