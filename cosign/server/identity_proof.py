"""Answers the area of accounts whether a person was recognised on a phone (`cosign.accounts.number_change`)."""

import datetime as dt

from cosign.accounts.faults import IdentityProofRefused
from cosign.identity import AssuranceLevel, AttemptPurpose, IdentityState, IdentityUnit


class AttemptProof:
    """A check of the verified person again, by face, on the phone that asks (R-IDV-13)."""

    def __init__(self, unit: IdentityUnit) -> None:
        self._unit = unit

    def check(self, *, account_id: str, device_id: str, proof_id: str, since: dt.datetime) -> None:
        """See the port."""
        attempt = self._unit.attempts.get(proof_id)
        if attempt is None or (attempt.account_id, attempt.device_id) != (account_id, device_id):
            raise IdentityProofRefused("no such check of this account on this phone")
        if attempt.purpose is not AttemptPurpose.REVERIFY or attempt.level is not AssuranceLevel.HIGH:
            raise IdentityProofRefused("not a check of the same person by face")
        if attempt.state is not IdentityState.VERIFIED or attempt.changed_at < since:
            raise IdentityProofRefused("the check did not pass, or too long ago")
