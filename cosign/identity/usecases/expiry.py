"""The end of documents: users are told before, and once it has come their persons are marked (R-IDV-10)."""

import datetime as dt
from typing import Final

from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.documents import today
from cosign.identity.ports import IdentityUnit
from cosign.messages import MessageKind

BATCH: Final = 200
"""Persons of one transaction."""


def end_documents(unit: IdentityUnit, *, brand: str, clock: Clock) -> int:
    """Tells users of a brand whose documents end soon, and marks those whose last day is over.

    A marked person stays in force but passes `require_verified` no more until a successor of the document was checked.

    Returns:
        How many persons were told or marked; the caller goes on while it is not 0.
    """
    date, days = today(clock), unit.accounts.policy(brand).identity.expiry_warning_days
    soon = unit.validity.ending(brand, DocumentValidity.UNTOLD, date + dt.timedelta(days=days), BATCH)
    for person in soon:
        unit.validity.mark(person, DocumentValidity.WARNED)
        if person.document_expiry is not None and person.document_expiry >= date:
            last_day = person.document_expiry.isoformat()
            unit.accounts.tell(person.account_id, MessageKind.IDENTITY_EXPIRING, target=person.person_id, date=last_day)
    ended = unit.validity.ending(brand, DocumentValidity.WARNED, date - dt.timedelta(days=1), BATCH)
    for person in ended:
        unit.validity.mark(person, DocumentValidity.EXPIRED)
        unit.accounts.tell(person.account_id, MessageKind.IDENTITY_EXPIRED, target=person.person_id)
        unit.accounts.audit(AuditEvent.DOCUMENT_EXPIRED, account_id=person.account_id)
    return len(soon) + len(ended)
