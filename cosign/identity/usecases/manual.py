"""Manual review of identity (人工审核): what users hand in, and what reviewers decide (R-IDV-11, R-ADM-03)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cosign import ids
from cosign.accounts import AccountState, Principal
from cosign.audit.model import AuditEvent
from cosign.brands import IdentityMethod, ManualFile, Operation
from cosign.brands.model import IdentityPolicy
from cosign.clock import Clock
from cosign.errors import FieldInvalid, ResourceNotFound, StateFault
from cosign.identity.change_model import ManualPapers, ManualSubmission, ManualView
from cosign.identity.documents import check_allowed, checked
from cosign.identity.faults import (
    AttemptLimit,
    AttemptOpen,
    ChangeOff,
    DocumentTaken,
    IdentityStateRefused,
    IdentityVerified,
    ManualFilesMissing,
    MethodOff,
)
from cosign.identity.model import (
    Attempt,
    AttemptPurpose,
    FailureReason,
    IdentityState,
    Outcome,
    Person,
    PersonData,
    account_state,
    check_transition,
)
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.change import check_change, check_successor, spend_own_ticket
from cosign.identity.usecases.files import claim_files, files_of
from cosign.identity.usecases.outcome import Applied, apply_outcome, time_out
from cosign.identity.usecases.start import keep_pictures
from cosign.messages import MessageKind

_DAY: Final = dt.timedelta(hours=24)
_LIVING_LONG: Final = dt.timedelta(days=3650)
"""Reviews do not end by time."""
_REFUSALS: Final = frozenset(
    {
        FailureReason.REVIEW_REFUSED,
        FailureReason.DATA_MISMATCH,
        FailureReason.FACE_MISMATCH,
        FailureReason.DOCUMENT_EXPIRED,
        FailureReason.DOCUMENT_TAKEN,
        FailureReason.OTHER_PERSON,
    }
)
"""What a reviewer may refuse for."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Papers:
    """What a user hands in. Numbers as he wrote them."""

    person: PersonData
    files: Mapping[ManualFile, str]
    """Uploads by what they show."""
    ticket: str = ""
    """Of a verified user, who hands in the successor of his document."""
    accepted: tuple[str, ...] = ()
    """Ids of documents."""


def submit_manual(unit: IdentityUnit, *, principal: Principal, papers: Papers, clock: Clock) -> ManualView:
    """Hands papers in for review; the user sees them masked until it is decided.

    Args:
        unit: A write transaction.
        principal: Who calls. No attempt of his is undecided. If he is verified, this is a change (`check_change`).
        papers: Data and files. The policy of the brand says which files are needed.
        clock: Present time; the decision is due `identity.manual_hours` later.

    Raises:
        ConsentRequired, MethodOff, DocumentRefused, FieldInvalid, DocumentExpired, ManualFilesMissing,
        ResourceNotFound, IdentityVerified, AttemptOpen, AttemptLimit, OtherPerson, TicketInvalid: See SubmitManual in
            the proto. Whether the document serves another account only the reviewer learns.
    """
    account_id, now = principal.account_id, clock.now()
    whole = unit.accounts.policy(principal.brand)
    policy = whole.identity
    unit.accounts.consent(account_id, principal.brand, Operation.VERIFY_IDENTITY, papers.accepted, principal.device_id)
    before = _check_entry(unit, principal, policy, clock)
    check_allowed(policy, papers.person.document_type, IdentityMethod.MANUAL)
    person = _person(unit, principal, policy, papers.person, clock)
    if before is not None:
        spend_own_ticket(unit, principal=principal, ticket=papers.ticket, clock=clock)
        check_successor(unit, principal=principal, before=before, claimed=person)
    files = _files(policy, papers.files)
    _charge(unit, principal, policy, clock)
    draft = Attempt(
        attempt_id=ids.new_id(ids.ATTEMPT, clock.now_ms()),
        account_id=account_id,
        brand=principal.brand,
        device_id=principal.device_id,
        purpose=AttemptPurpose.FIRST if before is None else AttemptPurpose.CHANGE,
        method=IdentityMethod.MANUAL,
        state=IdentityState.MANUAL_DRAFT,
        created_at=now,
        changed_at=now,
        expires_at=now + _LIVING_LONG,
        upload_ids=tuple(files.values()),
    )
    draft.check_becomes(IdentityState.MANUAL_REVIEW)
    attempt = replace(draft, state=IdentityState.MANUAL_REVIEW)
    unit.attempts.add(attempt, person)
    claim_files(unit, account_id, files, until=now + keep_pictures(whole))
    handed_in = ManualPapers(
        attempt_id=attempt.attempt_id,
        account_id=account_id,
        files=files,
        submitted_at=now,
        due_at=now + dt.timedelta(hours=policy.manual_hours),
    )
    unit.manual.add(handed_in)
    unit.review(attempt)
    unit.accounts.audit(AuditEvent.IDENTITY_SUBMITTED, account_id=account_id, device_id=principal.device_id)
    unit.accounts.tell(
        account_id, MessageKind.REVIEW_PENDING, target=attempt.attempt_id, hours=str(policy.manual_hours)
    )
    return _view(unit, attempt, handed_in)


