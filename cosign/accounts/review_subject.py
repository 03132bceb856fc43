"""Accounts before reviewers: how a subject comes into the queue, what is shown of it, what a decision does.

Appeals for cancelled accounts (R-ADM-11), and changes of a lost login number (R-ACC-33).
"""

from typing import Final

from cosign.accounts.closing import Appeal
from cosign.accounts.model import Account
from cosign.accounts.number_change import NumberChange
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases import change_lost_number
from cosign.accounts.usecases.cancel import decide
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, ResourceNotFound
from cosign.personal import mask_name, mask_phone_number
from cosign.personal.readers import Purpose
from cosign.reviews import (
    Decision,
    ReviewKind,
    ReviewUnit,
    ShownField,
    SubjectView,
    Verdict,
    open_review,
    withdraw_review,
)
from cosign.reviews.faults import ReviewChanged, ReviewStateRefused

_PHONE_NUMBER: Final = "phone_number"
_NEW_NUMBER: Final = "new_phone_number"
_NAME: Final = "name"
_MASKS: Final = {_PHONE_NUMBER: mask_phone_number, _NEW_NUMBER: mask_phone_number, _NAME: mask_name}


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


def hand_in_change(unit: ReviewUnit, change: NumberChange, *, clock: Clock) -> None:
    """Puts a change of number into the queue, in the transaction that asked for it."""
    open_review(
        unit,
        kind=ReviewKind.NUMBER_CHANGE,
        subject_id=change.change_id,
        brand=change.brand,
        account_id=change.account_id,
        clock=clock,
    )


def take_back_change(unit: ReviewUnit, change: NumberChange, *, clock: Clock) -> None:
    """Takes a change out of the queue, in the transaction that cancels it. Raises ConcurrentOperation."""
    try:
        withdraw_review(unit, kind=ReviewKind.NUMBER_CHANGE, subject_id=change.change_id, clock=clock)
    except (ReviewChanged, ReviewStateRefused):
        raise ConcurrentOperation("the change is being decided") from None


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
        accept = decision.verdict is Verdict.APPROVE
        reason = _reason(decision)
        decide(self._unit, appeal_id=decision.item.subject_id, accept=accept, reason=reason, clock=self._clock)

    def _found(self, appeal_id: str) -> tuple[Appeal, Account]:
        found = self._unit.closing.appeal(appeal_id)
        account = None if found is None else self._unit.accounts.get(found[0].account_id)
        if found is None or account is None:
            raise ResourceNotFound("no such appeal")
        return found[0], account


class NumberChangeSubject:
    """`ReviewSubject` of the kind NUMBER_CHANGE. Subjects are `nch_` ids; what is over no longer has its new number."""

    verdicts = frozenset({Verdict.APPROVE, Verdict.REFUSE})
    purpose = Purpose.NUMBER_REVIEW

    def __init__(self, unit: AccountUnit, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock

    def view(self, subject_id: str) -> SubjectView:
        """See the port."""
        change, account = self._found(subject_id)
        clear = self._clear(change)
        number = clear[_NEW_NUMBER]
        taken = bool(number) and self._unit.accounts.by_number(change.brand, number) is not None
        fields = {
            "state": change.state.value,
            "requested_at": change.requested_at.isoformat(timespec="seconds"),
            "device_id": change.device_id,
            "account_id": account.account_id,
            "account_state": account.state.value,
            "created_at": account.created_at.isoformat(timespec="seconds"),
            "verified": "yes" if account.person_id else "no",
            "number_taken": "yes" if taken else "no",
        }
        shown = [ShownField(name=name, text=text) for name, text in fields.items()]
        shown += [ShownField(name=name, text=_MASKS[name](text), masked=True) for name, text in clear.items() if text]
        return SubjectView(fields=shown)

    def unmasked(self, subject_id: str, name: str) -> str:
        """See the port."""
        change, _ = self._found(subject_id)
        text = self._clear(change).get(name, "")
        if not text:
            raise ResourceNotFound("no such field")
        return text

    def decide(self, decision: Decision) -> None:
        """Begins the days of waiting, or ends the change. Raises as `usecases.change_lost_number.decide`."""
        change_lost_number.decide(
            self._unit,
            change_id=decision.item.subject_id,
            accept=decision.verdict is Verdict.APPROVE,
            reason=_reason(decision),
            clock=self._clock,
        )

    def _clear(self, change: NumberChange) -> dict[str, str]:
        accounts = self._unit.accounts
        return {
            _NAME: accounts.name(change.account_id),
            _PHONE_NUMBER: accounts.phone_number(change.account_id),
            _NEW_NUMBER: self._unit.number_changes.phone_number(change.change_id),
        }

    def _found(self, change_id: str) -> tuple[NumberChange, Account]:
        change = self._unit.number_changes.get(change_id)
        account = None if change is None else self._unit.accounts.get(change.account_id)
        if change is None or account is None:
            raise ResourceNotFound("no such change")
        return change, account


def _reason(decision: Decision) -> str:
    return ": ".join(part for part in (decision.reason, decision.note) if part)
