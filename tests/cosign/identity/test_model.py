"""The one state machine, levels, and what an account's state is."""

import datetime as dt
import itertools

import pytest

from cosign.brands import DocumentType, IdentityMethod
from cosign.identity.faults import IdentityStateRefused
from cosign.identity.model import (
    EXPIRING,
    LEVELS,
    LIVING,
    TRANSITIONS,
    AssuranceLevel,
    Attempt,
    AttemptPurpose,
    FailureReason,
    IdentityState,
    Person,
    account_state,
    check_transition,
)
from cosign.identity.words import WORDS

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
_S = IdentityState
SECTION_3_10 = {
    (_S.UNVERIFIED, _S.IN_PROGRESS),
    (_S.UNVERIFIED, _S.MANUAL_DRAFT),
    (_S.IN_PROGRESS, _S.FACE_PENDING),
    (_S.IN_PROGRESS, _S.PROVIDER_PENDING),
    (_S.FACE_PENDING, _S.VERIFIED),
    (_S.FACE_PENDING, _S.FAILED),
    (_S.FACE_PENDING, _S.UNVERIFIED),
    (_S.PROVIDER_PENDING, _S.VERIFIED),
    (_S.PROVIDER_PENDING, _S.FAILED),
    (_S.PROVIDER_PENDING, _S.UNVERIFIED),
    (_S.FAILED, _S.IN_PROGRESS),
    (_S.FAILED, _S.MANUAL_DRAFT),
    (_S.FAILED, _S.UNVERIFIED),
    (_S.MANUAL_DRAFT, _S.MANUAL_REVIEW),
    (_S.MANUAL_REVIEW, _S.VERIFIED),
    (_S.MANUAL_REVIEW, _S.REJECTED),
    (_S.REJECTED, _S.MANUAL_DRAFT),
    (_S.REJECTED, _S.IN_PROGRESS),
    (_S.VERIFIED, _S.CHANGING),
    (_S.VERIFIED, _S.REVERIFY),
    (_S.CHANGING, _S.VERIFIED),
    (_S.REVERIFY, _S.VERIFIED),
}
OURS = {
    (_S.IN_PROGRESS, _S.UNVERIFIED),
    (_S.MANUAL_DRAFT, _S.UNVERIFIED),
    (_S.FACE_PENDING, _S.MANUAL_REVIEW),
    (_S.PROVIDER_PENDING, _S.MANUAL_REVIEW),
    (_S.MANUAL_REVIEW, _S.UNVERIFIED),
}
"""Drafts that are given up, flagged attempts that passed, and the end of the account during a review."""


def attempt(state: IdentityState, purpose: AttemptPurpose = AttemptPurpose.FIRST) -> Attempt:
    return Attempt(
        attempt_id="idv_1",
        account_id="acc_1",
        brand="bzt",
        device_id="dev_1",
        purpose=purpose,
        method=IdentityMethod.CPCN_FACE,
        state=state,
        created_at=NOW,
        changed_at=NOW,
        expires_at=NOW,
    )


PERSON = Person(
    person_id="per_1",
    version=1,
    account_id="acc_1",
    brand="bzt",
    document_type=DocumentType.RESIDENT_ID,
    document_expiry=None,
    level=AssuranceLevel.HIGH,
    method=IdentityMethod.CPCN_FACE,
    attempt_id="idv_1",
    verified_at=NOW,
)


def test_the_table_is_section_3_10() -> None:
    """R-IDV-01: every pair of states is either a transition or refused with a precise reason."""
    for present, target in itertools.product(IdentityState, repeat=2):
        if (present, target) in SECTION_3_10 | OURS:
            check_transition(present, target)
        else:
            with pytest.raises(IdentityStateRefused, match=f"{present.value} and cannot become {target.value}"):
                attempt(present).check_becomes(target)
    assert set(TRANSITIONS) == set(IdentityState)
    assert EXPIRING < LIVING


def test_every_method_has_a_level_and_every_failure_words() -> None:
    """R-IDV-09: pictures and SMS make the lowest level, faces the highest."""
    assert set(LEVELS) == set(IdentityMethod)
    assert LEVELS[IdentityMethod.SMS_DOCUMENT].rank < LEVELS[IdentityMethod.BANK_FOUR].rank
    assert LEVELS[IdentityMethod.BANK_FOUR].rank < LEVELS[IdentityMethod.MOTION_FACE].rank
    assert set(WORDS) == set(FailureReason)


@pytest.mark.parametrize(
    ("person", "newest", "expected"),
    [
        (None, None, _S.UNVERIFIED),
        (None, attempt(_S.PROVIDER_PENDING), _S.PROVIDER_PENDING),
        (None, attempt(_S.FAILED), _S.FAILED),
        (None, attempt(_S.VERIFIED), _S.UNVERIFIED),
        (PERSON, attempt(_S.VERIFIED), _S.VERIFIED),
        (PERSON, attempt(_S.PROVIDER_PENDING, AttemptPurpose.CHANGE), _S.CHANGING),
        (PERSON, attempt(_S.FAILED, AttemptPurpose.CHANGE), _S.VERIFIED),
        (PERSON, attempt(_S.FACE_PENDING, AttemptPurpose.REVERIFY), _S.REVERIFY),
    ],
    ids=["nothing", "pending", "failed", "person-ended", "verified", "changing", "change-failed", "reverify"],
)
def test_the_state_of_an_account(person: Person | None, newest: Attempt | None, expected: IdentityState) -> None:
    """R-IDV-15: a verified user stays verified whatever becomes of later attempts."""
    assert account_state(person, newest) is expected
