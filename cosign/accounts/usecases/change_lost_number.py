"""Another login number without the old one (R-ACC-33).

request     the new number is proved by a code, the person by a check on this phone, or by reviewers
cancel      anybody with a session of the account objects
decide      the reviewers (`cosign.accounts.review_subject`)
carry_out   after the days of waiting: the number is replaced, all sessions end; person, keys and identities stay
"""

import datetime as dt

from cosign import ids
from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import AccountStateRefused, IdentityProofRefused, PhoneTaken, TicketInvalid
from cosign.accounts.model import AccountState, Principal
from cosign.accounts.number_change import (
    NUMBER_CHANGE_TRANSITIONS,
    IdentityProof,
    NumberChange,
    NumberChangeState,
)
from cosign.accounts.ports import AccountUnit
from cosign.accounts.usecases.codes import take_ticket
from cosign.accounts.usecases.identities import person_behind
from cosign.accounts.usecases.passwords import end_sessions, own_account
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.messages import MessageKind, TargetKind
from cosign.personal import mask_phone_number

_IN_USE = frozenset({AccountState.ACTIVE, AccountState.LOCKED})


def request(
    unit: AccountUnit, *, principal: Principal, new_ticket: str, proof_id: str, proof: IdentityProof, clock: Clock
) -> NumberChange:
    """Begins a change; the old number and all phones are told.

    Raises:
        IdvRequired: The account was never verified: nobody could tell who asks.
        IdentityProofRefused: The check is none, of another phone or person, too old, or not offered; so is a review.
        TicketInvalid: The new number was not proved for this purpose, or is the present one.
        PhoneTaken: The new number has an account of this brand.
        NumberChangeOpen: One is under way.
    """
    account, now = own_account(unit, principal.account_id), clock.now()
    person_behind(unit, principal)
    policy = unit.policy(account.brand).number_change
    if not (policy.by_identity if proof_id else policy.by_review):
        raise IdentityProofRefused("the brand does not offer this way")
    if proof_id:
        since = now - dt.timedelta(minutes=policy.proof_minutes)
        proof.check(account_id=account.account_id, device_id=principal.device_id, proof_id=proof_id, since=since)
    ticket = take_ticket(unit, new_ticket, CodePurpose.CHANGE_NUMBER, clock=clock)
    if ticket.brand != account.brand or ticket.phone_number == unit.accounts.phone_number(account.account_id):
        raise TicketInvalid("not a new number of this brand")
    if unit.accounts.by_number(account.brand, ticket.phone_number) is not None:
        raise PhoneTaken("the number has an account")
    change = NumberChange(
        change_id=ids.new_id(ids.NUMBER_CHANGE, clock.now_ms()),
        account_id=account.account_id,
        brand=account.brand,
        state=NumberChangeState.WAITING if proof_id else NumberChangeState.IN_REVIEW,
        proof_id=proof_id,
        device_id=principal.device_id,
        requested_at=now,
        due_at=now + dt.timedelta(hours=policy.waiting_hours) if proof_id else None,
    )
    unit.number_changes.add(change, ticket.phone_number)
    if not proof_id:
        unit.review_number_change(change)
    _tell(unit, change)
    _audit(unit, change)
    return change


def get_newest(unit: AccountUnit, *, account_id: str) -> NumberChange:
    """The newest wish of an account, whatever became of it. Raises ResourceNotFound."""
    found = unit.number_changes.newest(account_id)
    if found is None:
        raise ResourceNotFound("the number was never to change")
    return found


def cancel(unit: AccountUnit, *, principal: Principal, change_id: str, clock: Clock) -> NumberChange:
    """Somebody with a session objects.

    Raises:
        ResourceNotFound: No such wish of this account.
        NumberChangeStateRefused: It is over.
        ConcurrentOperation: It is being decided or carried out.
    """
    change = unit.number_changes.get(change_id)
    if change is None or change.account_id != principal.account_id:
        raise ResourceNotFound("no such change")
    return _end(unit, change, clock)


def give_up(unit: AccountUnit, *, account_id: str, clock: Clock) -> None:
    """The account ends: so does its wish, if one is open. Raises ConcurrentOperation."""
    change = unit.number_changes.newest(account_id)
    if change is not None and NUMBER_CHANGE_TRANSITIONS[change.state]:
        _end(unit, change, clock)