def newest_manual(unit: IdentityUnit, *, account_id: str) -> ManualView | None:
    """The last submission of an account, masked; None if there is none."""
    papers = unit.manual.newest(account_id)
    attempt = None if papers is None else unit.attempts.get(papers.attempt_id)
    return None if papers is None or attempt is None else _view(unit, attempt, papers)


def manual_offered(unit: IdentityUnit, *, principal: Principal, clock: Clock) -> bool:
    """Whether the user may hand papers in now."""
    try:
        _check_entry(unit, principal, unit.accounts.policy(principal.brand).identity, clock, end_late=False)
    except StateFault:
        return False
    return True


def manual_submission(unit: IdentityUnit, attempt_id: str) -> ManualSubmission:
    """What a reviewer looks at, unmasked; the caller records who reads it.

    Also of attempts that passed automatically and were flagged: their papers are the pictures of the card.

    Raises:
        ResourceNotFound: No such attempt, or one that no reviewer ever saw.
    """
    attempt = unit.attempts.get(attempt_id)
    person = None if attempt is None else unit.attempts.claimed(attempt_id)
    if attempt is None or person is None:
        raise ResourceNotFound("no such submission")
    papers = unit.manual.get(attempt_id)
    if papers is None:
        if not attempt.flagged:
            raise ResourceNotFound("no such submission")
        papers = _flagged_papers(unit, attempt)
    return ManualSubmission(attempt=attempt, papers=papers, person=person, taken=_taken(unit, attempt, person))


def decide_manual(
    unit: IdentityUnit,
    attempt_id: str,
    *,
    approved: bool,
    reason: FailureReason = FailureReason.REVIEW_REFUSED,
    note: str = "",
    by: str,
    clock: Clock,
) -> Attempt:
    """Carries out what a reviewer decided, in his transaction; the user is told.

    Args:
        unit: A write transaction.
        attempt_id: An attempt in MANUAL_REVIEW.
        approved: Whether the person is who he claims to be.
        reason: Of a refusal.
        note: What the reviewer wrote to the user, at most 200 characters are kept.
        by: The member of staff, 1 to 32 characters.
        clock: Present time.

    Returns:
        The attempt: VERIFIED or REJECTED.

    Raises:
        ResourceNotFound: No such attempt.
        IdentityStateRefused: It is decided.
        DocumentTaken: Approved, but the document serves another account of the brand; nothing is decided.
        FieldInvalid: Not a reason of a reviewer.
    """
    if not approved and reason not in _REFUSALS:
        raise FieldInvalid("reason", f"must be one of {', '.join(sorted(one.value for one in _REFUSALS))}")
    attempt = unit.attempts.locked(attempt_id)
    if attempt is None:
        raise ResourceNotFound("no such attempt")
    if attempt.state is not IdentityState.MANUAL_REVIEW:
        raise IdentityStateRefused(f"it is {attempt.state.value} and waits for no reviewer")
    unit.manual.decide(attempt_id, by=by, now=clock.now())
    outcome = Outcome(passed=approved, reason=FailureReason.NONE if approved else reason, note=note)
    decided, applied = apply_outcome(unit, attempt_id, outcome, clock=clock, by_reviewer=True)
    if approved and applied is not Applied.VERIFIED:
        raise DocumentTaken("the document serves another account")
    return decided


