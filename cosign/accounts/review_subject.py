"""Appeals before reviewers (R-ADM-11): how they come into the queue, what is shown of them, what a decision does."""

from typing import Final

from cosign.accounts.closing import Appeal
from cosign.accounts.model import Account
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.cancel import decide
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.personal import mask_phone_number
from cosign.personal.readers import Purpose
from cosign.reviews import Decision, ReviewKind, ReviewUnit, ShownField, SubjectView, Verdict, open_review

_PHONE_NUMBER: Final = "phone_number"


def hand_in(unit: ReviewUnit, appeal: Appeal, *, brand: str, clock: Clock) -> None:
    """Puts an appeal into the queue, in the transaction that made it."""
    open_review(
        unit,
        kind=ReviewKind.ACCOUNT_APPEAL,
        subject_id=appeal.appeal_id,
        brand=brand,
        account_id=appeal.account_id,
        clock=clock,
    )


class AppealSubject:
    """`ReviewSubject` of the kind ACCOUNT_APPEAL. Subjects are `apl_` ids."""

    verdicts = frozenset({Verdict.APPROVE, Verdict.REFUSE})
    purpose = Purpose.APPEAL_REVIEW

    def __init__(self, unit: AccountUnit, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock

    def view(self, subject_id: str) -> SubjectView:
        """See the port."""
        appeal, account = self._found(subject_id)
        number = self._unit.closing.appeal_number(subject_id)
        tombstone = self._unit.closing.tombstone(account.account_id)
        taken = self._unit.accounts.by_number(account.brand, number)
        fields = {
            "state": appeal.state.value,
            "submitted_at": appeal.submitted_at.isoformat(timespec="seconds"),
            "account_id": account.account_id,
            "account_state": account.state.value,
            "created_at": account.created_at.isoformat(timespec="seconds"),
            "cancelled_at": "" if tombstone is None else tombstone.cancelled_at.isoformat(timespec="seconds"),
            "verified": "yes" if account.person_id else "no",
            "number_taken": "yes" if taken is not None and taken.account_id != account.account_id else "no",
        }
        shown = [ShownField(name=name, text=text) for name, text in fields.items()]
        return SubjectView(fields=[*shown, ShownField(name=_PHONE_NUMBER, text=mask_phone_number(number), masked=True)])

    def unmasked(self, subject_id: str, name: str) -> str:
        """See the port."""
        self._found(subject_id)
        if name != _PHONE_NUMBER:
            raise ResourceNotFound("no such field")
        return self._unit.closing.appeal_number(subject_id)

    def decide(self, decision: Decision) -> None:
        """Restores the account without its keys, or leaves it cancelled. Raises as `usecases.cancel.decide`."""
        reason = ": ".join(part for part in (decision.reason, decision.note) if part)
        accept = decision.verdict is Verdict.APPROVE
        decide(self._unit, appeal_id=decision.item.subject_id, accept=accept, reason=reason, clock=self._clock)

    def _found(self, appeal_id: str) -> tuple[Appeal, Account]:
        found = self._unit.closing.appeal(appeal_id)
        account = None if found is None else self._unit.accounts.get(found[0].account_id)
        if found is None or account is None:
            raise ResourceNotFound("no such appeal")
        return found[0], account
