"""Applies what a provider or a reviewer found to an attempt, once (R-IDV-17)."""

import enum
from dataclasses import replace
from typing import Final

from cosign import ids
from cosign.accounts import AccountState, mark_verified
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.change_model import same_person
from cosign.identity.faults import DocumentTaken
from cosign.identity.model import (
    AWAITED,
    EXPIRING,
    LEVELS,
    Attempt,
    AttemptPurpose,
    FailureReason,
    IdentityState,
    Outcome,
    Person,
    PersonData,
    check_transition,
)
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.after import link_decided, person_kept
from cosign.identity.words import words
from cosign.messages import MessageKind

MAX_NOTE: Final = 200
_SILENT: Final = (FailureReason.PROVIDER_DOWN, FailureReason.CANCELLED)
"""What the user sees at once is not told again."""


class Applied(enum.StrEnum):
    """What became of an outcome."""

    VERIFIED = "verified"
    FAILED = "failed"
    REVIEW = "review"
    """It passed but was flagged: a reviewer decides."""
    IGNORED = "ignored"
    """The attempt was decided before."""


def apply_outcome(
    unit: IdentityUnit, attempt_id: str, outcome: Outcome, *, clock: Clock, by_reviewer: bool = False
) -> tuple[Attempt, Applied]:
    """Decides an attempt. Callbacks, queries, single-call checks and reviewers all end here.

    The row is locked first, so of several outcomes that come at once one counts.

    Args:
        unit: A write transaction.
        attempt_id: Which attempt. A provider's outcome counts in FACE_PENDING and PROVIDER_PENDING before its time
            is over, a reviewer's in MANUAL_REVIEW.
        outcome: What was found.
        clock: Present time.
        by_reviewer: A member of staff decided, not a provider.

    Returns:
        The attempt as it is now, and what became of the outcome.

    Raises:
        ResourceNotFound: No such attempt.
    """
    attempt = unit.attempts.locked(attempt_id)
    if attempt is None:
        raise ResourceNotFound("no such attempt")
    counts = attempt.state is IdentityState.MANUAL_REVIEW if by_reviewer else attempt.state in AWAITED
    if not counts:
        return attempt, Applied.IGNORED
    if not by_reviewer and attempt.expires_at <= clock.now():
        return time_out(unit, attempt, clock=clock), Applied.IGNORED
    if outcome.note:
        unit.attempts.set_note(attempt_id, outcome.note[:MAX_NOTE])
    if outcome.person is not None:
        unit.attempts.set_claimed(attempt_id, outcome.person)
    evidence = outcome.evidence or attempt.evidence
    if not outcome.passed:
        return _refuse(unit, attempt, outcome.reason, evidence=evidence, clock=clock), Applied.FAILED
    if attempt.flagged and not by_reviewer:
        waiting = _move(unit, attempt, IdentityState.MANUAL_REVIEW, clock=clock, evidence=evidence)
        unit.review(waiting)
        hours = unit.accounts.policy(attempt.brand).identity.manual_hours
        _tell(unit, waiting, MessageKind.REVIEW_PENDING, hours=str(hours))
        return waiting, Applied.REVIEW
    claimed = unit.attempts.claimed(attempt_id)
    if claimed is None:
        raise ResourceNotFound("the attempt has no data")
    if attempt.purpose is not AttemptPurpose.LINK:
        try:
            _keep(unit, attempt, claimed, clock=clock)
        except _Refused as refused:
            return _refuse(unit, attempt, refused.reason, evidence=evidence, clock=clock), Applied.FAILED
    level = LEVELS[attempt.method]
    passed = _move(unit, attempt, IdentityState.VERIFIED, clock=clock, evidence=evidence, level=level)
    link_decided(unit, passed, clock=clock)
    _tell(unit, passed, MessageKind.IDENTITY_VERIFIED)
    _audit(unit, passed, "passed")
    return passed, Applied.VERIFIED


