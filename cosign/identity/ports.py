"""What the use cases of this area need from outside: one transaction, and the providers.

IdentityUnit   one transaction
  .attempts    attempts and their sealed data          .people     verified persons
  .callbacks   callbacks that were received            .accounts   the accounts area
  .manual      papers for reviewers                    .links      links for persons without an account
  .validity    documents that end
Units          transactions              Pictures       uploads
FaceProvider, ElementsProvider, CardReader, CredentialProvider   one port per kind of check
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cosign.accounts import AccountUnit
from cosign.brands import IdentityMethod
from cosign.identity.change_model import PersonChanged
from cosign.identity.change_ports import Links, Manual, Validity
from cosign.identity.model import Attempt, DueQuery, IdentityState, Masked, Outcome, Person, PersonData

T = TypeVar("T")


class Attempts(Protocol):
    """Attempts and what persons claim in them."""

    def add(self, attempt: Attempt, claimed: PersonData | None = None) -> None:
        """Stores an attempt. Raises AttemptOpen when the account has one that is not decided."""
        ...

    def get(self, attempt_id: str) -> Attempt | None: ...

    def locked(self, attempt_id: str) -> Attempt | None:
        """As `get`, and nobody else changes it until the transaction ends."""
        ...

    def of_provider(self, provider: str, provider_ref: str) -> Attempt | None:
        """The attempt that a provider knows by this name."""
        ...

    def newest(self, account_id: str) -> Attempt | None: ...

    def page(self, account_id: str, *, before: str, limit: int) -> Sequence[Attempt]:
        """Newest first; below `before`, all if empty."""
        ...

    def counted(self, account_id: str, *, since: dt.datetime) -> int:
        """Automatic attempts since then that count as one of a day: those whose provider was there."""
        ...

    def save(self, attempt: Attempt, expected: IdentityState) -> None:
        """Writes an attempt that was in state `expected`. Raises ConcurrentOperation."""
        ...

    def claimed(self, attempt_id: str) -> PersonData | None:
        """What the person claims; None before he did."""
        ...

    def set_claimed(self, attempt_id: str, claimed: PersonData) -> None: ...

    def read_card(self, attempt_id: str) -> PersonData | None:
        """What was read from the card."""
        ...

    def set_read_card(self, attempt_id: str, read: PersonData) -> None: ...

    def session(self, attempt_id: str) -> Mapping[str, str]:
        """What the phone needs to go to the provider; empty before."""
        ...

    def set_session(self, attempt_id: str, session: Mapping[str, str], *, next_query: dt.datetime) -> None:
        """Keeps it; from `next_query` on the provider is asked, if the attempt is not decided."""
        ...

    def query_is_due(self, now: dt.datetime) -> bool:
        """Whether a provider is to be asked for a result."""
        ...

    def due_queries(self, now: dt.datetime, limit: int) -> Sequence[DueQuery]:
        """Attempts whose provider is to be asked, longest due first; locked, without those that others hold."""
        ...

    def plan_query(self, attempt_id: str, *, queries: int, at: dt.datetime | None) -> None:
        """Says when the provider is asked again; None: never."""
        ...

    def note(self, attempt_id: str) -> str:
        """What a reviewer wrote, or empty."""
        ...

    def set_note(self, attempt_id: str, note: str) -> None: ...

    def masked(self, attempt_id: str) -> Masked | None:
        """What a list shows; None before the person gave data."""
        ...

    def expired(self, now: dt.datetime, limit: int) -> Sequence[str]:
        """Ids of undecided attempts whose time is over, longest over first."""
        ...


class People(Protocol):
    """Verified persons."""

    def current(self, account_id: str) -> Person | None:
        """The version in force of an account's person."""
        ...

    def get(self, person_id: str) -> Person | None:
        """The version in force."""
        ...

    def history(self, person_id: str) -> Sequence[Person]:
        """All versions, newest first."""
        ...

    def data(self, record_id: str) -> PersonData:
        """Unmasked data of a version. Raises ResourceNotFound, PersonalDataUnreadable."""
        ...

    def holder(self, brand: str, data: PersonData) -> Person | None:
        """Whom a document serves now."""
        ...

    def add(self, person: Person, data: PersonData) -> None:
        """Stores a version; the one before ends. Raises DocumentTaken."""
        ...

    def end(self, account_id: str, *, now: dt.datetime) -> None:
        """The account has no verified person any more; the versions stay."""
        ...


