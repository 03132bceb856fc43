"""Where an account stands, and its attempts (R-IDV-15, R-IDV-16)."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cosign.brands import IdentityMethod
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.faults import IdentityStateRefused
from cosign.identity.model import (
    EXPIRING,
    Attempt,
    FailureReason,
    IdentityState,
    Masked,
    Person,
    account_state,
)
from cosign.identity.ports import IdentityUnit
from cosign.personal import mask_document_number, mask_name

DAY: Final = dt.timedelta(hours=24)
"""Attempts are counted within the last 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAttempt:
    """An attempt as its user sees it."""

    attempt: Attempt
    masked: Masked | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account stands."""

    state: IdentityState
    person: Person | None
    masked: Masked | None
    newest: ShownAttempt | None
    attempts_left: int
    manual_offered: bool


def own_attempt(unit: IdentityUnit, *, account_id: str, attempt_id: str) -> Attempt:
    """An attempt of the account. Raises ResourceNotFound, also for those of others."""
    attempt = unit.attempts.get(attempt_id)
    if attempt is None or not account_id or attempt.account_id != account_id:
        raise ResourceNotFound("no such attempt")
    return attempt


def shown(unit: IdentityUnit, attempt: Attempt) -> ShownAttempt:
    """Adds what is masked."""
    attempt_id = attempt.attempt_id
    return ShownAttempt(attempt=attempt, masked=unit.attempts.masked(attempt_id), note=unit.attempts.note(attempt_id))


def standing(unit: IdentityUnit, *, account_id: str, brand: str, clock: Clock) -> Standing:
    """State, person, newest attempt, what is left today."""
    policy = unit.accounts.policy(brand).identity
    person, newest = unit.people.current(account_id), unit.attempts.newest(account_id)
    used = unit.attempts.counted(account_id, since=clock.now() - DAY)
    left = max(policy.attempts_a_day - used, 0)
    failed = newest is not None and newest.state in (IdentityState.FAILED, IdentityState.REJECTED)
    masked = None
    if person is not None:
        data = unit.people.data(person.record_id)
        masked = Masked(name=mask_name(data.name), document_number=mask_document_number(data.document_number))
    return Standing(
        state=account_state(person, newest),
        person=person,
        masked=masked,
        newest=shown(unit, newest) if newest is not None else None,
        attempts_left=left,
        manual_offered=person is None
        and (IdentityMethod.MANUAL in policy.methods or (policy.manual_after_failure and (failed or not left))),
    )


def list_attempts(
    unit: IdentityUnit, *, account_id: str, before: str, limit: int
) -> tuple[Sequence[ShownAttempt], str]:
    """A page of attempts, newest first, and where the next one begins (empty: nowhere)."""
    found = unit.attempts.page(account_id, before=before, limit=limit + 1)
    page = [shown(unit, attempt) for attempt in found[:limit]]
    return page, page[-1].attempt.attempt_id if len(found) > limit else ""


def cancel_attempt(unit: IdentityUnit, *, account_id: str, attempt_id: str, clock: Clock) -> Attempt:
    """Gives an undecided attempt up; a result that comes later is ignored.

    Raises:
        ResourceNotFound: No such attempt of this account.
        IdentityStateRefused: It is decided, or a reviewer looks at it.
    """
    own_attempt(unit, account_id=account_id, attempt_id=attempt_id)
    attempt = unit.attempts.locked(attempt_id)
    if attempt is None or attempt.state not in EXPIRING:
        raise IdentityStateRefused("the attempt cannot be given up now")
    attempt.check_becomes(IdentityState.UNVERIFIED)
    ended = replace(attempt, state=IdentityState.UNVERIFIED, reason=FailureReason.CANCELLED, changed_at=clock.now())
    unit.attempts.save(ended, attempt.state)
    return ended
