"""Real-name checks by hand before reviewers (R-ADM-03): the queue, what is shown, what a decision does."""

from collections.abc import Mapping
from typing import Final

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.identity.change_model import ManualSubmission
from cosign.identity.model import Attempt, FailureReason, PersonData
from cosign.identity.ports import IdentityUnit
from cosign.identity.usecases.manual import decide_manual, manual_submission
from cosign.personal import mask_document_number, mask_email, mask_name, mask_phone_number
from cosign.personal.readers import Purpose
from cosign.reviews import (
    Decision,
    ReviewKind,
    ReviewUnit,
    ShownField,
    ShownFile,
    SubjectView,
    Verdict,
    open_review,
)

_HIDDEN: Final = "***"
_REASONS: Final[Mapping[str, FailureReason]] = {
    "data_mismatch": FailureReason.DATA_MISMATCH,
    "face_mismatch": FailureReason.FACE_MISMATCH,
    "document_expired": FailureReason.DOCUMENT_EXPIRED,
    "document_taken": FailureReason.DOCUMENT_TAKEN,
}
"""Codes of the dictionary of reasons that have a reason of attempts; all others are REVIEW_REFUSED."""


def hand_in(unit: ReviewUnit, attempt: Attempt, *, clock: Clock) -> None:
    """Puts an attempt into the queue, in the transaction that made it one for review.

    What was returned to the account before goes on with the new attempt, so that a reviewer sees why.
    """
    before = unit.returned(ReviewKind.IDENTITY, attempt.account_id)
    open_review(
        unit,
        kind=ReviewKind.IDENTITY,
        subject_id=attempt.attempt_id,
        brand=attempt.brand,
        account_id=attempt.account_id,
        clock=clock,
        corrects="" if before is None else before.subject_id,
    )


class IdentitySubject:
    """`ReviewSubject` of the kind IDENTITY. Subjects are `idv_` ids; a returned one is followed by a new attempt."""

    verdicts = frozenset({Verdict.APPROVE, Verdict.RETURN})
    purpose = Purpose.IDENTITY_REVIEW

    def __init__(self, unit: IdentityUnit, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock

    def view(self, subject_id: str) -> SubjectView:
        """See the port."""
        found = manual_submission(self._unit, subject_id)
        masked = {name: mask for name, (text, mask) in _masks(found.person).items() if text}
        fields = [ShownField(name=name, text=text) for name, text in _plain(found).items()]
        fields += [ShownField(name=name, text=text, masked=True) for name, text in masked.items()]
        files = [ShownFile(name=file.value, upload_id=upload) for file, upload in found.papers.files.items()]
        return SubjectView(fields=fields, files=files)

    def unmasked(self, subject_id: str, name: str) -> str:
        """See the port."""
        text, _ = _masks(manual_submission(self._unit, subject_id).person).get(name, ("", ""))
        if not text:
            raise ResourceNotFound("no such field")
        return text

    def decide(self, decision: Decision) -> None:
        """Makes the person verified, or refuses the attempt. Raises as `decide_manual`."""
        decide_manual(
            self._unit,
            decision.item.subject_id,
            approved=decision.verdict is Verdict.APPROVE,
            reason=_REASONS.get(decision.reason_code, FailureReason.REVIEW_REFUSED),
            note=": ".join(part for part in (decision.reason, decision.note) if part),
            by=decision.reviewer,
            clock=self._clock,
        )


def _plain(found: ManualSubmission) -> dict[str, str]:
    """What names nobody."""
    person, attempt = found.person, found.attempt
    expiry = "long_term" if person.long_term else person.document_expiry.isoformat() if person.document_expiry else ""
    return {
        "state": attempt.state.value,
        "purpose": attempt.purpose.value,
        "method": attempt.method.value,
        "submitted_at": found.papers.submitted_at.isoformat(timespec="seconds"),
        "document_type": person.document_type.value,
        "document_country": person.document_country,
        "document_expiry": expiry,
        "document_taken": "yes" if found.taken else "no",
        "flagged": "yes" if attempt.flagged else "no",
    }


def _masks(person: PersonData) -> dict[str, tuple[str, str]]:
    """Name of each datum of the person: the whole text and the masked one."""
    return {
        "name": (person.name, mask_name(person.name)),
        "document_number": (person.document_number, mask_document_number(person.document_number)),
        "phone_number": (person.phone_number, mask_phone_number(person.phone_number)),
        "email": (person.email, mask_email(person.email)),
        "sex": (person.sex, _HIDDEN),
        "birth": (person.birth, _HIDDEN),
        "ethnic_group": (person.ethnic_group, _HIDDEN),
        "address": (person.address, _HIDDEN),
        "authority": (person.authority, _HIDDEN),
    }
