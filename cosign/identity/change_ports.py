"""What manual review, changes, links and the end of documents need of the database; parts of `IdentityUnit`."""

import datetime as dt
import enum
from collections.abc import Sequence
from typing import Protocol

from cosign.identity.change_model import Link, LinkState, ManualPapers
from cosign.identity.model import Person, PersonData


class Manual(Protocol):
    """What was handed in for reviews by hand."""

    def add(self, papers: ManualPapers) -> None: ...

    def get(self, attempt_id: str) -> ManualPapers | None: ...

    def newest(self, account_id: str) -> ManualPapers | None:
        """The last one of an account."""
        ...

    def decide(self, attempt_id: str, *, by: str, now: dt.datetime) -> None:
        """Writes who decided."""
        ...


class Links(Protocol):
    """Links for persons without an account."""

    def add(self, link: Link, *, token_hash: bytes, expected: PersonData) -> None: ...

    def by_token(self, token_hash: bytes) -> Link | None:
        """The link of a token; nobody else changes it until the transaction ends."""
        ...

    def by_continuation(self, continuation_hash: bytes) -> Link | None:
        """The link that this continuation belongs to; locked as `by_token`."""
        ...

    def of_attempt(self, attempt_id: str) -> Link | None:
        """The link whose newest check this is; locked as `by_token`."""
        ...

    def of_claim(self, claim_ref: str) -> Sequence[Link]:
        """All links for one purpose, newest first, at most 50."""
        ...

    def get(self, link_id: str) -> Link | None: ...

    def expected(self, link_id: str) -> PersonData:
        """Who is expected. Raises ResourceNotFound, PersonalDataUnreadable."""
        ...

    def save(self, link: Link, expected: LinkState, *, continuation_hash: bytes | None = None) -> None:
        """Writes a link that was in state `expected`; None leaves the continuation. Raises ConcurrentOperation."""
        ...

    def drop_check(self, attempt_id: str) -> None:
        """Removes a check of a person without an account, that failed or whose link is over."""
        ...

    def erase(self, now: dt.datetime, limit: int) -> int:
        """Removes links and their checks whose time to be kept is over; returns how many."""
        ...

    def expired(self, now: dt.datetime, limit: int) -> Sequence[Link]:
        """Open links whose time is over, longest over first."""
        ...


class DocumentValidity(enum.StrEnum):
    """What is known of the end of a person's document. Stored; the words never change."""

    UNTOLD = ""
    WARNED = "warned"
    """The user was told that it ends soon."""
    EXPIRED = "expired"
    """It was found to have ended, and the user was told."""


class Validity(Protocol):
    """Documents that end."""

    def ending(self, brand: str, known: DocumentValidity, until: dt.date, limit: int) -> Sequence[Person]:
        """Persons in force of a brand of whom `known` is known, whose document ends by then; the first to end first."""
        ...

    def mark(self, person: Person, known: DocumentValidity) -> None:
        """Writes what is known of a version now."""
        ...

    def of(self, person: Person) -> DocumentValidity:
        """What is known of a version."""
        ...