class Callbacks(Protocol):
    """Callbacks that were received."""

    def add(self, provider: str, event_id: str, *, provider_ref: str, disposition: str, now: dt.datetime) -> bool:
        """Remembers an event; False if it was received before."""
        ...


class IdentityUnit(Protocol):
    """One transaction."""

    @property
    def attempts(self) -> Attempts: ...

    @property
    def people(self) -> People: ...

    @property
    def callbacks(self) -> Callbacks: ...

    @property
    def accounts(self) -> AccountUnit: ...

    @property
    def manual(self) -> Manual: ...

    @property
    def links(self) -> Links: ...

    @property
    def validity(self) -> Validity: ...

    def claim_video(self, account_id: str, upload_id: str, *, until: dt.datetime) -> None:
        """As `claim_uploads`, of purpose `video`."""
        ...

    def person_changed(self, change: PersonChanged) -> None:
        """Tells the areas whose things name the person, in this transaction."""
        ...

    def claim_uploads(self, account_id: str, upload_ids: Sequence[str], *, until: dt.datetime) -> None:
        """Takes up pictures of a document. Raises ResourceNotFound: unknown, another's, or of another purpose."""
        ...

    def review(self, attempt: Attempt) -> None:
        """Puts an attempt that is MANUAL_REVIEW before the reviewers."""
        ...


class Units(Protocol):
    """Opens transactions. Blocks; never around a call to a provider."""

    def read(self, work: Callable[[IdentityUnit], T]) -> T:
        """Runs `work` on a snapshot."""
        ...

    def write(self, work: Callable[[IdentityUnit], T]) -> T:
        """Runs `work` in a transaction."""
        ...


class Pictures(Protocol):
    """Opens uploads whose owner was checked."""

    def open(self, upload_id: str) -> bytes:
        """The picture. Raises ResourceNotFound, UploadDamaged, UploadStoreUnavailable."""
        ...


# --- providers ---


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckRequest:
    """What a provider is asked."""

    provider_ref: str
    """Name of the check, the same in every repeat; at most 96 characters."""
    method: IdentityMethod
    person: PersonData
    card_number: str = ""
    """Bank card; BANK_FOUR only, never stored."""
    return_url: str = ""
    """Where the provider sends the user back to; an app link."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProviderSession:
    """A check that the user makes at the provider."""

    parameters: Mapping[str, str]
    """What the phone needs, for example `url`, `certify_id`, `digits`; at most 4096 bytes as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A genuine message of a provider."""

    event_id: str
    """Unique per event, at most 96 characters."""
    provider_ref: str
    outcome: Outcome | None
    """None: the provider only tells of progress."""


class FaceProvider(Protocol):
    """Compares the living user with the document, in a session of its own."""

    def begin(self, request: CheckRequest) -> ProviderSession:
        """Opens a session; repeated with the same name, the same one. Raises ProviderDown."""
        ...

    def query(self, provider_ref: str, session: Mapping[str, str]) -> Outcome | None:
        """The result; None while there is none. Raises ProviderDown."""
        ...

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """Reads a message of the provider; header names in lower case. Raises CallbackForged."""
        ...


class ElementsProvider(Protocol):
    """Tells whether data belong together: bank four, carrier three, name and number."""

    def check(self, request: CheckRequest) -> Outcome:
        """Raises ProviderDown."""
        ...


class CardReader(Protocol):
    """Reads both sides of an identity card."""

    def read(self, front: bytes, back: bytes) -> PersonData:
        """Pictures as JPEG or PNG. Raises CardUnreadable, DocumentExpired, ProviderDown."""
        ...


class CredentialProvider(Protocol):
    """Verifies a credential that the user brings, for example of the national network identity."""

    def verify(self, provider_ref: str, credential: str) -> Outcome:
        """Whether it is genuine; then `person` holds what it says. Raises ProviderDown."""
        ...
