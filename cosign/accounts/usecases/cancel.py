"""End of an account, and the way back (R-ACC-25, R-ACC-26; section 3.12)."""

import datetime as dt
import hmac
import secrets
from collections.abc import Sequence

from cosign import ids
from cosign.accounts.closing import APPEAL_TRANSITIONS, Appeal, AppealState
from cosign.accounts.codes import CodePurpose
from cosign.accounts.faults import AccountStateRefused, AppealNoMatch, AppealOpen, CancellationBlocked
from cosign.accounts.model import MAX_REASON_LENGTH, AccountState
from cosign.accounts.ports import AccountUnit, Blockers
from cosign.accounts.usecases.closing import Cancelled, announce, close
from cosign.accounts.usecases.codes import step_up, take_ticket
from cosign.accounts.usecases.passwords import own_account
from cosign.audit.model import AuditEvent
from cosign.brands import Operation
from cosign.clock import Clock
from cosign.devices.model import token_hash
from cosign.errors import ConcurrentOperation, FieldInvalid, ResourceNotFound
from cosign.messages import MessageKind


def blockers_of(unit: AccountUnit, *, account_id: str, others: Sequence[Blockers]) -> list[str]:
    """What stands in the way of a cancellation, one word each."""
    account = own_account(unit, account_id)
    found = [] if unit.policy(account.brand).cancellation.allowed else ["not_offered"]
    for other in others:
        found += other.blockers(unit, account_id)
    return found


def cancel(
    unit: AccountUnit,
    *,
    account_id: str,
    device_id: str,
    ticket: str,
    reason: str,
    accepted: Sequence[str],
    others: Sequence[Blockers],
    clock: Clock,
) -> Cancelled:
    """Cancels an account, at once or after the days of grace of its brand (`usecases.closing`).

    Raises:
        TicketInvalid: Not confirmed.
        CancellationBlocked: Names what must be settled before.
        ConsentRequired: The cancellation notice was not accepted.
        FieldInvalid, AccountStateRefused.
    """
    if len(reason) > MAX_REASON_LENGTH:
        raise FieldInvalid("reason", f"must be at most {MAX_REASON_LENGTH} characters")
    account = own_account(unit, account_id)
    step_up(unit, ticket, account_id=account_id, clock=clock)
    blockers = blockers_of(unit, account_id=account_id, others=others)
    if blockers:
        raise CancellationBlocked(blockers)
    unit.consent(account_id, account.brand, Operation.CANCEL_ACCOUNT, accepted, device_id)
    days = unit.policy(account.brand).cancellation.grace_days
    if days:
        return announce(unit, account=account, days=days, reason=reason, clock=clock)
    return Cancelled(close(unit, account=account, reason=reason, clock=clock))


def appeal(unit: AccountUnit, *, ticket: str, name: str, document_number: str, clock: Clock) -> tuple[Appeal, str]:
    """Asks for a cancelled account back; returns the appeal and the secret that shows its result.

    Raises:
        TicketInvalid.
        AppealNoMatch: No verified account of this number, name and document was cancelled within the brand's days.
        AppealOpen: One is being looked at.
    """
    proved = take_ticket(unit, ticket, CodePurpose.APPEAL, clock=clock)
    policy = unit.policy(proved.brand).cancellation
    since = clock.now() - dt.timedelta(days=policy.appeal_days)
    account_id = unit.closing.match(
        proved.brand, proved.phone_number, name.strip(), document_number.strip(), since=since
    )
    account = unit.accounts.get(account_id) if account_id else None
    if account is None or not policy.appeal:
        raise AppealNoMatch("no cancelled account fits")
    if account.state is AccountState.APPEALING:
        raise AppealOpen("an appeal waits")
    unit.accounts.become(account, AccountState.APPEALING)
    secret = secrets.token_urlsafe(32)
    opened = Appeal(
        appeal_id=ids.new_id(ids.APPEAL, clock.now_ms()),
        account_id=account_id,
        state=AppealState.IN_REVIEW,
        submitted_at=clock.now(),
    )
    unit.closing.add_appeal(opened, secret_hash=token_hash(secret), phone_number=proved.phone_number)
    unit.review(opened, proved.brand)
    unit.audit(AuditEvent.APPEAL_SUBMITTED, account_id=account_id)
    return opened, secret


def get_appeal(unit: AccountUnit, *, appeal_id: str, secret: str) -> Appeal:
    """How an appeal stands. Raises ResourceNotFound, also for a wrong secret."""
    found = unit.closing.appeal(appeal_id)
    if found is None or not hmac.compare_digest(found[1], token_hash(secret)):
        raise ResourceNotFound("no such appeal")
    return found[0]


def decide(unit: AccountUnit, *, appeal_id: str, accept: bool, reason: str, clock: Clock) -> Appeal:
    """Decides an appeal: the account works again without its keys, or stays cancelled.

    Raises:
        ResourceNotFound: No such appeal.
        AccountStateRefused, ConcurrentOperation: It was decided before.
        PhoneTaken: The number has another account by now.
    """
    found = unit.closing.appeal(appeal_id)
    if found is None:
        raise ResourceNotFound("no such appeal")
    appeal_, _ = found
    account = own_account(unit, appeal_.account_id)
    state = AppealState.ACCEPTED if accept else AppealState.REFUSED
    APPEAL_TRANSITIONS.check(appeal_.state, state, AccountStateRefused)
    if not unit.closing.decide(appeal_id, state, reason=reason, now=clock.now()):
        raise ConcurrentOperation("the appeal was decided meanwhile")
    unit.accounts.become(account, AccountState.ACTIVE if accept else AccountState.CANCELLED)
    tombstone = unit.closing.tombstone(account.account_id)
    if accept and tombstone is not None:
        unit.closing.revive(tombstone, unit.closing.appeal_number(appeal_id))
    unit.tell(account.account_id, MessageKind.APPEAL_DECIDED, target=appeal_id, decision=state.value)
    unit.audit(AuditEvent.APPEAL_DECIDED, outcome=state.value, account_id=account.account_id)
    return unit.closing.appeal(appeal_id)[0]  # type: ignore[index]  # it was there a moment ago