def _end(unit: AccountUnit, change: NumberChange, clock: Clock) -> NumberChange:
    if change.state is NumberChangeState.IN_REVIEW:
        unit.withdraw_number_change(change)  # first, as a decision does: neither waits for the other
    changed = unit.number_changes.become(change, NumberChangeState.CANCELLED, now=clock.now())
    unit.answered(change.account_id, TargetKind.ACCOUNT, change.change_id, "cancelled")
    _audit(unit, changed)
    return changed


def decide(unit: AccountUnit, *, change_id: str, accept: bool, reason: str, clock: Clock) -> NumberChange:
    """A reviewer has looked at the person: the days of waiting begin, or it is over and `reason` tells the user why.

    Raises:
        ResourceNotFound: No such change.
        NumberChangeStateRefused, ConcurrentOperation: It is over.
        AccountStateRefused: Accepted, but the account is not in use.
        PhoneTaken: Accepted, but the number has an account by now.
    """
    change = unit.number_changes.get(change_id)
    if change is None:
        raise ResourceNotFound("no such change")
    now = clock.now()
    if not accept:
        changed = unit.number_changes.become(change, NumberChangeState.REFUSED, now=now)
        unit.answered(change.account_id, TargetKind.ACCOUNT, change_id, "refused")
        unit.tell(change.account_id, MessageKind.NUMBER_CHANGE_REFUSED, target=change_id, reason=reason)
    else:
        change.check_becomes(NumberChangeState.WAITING)
        if own_account(unit, change.account_id).state not in _IN_USE:
            raise AccountStateRefused("the account is not in use")
        if unit.accounts.by_number(change.brand, unit.number_changes.phone_number(change_id)) is not None:
            raise PhoneTaken("the number has an account")
        due_at = now + dt.timedelta(hours=unit.policy(change.brand).number_change.waiting_hours)
        changed = unit.number_changes.become(change, NumberChangeState.WAITING, now=now, due_at=due_at)
        _tell(unit, changed)
    _audit(unit, changed)
    return changed


def carry_out(unit: AccountUnit, *, change_id: str, clock: Clock) -> str:
    """Replaces the number when its time has come; returns the account whose sessions ended, or empty.

    Nothing happens when somebody objected meanwhile. A number that has an account by now, or an account that is
    suspended or ends, makes it FAILED.

    Raises:
        ConcurrentOperation: Another node does it now.
    """
    change, now = unit.number_changes.get(change_id), clock.now()
    if change is None or change.state is not NumberChangeState.WAITING or change.due_at is None or change.due_at > now:
        return ""
    account, number = own_account(unit, change.account_id), unit.number_changes.phone_number(change_id)
    taken = unit.accounts.by_number(change.brand, number) is not None
    if taken or account.state not in _IN_USE:
        _audit(unit, unit.number_changes.become(change, NumberChangeState.FAILED, now=now))
        unit.answered(change.account_id, TargetKind.ACCOUNT, change_id, "failed")
        return ""
    changed = unit.number_changes.become(change, NumberChangeState.DONE, now=now)
    unit.accounts.set_phone_number(change.account_id, change.brand, number)
    unit.answered(change.account_id, TargetKind.ACCOUNT, change_id, "done")
    unit.tell(change.account_id, MessageKind.PHONE_NUMBER_CHANGED, number=_masked(number))
    end_sessions(unit, change.account_id, "number")
    unit.audit(AuditEvent.PHONE_NUMBER_CHANGED, account_id=change.account_id)
    _audit(unit, changed)
    return change.account_id


def _tell(unit: AccountUnit, change: NumberChange) -> None:
    """The old number and every phone: the account still has the old one."""
    number = _masked(unit.number_changes.phone_number(change.change_id))
    time = "" if change.due_at is None else change.due_at.strftime("%Y-%m-%d %H:%M:%S")
    if time:
        kind = MessageKind.NUMBER_CHANGE_WAITING
        unit.tell(change.account_id, kind, target=change.change_id, number=number, time=time)
    else:
        unit.tell(change.account_id, MessageKind.NUMBER_CHANGE_REQUESTED, target=change.change_id, number=number)


def _audit(unit: AccountUnit, change: NumberChange) -> None:
    unit.audit(
        AuditEvent.NUMBER_CHANGE,
        outcome=change.state.value,
        account_id=change.account_id,
        device_id=change.device_id,
    )


def _masked(number: str) -> str:
    return mask_phone_number(number.removeprefix("+86"))
