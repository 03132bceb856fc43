"""A licensed provider (for example 中金) behind a gateway: JSON over HTTPS, signed both ways (docs/identity.md).

POST /v1/faces          open a session of face comparison     -> url, token, digits
POST /v1/faces/query    its result                            -> state, reason, evidence
POST /v1/elements       bank four, carrier three, name and number
POST /v1/cards          read both sides of an identity card
POST /v1/credentials    verify a credential of the national network identity
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cosign.brands import DocumentType
from cosign.clock import Clock
from cosign.identity.adapters.signing import sign, verify
from cosign.identity.faults import CallbackForged, CardUnreadable, DocumentExpired, ProviderDown
from cosign.identity.model import FailureReason, Outcome, PersonData
from cosign.identity.ports import Callback, CheckRequest, ProviderSession
from cosign.messages.adapters.http import Endpoint, Unanswered

NAME: Final = "gateway"
CALLBACK_PREFIX: Final = "/identity/"
CALLBACK_PATH: Final = f"{CALLBACK_PREFIX}{NAME}"
MAX_TEXT: Final = 96
_REASONS: Final = {
    "no_face": FailureReason.NO_FACE,
    "face_mismatch": FailureReason.FACE_MISMATCH,
    "voice_mismatch": FailureReason.VOICE_MISMATCH,
    "data_mismatch": FailureReason.DATA_MISMATCH,
    "cancelled": FailureReason.CANCELLED,
    "document_expired": FailureReason.DOCUMENT_EXPIRED,
}
"""Words of the protocol; any other one counts as `data_mismatch`."""
_PERSON: Final = ("name", "document_number", "sex", "birth", "ethnic_group", "address", "authority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Implements `FaceProvider`, `ElementsProvider`, `CardReader` and `CredentialProvider`."""

    endpoint: Endpoint
    key: str
    """Name of the secret."""
    secret: Callable[[], str]
    clock: Clock
    callback_url: str = ""
    """Where the gateway sends results; empty: nowhere, it is asked."""

    def begin(self, request: CheckRequest) -> ProviderSession:
        """See the port."""
        answer = self._call(
            "/v1/faces",
            {
                **_claimed(request),
                "return_url": request.return_url,
                "callback_url": self.callback_url,
                "liveness": "digits" if request.method.value == "ocr_digits_face" else "motion",
            },
        )
        known = {name: str(answer[name]) for name in ("url", "token", "digits") if answer.get(name)}
        if not known:
            raise ProviderDown
        return ProviderSession(parameters=known)

    def query(self, provider_ref: str, session: Mapping[str, str]) -> Outcome | None:
        """See the port."""
        return _outcome(self._call("/v1/faces/query", {"ref": provider_ref}))

    def check(self, request: CheckRequest) -> Outcome:
        """See the port."""
        person = request.person
        outcome = _outcome(
            self._call(
                "/v1/elements",
                {**_claimed(request), "phone_number": person.phone_number, "card_number": request.card_number},
            )
        )
        if outcome is None:
            raise ProviderDown
        return outcome

    def read(self, front: bytes, back: bytes) -> PersonData:
        """See the port."""
        pictures = {"front": base64.b64encode(front).decode(), "back": base64.b64encode(back).decode()}
        answer = self._call("/v1/cards", pictures)
        if answer.get("state") == "expired":
            raise DocumentExpired("the card has expired")
        if answer.get("state") != "read":
            raise CardUnreadable("no readable identity card")
        return _person(answer.get("card"))

    def verify(self, provider_ref: str, credential: str) -> Outcome:
        """See the port."""
        answer = self._call("/v1/credentials", {"ref": provider_ref, "credential": credential})
        outcome = _outcome(answer)
        if outcome is None:
            raise ProviderDown
        if not outcome.passed:
            return outcome
        return Outcome(passed=True, evidence=outcome.evidence, person=_person(answer.get("person")))

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """See the port."""
        verify(self.secret(), self.key, "POST", CALLBACK_PATH, headers, body, clock=self.clock)
        try:
            event = json.loads(body)
            event_id, ref = event["event_id"], event["ref"]
        except (ValueError, TypeError, KeyError):
            raise CallbackForged("malformed") from None
        if not all(isinstance(text, str) and 0 < len(text) <= MAX_TEXT and text.isascii() for text in (event_id, ref)):
            raise CallbackForged("malformed")
        try:
            return Callback(event_id=event_id, provider_ref=ref, outcome=_outcome(event))
        except ProviderDown:
            raise CallbackForged("malformed") from None

    def _call(self, path: str, document: Mapping[str, str]) -> dict[str, Any]:
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = sign(self.secret(), self.key, "POST", path, body, clock=self.clock)
        try:
            answer = self.endpoint.exchange("POST", path, body, headers)
        except Unanswered:
            raise ProviderDown from None
        found = answer.document()
        if answer.status != 200 or found is None:
            raise ProviderDown
        return found


def _claimed(request: CheckRequest) -> dict[str, str]:
    person = request.person
    return {
        "ref": request.provider_ref,
        "method": request.method.value,
        "name": person.name,
        "document_type": person.document_type.value,
        "document_number": person.document_number,
        "document_country": person.document_country,
    }


def _outcome(answer: Mapping[str, Any]) -> Outcome | None:
    """None while the gateway has no result. Raises ProviderDown for what nobody can read."""
    evidence = str(answer.get("evidence") or "")[:MAX_TEXT]
    match answer.get("state"):
        case "pending":
            return None
        case "passed":
            return Outcome(passed=True, evidence=evidence)
        case "failed":
            reason = _REASONS.get(str(answer.get("reason")), FailureReason.DATA_MISMATCH)
            return Outcome(passed=False, reason=reason, evidence=evidence)
        case _:
            raise ProviderDown


def _person(card: object) -> PersonData:
    if not isinstance(card, dict):
        raise ProviderDown
    texts = {name: str(card.get(name) or "")[:200] for name in _PERSON}
    expiry = str(card.get("document_expiry") or "")
    try:
        last = dt.date.fromisoformat(expiry) if expiry else None
    except ValueError:
        raise ProviderDown from None
    return PersonData(
        document_type=DocumentType.RESIDENT_ID, document_expiry=last, long_term=bool(card.get("long_term")), **texts
    )
