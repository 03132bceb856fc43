"""Which documents an operation needs, which an account has not accepted, and the record of what it accepts (R-ACC-15).

A kind without a published version needs nothing: `cosignctl content check` names such kinds.
"""

import hashlib
from collections.abc import Collection

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.brands.model import BrandPolicy
from cosign.brands.words import Operation
from cosign.clock import Clock, to_ms
from cosign.content.faults import ConsentRequired
from cosign.content.model import Consent, ContentState, Document, DocumentRef, text_hash
from cosign.content.ports import ContentUnit
from cosign.errors import FieldInvalid

MAX_ACCEPTED = 20
"""Documents accepted in one call."""


def missing_consents(
    unit: ContentUnit, *, account_id: str, brand: str, policy: BrandPolicy, operation: Operation, clock: Clock
) -> list[DocumentRef]:
    """Current versions that `operation` needs and the account has not accepted, in the order of the policy.

    An empty `account_id` is a guest, who has accepted nothing.
    """
    missing = missing_documents(
        unit, account_id=account_id, brand=brand, policy=policy, operation=operation, clock=clock
    )
    return [document.ref for document in missing]


def missing_documents(
    unit: ContentUnit, *, account_id: str, brand: str, policy: BrandPolicy, operation: Operation, clock: Clock
) -> list[Document]:
    """The same with titles and times, without bodies."""
    kinds = policy.agreements.required(operation)
    current = unit.current(brand, kinds, clock.now())
    needed = [current[kind] for kind in kinds if kind in current]
    known = unit.accepted(account_id, [one.document_id for one in needed]) if account_id and needed else ()
    return [document for document in needed if document.document_id not in known]


def record_consents(
    unit: ContentUnit, *, account_id: str, device_id: str, brand: str, accepted: Collection[str], clock: Clock
) -> list[Consent]:
    """Stores what a user accepted; what was accepted before on this device stays as it is.

    Args:
        unit: A write transaction.
        account_id: Who accepts.
        device_id: On which device.
        brand: Of the account.
        accepted: Ids of documents.
        clock: Present time.

    Returns:
        The new consents.

    Raises:
        FieldInvalid: More than 20, or one that is no published document of this brand.
    """
    wanted = dict.fromkeys(accepted)
    if len(wanted) > MAX_ACCEPTED:
        raise FieldInvalid("accepted", f"must name at most {MAX_ACCEPTED} documents")
    found = {document.document_id: document for document in unit.documents(wanted)} if wanted else {}
    now = clock.now()
    new: list[Consent] = []
    for document_id in wanted:
        document = found.get(document_id)
        if document is None or document.brand != brand or document.state is not ContentState.PUBLISHED:
            raise FieldInvalid("accepted", "names a document that is not published")
        consent = Consent(
            account_id=account_id,
            document=document.ref,
            brand=brand,
            device_id=device_id,
            accepted_at=now,
            text_hash=text_hash(document.title, document.body),
        )
        if unit.add_consent(consent):
            unit.record(_evidence(consent))
            new.append(consent)
    return new


def require_consents(
    unit: ContentUnit,
    *,
    account_id: str,
    device_id: str,
    brand: str,
    policy: BrandPolicy,
    operation: Operation,
    accepted: Collection[str],
    clock: Clock,
) -> list[Consent]:
    """Records what the user accepts with a call and refuses the call when something is still missing.

    The refusal rolls the consents of this call back as well: the next try sends them again.

    Raises:
        ConsentRequired: Names what is missing.
        FieldInvalid: See `record_consents`.
    """
    new = record_consents(unit, account_id=account_id, device_id=device_id, brand=brand, accepted=accepted, clock=clock)
    missing = missing_consents(
        unit, account_id=account_id, brand=brand, policy=policy, operation=operation, clock=clock
    )
    if missing:
        raise ConsentRequired(missing)
    return new


def _evidence(consent: Consent) -> AuditEntry:
    digest = hashlib.sha256()
    for part in (consent.account_id, consent.document.document_id, consent.device_id):
        digest.update(len(part).to_bytes(2) + part.encode())
    digest.update(consent.text_hash + to_ms(consent.accepted_at).to_bytes(8))
    return AuditEntry(
        time_ms=to_ms(consent.accepted_at),
        event=AuditEvent.CONSENT_RECORDED,
        outcome=consent.document.document_id,
        device_id=consent.device_id,
        body_hash=digest.digest(),
    )
