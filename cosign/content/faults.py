"""Faults of documents and consents, one class per reason (`cosign.errors` has the base classes)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cosign.errors import StateFault

if TYPE_CHECKING:
    from cosign.content.model import DocumentRef


class ContentStateRefused(StateFault):
    """The document or article is not in a state that allows this (R-ADM-20)."""

    reason = "CONTENT_STATE"


class ConsentRequired(StateFault):
    """Current versions of documents have not been accepted (R-ACC-15)."""

    reason = "CONSENT_REQUIRED"

    def __init__(self, missing: "Sequence[DocumentRef]") -> None:
        """`missing` goes to the caller: ids and kinds, separated by commas, in the same order."""
        super().__init__(
            "documents must be accepted first",
            metadata={
                "documents": ",".join(entry.document_id for entry in missing),
                "kinds": ",".join(entry.kind.value for entry in missing),
            },
        )
        self.missing = tuple(missing)
