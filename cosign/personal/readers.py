"""Who reads personal data in clear text, and why: values for every area; `access` lets them in and records it."""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

UNMASK: Final = "unmask"
"""Word of the permission to see personal data in clear text."""


class Purpose(enum.StrEnum):
    """Why somebody reads unmasked data. Closed set; the words are stored."""

    IDENTITY_REVIEW = "identity_review"
    APPEAL_REVIEW = "appeal_review"
    NUMBER_REVIEW = "number_review"
    SUPPORT = "support"
    """A case that the person opened."""
    CERTIFICATE_REQUEST = "certificate_request"
    """Handed to the CA with the person's consent."""
    EXPORT = "export"
    """The person asked for a copy."""
    LEGAL = "legal"
    """A lawful demand of an authority."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to read."""

    actor: str
    """Id of the member of staff, or `operator`; at most 32 characters."""
    permissions: Collection[str]
    """Words of what his roles allow; `UNMASK` must be among them."""
