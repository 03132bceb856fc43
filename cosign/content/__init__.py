"""Content: agreements and consents, announcements and help.

Other areas hold a `ContentUnit` for the connection of their own transaction, which the wiring makes from
`cosign.content.repository.SqlContentUnit`, and call

    require_consents   records what the user accepts with a call and refuses the call when something is missing
    missing_consents   names what an operation still needs
    record_consents    records alone

What is recorded is undone when their transaction is rolled back.
"""

from cosign.content.faults import ConsentRequired
from cosign.content.model import Consent, DocumentRef
from cosign.content.ports import ContentUnit
from cosign.content.usecases.consents import missing_consents, record_consents, require_consents

__all__ = [
    "Consent",
    "ConsentRequired",
    "ContentUnit",
    "DocumentRef",
    "missing_consents",
    "record_consents",
    "require_consents",
]
