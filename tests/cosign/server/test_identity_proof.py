"""Which checks of a person change a lost number (R-ACC-33)."""

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cosign.accounts.faults import IdentityProofRefused
from cosign.brands import IdentityMethod
from cosign.identity import AssuranceLevel, Attempt, AttemptPurpose, IdentityState
from cosign.server.identity_proof import AttemptProof

NOW = dt.datetime(2030, 1, 2, 3, 4, tzinfo=dt.UTC)


def proof(**changes: Any) -> AttemptProof:
    """An area of real-name checks that knows one check."""
    facts: dict[str, Any] = {
        "attempt_id": "idv_1",
        "account_id": "acc_1",
        "brand": "zb",
        "device_id": "dev_1",
        "purpose": AttemptPurpose.REVERIFY,
        "method": IdentityMethod.OCR_FACE,
        "state": IdentityState.VERIFIED,
        "created_at": NOW,
        "changed_at": NOW,
        "expires_at": NOW,
        "level": AssuranceLevel.HIGH,
    }
    attempt = Attempt(**(facts | changes))
    attempts = SimpleNamespace(get={"idv_1": attempt}.get)
    return AttemptProof(cast(Any, SimpleNamespace(attempts=attempts)))


def test_the_same_person_by_face_on_this_phone_counts() -> None:
    proof().check(account_id="acc_1", device_id="dev_1", proof_id="idv_1", since=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"account_id": "acc_2"},
        {"device_id": "dev_2"},
        {"purpose": AttemptPurpose.CHANGE},
        {"level": AssuranceLevel.STANDARD},
        {"state": IdentityState.PROVIDER_PENDING},
        {"changed_at": NOW - dt.timedelta(seconds=1)},
    ],
)
def test_everything_else_is_refused(changes: dict[str, Any]) -> None:
    """R-ACC-33: proof failed."""
    with pytest.raises(IdentityProofRefused):
        proof(**changes).check(account_id="acc_1", device_id="dev_1", proof_id="idv_1", since=NOW)


def test_a_check_that_is_not_there_is_refused() -> None:
    with pytest.raises(IdentityProofRefused):
        proof().check(account_id="acc_1", device_id="dev_1", proof_id="idv_2", since=NOW)