def _check_entry(
    unit: IdentityUnit, principal: Principal, policy: IdentityPolicy, clock: Clock, *, end_late: bool = True
) -> Person | None:
    """Whether papers may be handed in now; an attempt whose time is over ends here. Returns the verified person."""
    account_id, now = principal.account_id, clock.now()
    person, newest = unit.people.current(account_id), unit.attempts.newest(account_id)
    if person is not None:
        try:
            check_change(unit, principal=principal)
        except ChangeOff:
            raise IdentityVerified("the user is verified") from None
    late = newest is not None and newest.is_living and newest.state is not IdentityState.MANUAL_REVIEW
    late = late and newest is not None and newest.expires_at <= now
    if newest is not None and newest.is_living and not late:
        raise AttemptOpen(newest.attempt_id)
    if newest is not None and late and end_late:
        locked = unit.attempts.locked(newest.attempt_id)
        newest = time_out(unit, locked, clock=clock) if locked is not None and locked.is_living else locked
    if not late:
        target = IdentityState.MANUAL_DRAFT if person is None else IdentityState.CHANGING
        check_transition(account_state(person, newest), target)
    failed = newest is not None and newest.state in (IdentityState.FAILED, IdentityState.REJECTED)
    spent = unit.attempts.counted(account_id, since=now - _DAY) >= policy.attempts_a_day
    if IdentityMethod.MANUAL not in policy.methods and not (policy.manual_after_failure and (failed or spent)):
        raise MethodOff(method.value for method in policy.methods)
    return person


def _person(
    unit: IdentityUnit, principal: Principal, policy: IdentityPolicy, claimed: PersonData, clock: Clock
) -> PersonData:
    """The data in the form that is stored, with the number of the account where none was given."""
    if not claimed.phone_number:
        claimed = replace(claimed, phone_number=unit.accounts.accounts.phone_number(principal.account_id))
    if policy.email_required and not claimed.email:
        raise FieldInvalid("email", "is needed by this brand")
    shown = {ManualFile.DOCUMENT_FRONT, ManualFile.DOCUMENT_BACK} & set(policy.manual_files)
    if shown and claimed.document_expiry is None and not claimed.long_term:
        raise FieldInvalid("person.document_expiry", "must be the last day on the document, or long_term be set")
    return checked(claimed, policy=policy, clock=clock, field="person")


def _files(policy: IdentityPolicy, given: Mapping[ManualFile, str]) -> dict[ManualFile, str]:
    """The files that the brand needs, in its order."""
    if missing := [file.value for file in policy.manual_files if not given.get(file)]:
        raise ManualFilesMissing(missing)
    if more := [file.value for file in given if file not in policy.manual_files]:
        raise FieldInvalid("files", f"the brand takes no {', '.join(more)}")
    if len(set(given.values())) != len(given):
        raise FieldInvalid("files", "one upload cannot be two files")
    return {file: given[file] for file in policy.manual_files}


def _charge(unit: IdentityUnit, principal: Principal, policy: IdentityPolicy, clock: Clock) -> None:
    subject, now = f"identity:manual:{principal.account_id}", clock.now()
    if unit.accounts.codes.count(principal.brand, subject, now=now, window=_DAY) > policy.manual_a_day:
        _, ends = unit.accounts.codes.counted(principal.brand, subject, now=now)
        raise AttemptLimit(
            "the submissions of a day are used up", retry_after_ms=round((ends - now).total_seconds() * 1000)
        )


def _taken(unit: IdentityUnit, attempt: Attempt, person: PersonData) -> bool:
    holder = unit.people.holder(attempt.brand, person)
    return holder is not None and holder.account_id != attempt.account_id and _is_active(unit, holder.account_id)


def _is_active(unit: IdentityUnit, account_id: str) -> bool:
    account = unit.accounts.accounts.get(account_id)
    return account is not None and account.state is not AccountState.CANCELLED


def _flagged_papers(unit: IdentityUnit, attempt: Attempt) -> ManualPapers:
    hours = unit.accounts.policy(attempt.brand).identity.manual_hours
    return ManualPapers(
        attempt_id=attempt.attempt_id,
        account_id=attempt.account_id,
        files=files_of(unit, attempt),
        submitted_at=attempt.created_at,
        due_at=attempt.changed_at + dt.timedelta(hours=hours),
    )


def _view(unit: IdentityUnit, attempt: Attempt, papers: ManualPapers) -> ManualView:
    claimed, shown = unit.attempts.claimed(attempt.attempt_id), unit.attempts.masked(attempt.attempt_id)
    if claimed is None or shown is None:
        raise ResourceNotFound("no such submission")
    note = unit.attempts.note(attempt.attempt_id)
    return ManualView(attempt=attempt, papers=papers, document_type=claimed.document_type, shown=shown, note=note)
