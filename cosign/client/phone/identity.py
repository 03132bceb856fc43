"""Real-name verification of a phone that is logged in (实名认证).

identity = phone.identity
attempt = identity.start("cpcn_face", name=..., document_number=...)
open_in_app(attempt.session["url"])
attempt = identity.wait(attempt.attempt_id)
"""

import datetime as dt
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from cosign.api.v1 import identity_pb2 as pb
from cosign.api.v1 import upload_pb2
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.login import Login
from cosign.client.uploads import Uploads

PENDING: Final = ("in_progress", "face_pending", "provider_pending")
PAUSE_SECONDS: Final = 0.5
_STATE: Final = "IDENTITY_STATE_"
_LEVEL: Final = "ASSURANCE_LEVEL_"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodView:
    """One way to verify."""

    method: str
    level: str
    """`basic`, `standard` or `high`."""
    required_fields: tuple[str, ...]
    impaired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt."""

    attempt_id: str
    method: str
    state: str
    """A state of the API in lower case, for example `verified`."""
    level: str
    """Empty until it passed."""
    reason: str
    """Why it failed, for example `IDV_MISMATCH`."""
    note: str
    name_masked: str
    document_number_masked: str
    created_at: dt.datetime
    session: Mapping[str, str] = field(default_factory=dict)
    """What leads to the provider."""

    @property
    def pending(self) -> bool:
        """Whether the user or the provider still has to do something."""
        return self.state in PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationView:
    """Where the account stands."""

    state: str
    level: str
    method: str
    name_masked: str
    document_number_masked: str
    attempts_left: int
    manual_offered: bool
    newest: AttemptView | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardView:
    """Values of an identity card, to be confirmed or corrected by the user."""

    name: str
    document_number: str
    sex: str
    """`M` or `F`."""
    birth: str
    """`YYYY-MM-DD`."""
    ethnic_group: str
    address: str
    authority: str
    document_expiry: str
    """`YYYY-MM-DD`; empty for a card without end."""
    long_term: bool


class IdentityClient:
    """Calls with the session of the phone. Each raises LoggedOut, Rejected, Unreachable."""

    def __init__(self, login: Login, connection: AccountConnection, uploads: Uploads) -> None:
        self._login = login
        self._connection = connection
        self._uploads = uploads

    def methods(self) -> list[MethodView]:
        """The methods of the brand, in the order to offer them."""
        found = self._call("ListMethods", pb.ListMethodsRequest()).methods
        return [
            MethodView(
                method=one.method,
                level=_level(one.level),
                required_fields=tuple(one.required_fields),
                impaired=one.impaired,
            )
            for one in found
        ]

    def start(self, method: str, *, accepted: Sequence[str] = (), request_id: str = "", **values: str) -> AttemptView:
        """Begins an attempt; `values` are fields of StartVerificationRequest, for example `name`.

        After a lost answer, the same `request_id` gives the same attempt.

        Raises:
            InputRefused: A field does not exist.
        """
        try:
            request = pb.StartVerificationRequest(
                request_id=request_id or str(uuid.uuid4()), method=method, accepted_document_ids=accepted, **values
            )
        except (ValueError, TypeError):
            raise InputRefused("no such field of a verification") from None
        answer = self._call("StartVerification", request)
        return attempt_view(answer.attempt, answer.session)

    def upload(self, picture: bytes) -> str:
        """Uploads one side of a card; returns its `upl_` id."""
        return self._uploads.send(picture, upload_pb2.UPLOAD_PURPOSE_IDENTITY).upload_id

    def submit_card(self, attempt_id: str, *, front: str, back: str) -> CardView:
        """Has both sides read, by the ids of their uploads; returns what the user is to confirm."""
        request = pb.SubmitCardRequest(attempt_id=attempt_id, front_upload_id=front, back_upload_id=back)
        read = self._call("SubmitCard", request).read
        return CardView(**{entry.name: getattr(read, entry.name) for entry in fields(CardView)})

    def confirm_card(self, attempt_id: str, card: CardView, *, request_id: str = "") -> AttemptView:
        """Confirms, or corrects, what was read; the face step follows."""
        request = pb.ConfirmCardRequest(
            request_id=request_id or str(uuid.uuid4()),
            attempt_id=attempt_id,
            confirmed=pb.CardValues(**asdict(card)),
        )
        answer = self._call("ConfirmCard", request)
        return attempt_view(answer.attempt, answer.session)

    def query(self, attempt_id: str) -> AttemptView:
        """How an attempt stands; the server asks the provider."""
        answer = self._call("QueryAttempt", pb.QueryAttemptRequest(attempt_id=attempt_id))
        return attempt_view(answer.attempt, answer.session)

    def wait(self, attempt_id: str, *, seconds: float = 60.0) -> AttemptView:
        """Asks again and again until the attempt is decided, or the time is over."""
        end = time.monotonic() + seconds
        found = self.query(attempt_id)
        while found.pending and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
            found = self.query(attempt_id)
        return found

    def cancel(self, attempt_id: str) -> AttemptView:
        """Gives an undecided attempt up."""
        return attempt_view(self._call("CancelAttempt", pb.CancelAttemptRequest(attempt_id=attempt_id)).attempt, {})

    def status(self) -> VerificationView:
        """Where the account stands."""
        found = self._call("GetVerification", pb.GetVerificationRequest())
        person = found.person
        return VerificationView(
            state=_state(found.state),
            level=_level(person.level),
            method=person.method,
            name_masked=person.name_masked,
            document_number_masked=person.document_number_masked,
            attempts_left=found.attempts_left,
            manual_offered=found.manual_offered,
            newest=attempt_view(found.newest, {}) if found.HasField("newest") else None,
        )

    def attempts(self) -> Iterator[AttemptView]:
        """Every attempt, newest first."""
        token = ""
        while True:
            page = self._call("ListAttempts", pb.ListAttemptsRequest(page_token=token))
            for one in page.attempts:
                yield attempt_view(one, {})
            token = page.next_page_token
            if not token:
                return

    def _call(self, method: str, request: Any) -> Any:
        return self._connection.call("IdentityService", method, request, self._login.bearer())


def _state(number: "pb.IdentityState") -> str:
    return str(pb.IdentityState.Name(number)).removeprefix(_STATE).lower()


def _level(number: "pb.AssuranceLevel") -> str:
    return str(pb.AssuranceLevel.Name(number)).removeprefix(_LEVEL).lower() if number else ""


def attempt_view(attempt: pb.Attempt, session: Mapping[str, str]) -> AttemptView:
    """What the message of an attempt says."""
    return AttemptView(
        attempt_id=attempt.attempt_id,
        method=attempt.method,
        state=_state(attempt.state),
        level=_level(attempt.level),
        reason=attempt.reason,
        note=attempt.note,
        name_masked=attempt.name_masked,
        document_number_masked=attempt.document_number_masked,
        created_at=attempt.created_at.ToDatetime(tzinfo=dt.UTC),
        session=dict(session),
    )