def time_out(unit: IdentityUnit, attempt: Attempt | None, *, clock: Clock) -> Attempt:
    """Ends an undecided attempt whose time is over; one that was decided meanwhile stays as it is.

    Args:
        unit: A write transaction.
        attempt: As `locked` returned it.
        clock: Present time.

    Raises:
        ResourceNotFound: There is none.
    """
    if attempt is None:
        raise ResourceNotFound("no such attempt")
    if attempt.state not in EXPIRING or attempt.expires_at > clock.now():
        return attempt
    ended = _move(unit, attempt, IdentityState.UNVERIFIED, clock=clock, reason=FailureReason.TIMED_OUT)
    link_decided(unit, ended, clock=clock)
    _audit(unit, ended, FailureReason.TIMED_OUT.value)
    return ended


class _Refused(Exception):
    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def _keep(unit: IdentityUnit, attempt: Attempt, claimed: PersonData, *, clock: Clock) -> Person:
    """Makes a version of the person. Raises _Refused."""
    now, account_id = clock.now(), attempt.account_id
    holder = unit.people.holder(attempt.brand, claimed)
    if holder is not None and holder.account_id != account_id:
        other = unit.accounts.accounts.get(holder.account_id)
        if other is not None and other.state is not AccountState.CANCELLED:
            raise _Refused(FailureReason.DOCUMENT_TAKEN)
        unit.people.end(holder.account_id, now=now)
    before = unit.people.current(account_id)
    if attempt.purpose is AttemptPurpose.REVERIFY and (before is None or holder != before):
        raise _Refused(FailureReason.OTHER_PERSON)
    if attempt.purpose is AttemptPurpose.CHANGE and (
        before is None or not same_person(unit.people.data(before.record_id), claimed)
    ):
        raise _Refused(FailureReason.OTHER_PERSON)
    person = Person(
        person_id=before.person_id if before is not None else ids.new_id(ids.PERSON, clock.now_ms()),
        version=before.version + 1 if before is not None else 1,
        account_id=account_id,
        brand=attempt.brand,
        document_type=claimed.document_type,
        document_expiry=claimed.document_expiry,
        level=LEVELS[attempt.method],
        method=attempt.method,
        attempt_id=attempt.attempt_id,
        verified_at=now,
    )
    try:
        unit.people.add(person, claimed)
    except DocumentTaken:
        raise _Refused(FailureReason.DOCUMENT_TAKEN) from None
    mark_verified(
        unit.accounts,
        account_id=account_id,
        person_id=person.person_id,
        name=claimed.name,
        document_number=claimed.document_number,
    )
    person_kept(unit, attempt, before=before, person=person, clock=clock)
    return person


def _refuse(unit: IdentityUnit, attempt: Attempt, reason: FailureReason, *, evidence: str, clock: Clock) -> Attempt:
    target = IdentityState.REJECTED if attempt.state is IdentityState.MANUAL_REVIEW else IdentityState.FAILED
    reason = reason or FailureReason.REVIEW_REFUSED
    failed = _move(unit, attempt, target, clock=clock, evidence=evidence, reason=reason)
    link_decided(unit, failed, clock=clock)
    if reason not in _SILENT:
        _tell(
            unit, failed, MessageKind.IDENTITY_REFUSED, reason=unit.attempts.note(attempt.attempt_id) or words(reason)
        )
    _audit(unit, failed, reason.value)
    return failed


def _move(unit: IdentityUnit, attempt: Attempt, target: IdentityState, *, clock: Clock, **values: object) -> Attempt:
    check_transition(attempt.state, target)
    moved = replace(attempt, state=target, changed_at=clock.now(), **values)  # type: ignore[arg-type]
    unit.attempts.save(moved, attempt.state)
    return moved


def _tell(unit: IdentityUnit, attempt: Attempt, kind: MessageKind, **args: str) -> None:
    if attempt.account_id:
        unit.accounts.tell(attempt.account_id, kind, target=attempt.attempt_id, **args)


def _audit(unit: IdentityUnit, attempt: Attempt, outcome: str) -> None:
    unit.accounts.audit(
        AuditEvent.IDENTITY_DECIDED, outcome=outcome, account_id=attempt.account_id, device_id=attempt.device_id
    )
