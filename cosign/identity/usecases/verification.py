"""Asks providers between transactions: an attempt is stored before its provider is asked, and decided afterwards.

No transaction is open while a provider is asked. Whatever is lost on the way - an answer, the process - leaves an
attempt that QueryAttempt, a callback, a repeat of the call, `poll`, or time decides.
"""

import datetime as dt
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cosign.brands import IdentityMethod
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.faults import CardUnreadable, DocumentExpired, ProviderDown
from cosign.identity.model import AWAITED, Attempt, FailureReason, Outcome, PersonData
from cosign.identity.ports import CheckRequest, Pictures, Units
from cosign.identity.providers import Providers
from cosign.identity.usecases.callback import Disposition, receive_callback
from cosign.identity.usecases.card import keep_read, take_pictures
from cosign.identity.usecases.outcome import Applied, apply_outcome, time_out
from cosign.identity.usecases.status import own_attempt

SWEEP: Final = 100
"""Attempts that one sweep ends."""


class Asked(enum.StrEnum):
    """What became of asking for a result; the words are counted."""

    PENDING = "pending"
    """The provider has none yet."""
    DECIDED = "decided"
    LATE = "late"
    """It has one, but the attempt was decided or over meanwhile."""
    DOWN = "down"
    """The provider cannot be reached."""
    OVER = "over"
    """Not asked: the time of the attempt is over."""
    UNASKED = "unasked"
    """Not asked: nothing is awaited, or the provider is not configured any more."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secrets:
    """What a check needs and nobody keeps."""

    card_number: str = ""
    credential: str = ""
    return_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Attempts and providers together. Blocks."""

    units: Units
    providers: Providers
    pictures: Pictures
    clock: Clock
    decided: Callable[[str, str], None]
    """Counts a decided attempt by method and result."""
    called_back: Callable[[str, str], None]
    """Counts a callback by provider and disposition."""
    query_after: dt.timedelta
    """How long a callback is waited for before the provider is asked in the background."""

    def proceed(self, attempt_id: str, secrets: Secrets) -> tuple[Attempt, Mapping[str, str]]:
        """Asks the provider of a new attempt; repeated, it does so only if nothing came of it before.

        Returns:
            The attempt, and what the phone needs for a provider's session.

        Raises:
            ProviderDown: The attempt has ended and does not count.
            ResourceNotFound, CardUnreadable, DocumentExpired: A picture cannot be used.
        """
        attempt, session, claimed = self.units.read(
            lambda unit: (
                unit.attempts.get(attempt_id),
                unit.attempts.session(attempt_id),
                unit.attempts.claimed(attempt_id),
            )
        )
        if attempt is None:
            raise ResourceNotFound("no such attempt")
        if attempt.state not in AWAITED or session:
            return attempt, session
        try:
            return self._ask(attempt, claimed, secrets)
        except ProviderDown:
            self._apply(attempt, Outcome(passed=False, reason=FailureReason.PROVIDER_DOWN))
            policy = self.units.read(lambda unit: unit.accounts.policy(attempt.brand)).identity
            others = [one.value for one in self.providers.offered(policy) if one is not attempt.method]
            raise ProviderDown(others) from None

    def read_card(self, *, account_id: str, attempt_id: str, front: str, back: str) -> PersonData:
        """Reads both sides of a card (R-IDV-06). Raises what SubmitCard names in the proto."""
        reader = self.providers.reader
        attempt = self.units.write(
            lambda unit: take_pictures(
                unit, account_id=account_id, attempt_id=attempt_id, front=front, back=back, clock=self.clock
            )
        )
        if reader is None:
            raise ProviderDown
        pictures = self.pictures.open(front), self.pictures.open(back)
        read = self.providers.health.call(attempt.method, reader.name, lambda: reader.provider.read(*pictures))
        return self.units.write(
            lambda unit: keep_read(
                unit, account_id=account_id, attempt_id=attempt_id, read=read, pictures=(front, back), clock=self.clock
            )
        )

    def query(self, *, account_id: str, attempt_id: str) -> tuple[Attempt, Mapping[str, str]]:
        """How an attempt stands; an undecided one is asked for at its provider. Raises ResourceNotFound."""
        attempt, session = self.units.read(
            lambda unit: (
                own_attempt(unit, account_id=account_id, attempt_id=attempt_id),
                unit.attempts.session(attempt_id),
            )
        )
        return self.ask(attempt, session)

    def ask(self, attempt: Attempt, session: Mapping[str, str]) -> tuple[Attempt, Mapping[str, str]]:
        """As `query`, of an attempt that the caller may see; `session` is what is stored of it."""
        present, _ = self.ask_provider(attempt, session)
        return present, session if present.state in AWAITED else {}

    def ask_provider(self, attempt: Attempt, session: Mapping[str, str]) -> tuple[Attempt, Asked]:
        """Asks for the result of an attempt and applies it.

        Returns:
            The attempt as it is now, and what became of the question.
        """
        if attempt.state not in AWAITED:
            return attempt, Asked.UNASKED
        if attempt.expires_at <= self.clock.now():
            return self._end(attempt.attempt_id), Asked.OVER
        face = self.providers.faces.get(attempt.method)
        if face is None or face.name != attempt.provider or not session:
            return attempt, Asked.UNASKED
        provider = face.provider
        try:
            outcome = self.providers.health.call(
                attempt.method, face.name, lambda: provider.query(attempt.provider_ref, session)
            )
        except ProviderDown:
            return attempt, Asked.DOWN
        if outcome is None:
            return attempt, Asked.PENDING
        decided, applied = self._decide(attempt, outcome)
        return decided, Asked.LATE if applied is Applied.IGNORED else Asked.DECIDED

    def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> Disposition:
        """A callback as it came (R-IDV-17).

        Raises:
            CallbackForged: It is not genuine; nothing was stored.
            ResourceNotFound: No provider of this name sends callbacks.
        """
        provider = self.providers.by_name(name)
        if provider is None:
            raise ResourceNotFound("no such provider")
        callback = provider.callback(headers, body)
        disposition = self.units.write(
            lambda unit: receive_callback(unit, provider=name, callback=callback, clock=self.clock)
        )
        self.called_back(name, disposition.value)
        if disposition is Disposition.APPLIED and callback.outcome is not None:
            attempt = self.units.read(lambda unit: unit.attempts.of_provider(name, callback.provider_ref))
            if attempt is not None:
                self._count(attempt)
        return disposition

    def sweep(self) -> int:
        """Ends attempts whose time is over; returns how many."""
        over = self.units.read(lambda unit: unit.attempts.expired(self.clock.now(), SWEEP))
        for attempt_id in over:
            self._end(attempt_id)
        return len(over)

    def _ask(self, attempt: Attempt, claimed: PersonData | None, secrets: Secrets) -> tuple[Attempt, Mapping[str, str]]:
        method, health = attempt.method, self.providers.health
        if method is IdentityMethod.NETWORK_ID:
            credentials = self.providers.credentials
            if credentials is None:
                raise ProviderDown
            verifier = credentials.provider
            outcome = health.call(
                method, credentials.name, lambda: verifier.verify(attempt.provider_ref, secrets.credential)
            )
            return self._apply(attempt, outcome), {}
        if claimed is None:
            raise ResourceNotFound("the attempt has no data")
        request = CheckRequest(
            provider_ref=attempt.provider_ref,
            method=method,
            person=claimed,
            card_number=secrets.card_number.replace(" ", ""),
            return_url=secrets.return_url,
        )
        if method in self.providers.elements:
            return self._apply(attempt, self._elements(attempt, request)), {}
        if method not in self.providers.faces:
            raise ProviderDown
        face = self.providers.faces[method]
        session = health.call(method, face.name, lambda: face.provider.begin(request)).parameters
        next_query = self.clock.now() + self.query_after
        self.units.write(lambda unit: unit.attempts.set_session(attempt.attempt_id, session, next_query=next_query))
        return attempt, session

    def _elements(self, attempt: Attempt, request: CheckRequest) -> Outcome:
        elements, reader = self.providers.elements[attempt.method], self.providers.reader
        if attempt.method is IdentityMethod.SMS_DOCUMENT:
            if reader is None:
                raise ProviderDown
            pictures = [self.pictures.open(upload_id) for upload_id in attempt.upload_ids]
            try:
                read = self.providers.health.call(
                    attempt.method, reader.name, lambda: reader.provider.read(pictures[0], pictures[1])
                )
            except DocumentExpired:
                return Outcome(passed=False, reason=FailureReason.DOCUMENT_EXPIRED)
            except CardUnreadable:
                return Outcome(passed=False, reason=FailureReason.CARD_UNREADABLE)
            same = (read.name, read.document_number) == (request.person.name, request.person.document_number)
            if not same:
                return Outcome(passed=False, reason=FailureReason.DATA_MISMATCH)
        return self.providers.health.call(attempt.method, elements.name, lambda: elements.provider.check(request))

    def _apply(self, attempt: Attempt, outcome: Outcome) -> Attempt:
        return self._decide(attempt, outcome)[0]

    def _decide(self, attempt: Attempt, outcome: Outcome) -> tuple[Attempt, Applied]:
        decided, applied = self.units.write(
            lambda unit: apply_outcome(unit, attempt.attempt_id, outcome, clock=self.clock)
        )
        if applied is not Applied.IGNORED:
            self._count(decided)
        return decided, applied

    def _end(self, attempt_id: str) -> Attempt:
        attempt = self.units.write(lambda unit: time_out(unit, unit.attempts.locked(attempt_id), clock=self.clock))
        self._count(attempt)
        return attempt

    def _count(self, attempt: Attempt) -> None:
        self.decided(attempt.method.value, attempt.reason.value or attempt.state.value)
