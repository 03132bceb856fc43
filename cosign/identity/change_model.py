"""Manual submissions, links for persons without an account, and changes of persons. Values and rules without I/O."""

import dataclasses
import datetime as dt
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cosign.brands import DocumentType, ManualFile
from cosign.identity.faults import IdentityStateRefused
from cosign.identity.model import AssuranceLevel, Attempt, Masked, Person, PersonData
from cosign.transitions import Transitions

LINK_LIFETIME: Final = dt.timedelta(days=3)
"""How long a link may be used when its issuer does not say."""
LINK_LONGEST: Final = dt.timedelta(days=30)
KEEP_UNPROVED: Final = dt.timedelta(days=30)
"""How long a link stays that proved nothing."""
CHECKS_OF_LINK: Final = 3
"""Face checks that one link allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPapers:
    """What was handed in beside the data, and when."""

    attempt_id: str
    account_id: str
    files: Mapping[ManualFile, str]
    """Uploads by what they show."""
    submitted_at: dt.datetime
    due_at: dt.datetime
    """When the decision is expected."""
    decided_by: str = ""
    decided_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualView:
    """What the user sees of his submission."""

    attempt: Attempt
    papers: ManualPapers
    document_type: DocumentType
    shown: Masked
    note: str
    """What the reviewer wrote, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ManualSubmission:
    """What a reviewer looks at. Unmasked: whoever shows it records who reads it."""

    attempt: Attempt
    papers: ManualPapers
    person: PersonData
    taken: bool
    """The document serves another account of the brand now; an approval would be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanged:
    """A verified person got a new version; for areas whose things name the person."""

    account_id: str
    brand: str
    before: Person
    person: Person
    name: bool
    """Whether the name is another one."""
    document: bool
    """Whether the document is another one."""


def same_person(before: PersonData, after: PersonData) -> bool:
    """Whether verified data and their successor can be one person's: the document stays, or the name does.

    A resident's number never changes; other documents get a new one, but not a new birth.
    """
    if (before.document_type, before.document_country) == (after.document_type, after.document_country):
        if before.document_number == after.document_number:
            return True
        if after.document_type is DocumentType.RESIDENT_ID:
            return False
    births = before.birth and after.birth
    return before.name == after.name and (not births or before.birth == after.birth)


class LinkState(enum.StrEnum):
    """Life of a link."""

    ISSUED = "issued"
    PHONE_PROVED = "phone_proved"
    """The code was right; the face follows."""
    CHECKING = "checking"
    """A provider has been asked."""
    PROVED = "proved"
    """Used: the proof stands."""
    FAILED = "failed"
    """Every check failed."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


_L = LinkState
_OPEN_ENDS: Final = frozenset({_L.EXPIRED, _L.WITHDRAWN})

LINK_TRANSITIONS: Final = Transitions(
    "the link",
    LinkState,
    {
        _L.ISSUED: {_L.PHONE_PROVED} | _OPEN_ENDS,
        _L.PHONE_PROVED: {_L.PHONE_PROVED, _L.CHECKING} | _OPEN_ENDS,
        _L.CHECKING: {_L.PROVED, _L.PHONE_PROVED, _L.FAILED} | _OPEN_ENDS,
    },
)
"""Every transition there is. PHONE_PROVED to itself is the code proved again, on another phone or page."""

LINK_OPEN: Final = frozenset({_L.ISSUED, _L.PHONE_PROVED, _L.CHECKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that lets one person prove who he is. Who is expected stands sealed beside it (`Links.expected`)."""

    link_id: str
    """`idl_` and a ULID."""
    brand: str
    claim_ref: str
    """What the proof is for, in the words of the area that issued the link; at most 64 characters."""
    issued_by: str
    state: LinkState
    attempt_id: str = ""
    checks: int = 0
    created_at: dt.datetime
    expires_at: dt.datetime
    finished_at: dt.datetime | None = None
    erase_at: dt.datetime | None = None
    """When a finished link goes, with its check."""

    def finish(self, target: LinkState, now: dt.datetime, *, evidence_years: int) -> "Link":
        """The link once it is over: proofs stay as long as evidence does, others a month.

        Raises:
            IdentityStateRefused: It cannot become `target`.
        """
        self.check_becomes(target)
        keep = dt.timedelta(days=365 * evidence_years) if target is LinkState.PROVED else KEEP_UNPROVED
        return dataclasses.replace(self, state=target, finished_at=now, erase_at=now + keep)

    def check_becomes(self, target: LinkState) -> None:
        """Raises IdentityStateRefused unless the table allows it."""
        LINK_TRANSITIONS.check(self.state, target, IdentityStateRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProof:
    """What stands once a link was used."""

    link_id: str
    claim_ref: str
    attempt_id: str
    level: AssuranceLevel
    evidence: str
    """What the provider calls its evidence."""
    proved_at: dt.datetime


def secret_hash(text: str) -> bytes:
    """What is stored of a token of 192 random bits or more: 32 bytes."""
    return hashlib.sha256(text.encode()).digest()
