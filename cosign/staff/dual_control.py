"""Two persons for one act: one proposes, another one approves, and then it is executed once.

    FREEZE = DualKind(name="freeze", propose=..., approve=..., lifetime=..., encode=..., decode=..., execute=..., …)
    dual = DualControl(kinds=(FREEZE, ...), ...)
    dual.propose(connection, principal, FREEZE, subject_id=account_id, payload=Freeze(...), reason="...")
    dual.approve(connection, other, proposal_id)      # runs FREEZE.execute in the same transaction

Approval and execution are one transaction: what fails leaves the proposal open and nothing done. Every step is a row
of the audit trail.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from cosign import ids
from cosign.audit.model import AuditEvent
from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.staff.faults import ProposalStateRefused, SecondPersonNeeded
from cosign.staff.model import Proposal, ProposalState, StaffPrincipal, checked_reason
from cosign.staff.ports import PageOfProposals, Proposals
from cosign.staff.roles import Permission

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who wanted and who approved what is executed."""

    proposal_id: str
    proposer_id: str
    approver_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DualKind(Generic[T]):
    """One kind of act that needs two persons; `T` is what it says."""

    name: str
    """1 to 32 characters; stored, never changes."""
    propose: Permission
    approve: Permission
    lifetime: dt.timedelta
    """An open proposal expires after this."""
    encode: Callable[[T], str]
    """To at most 4096 bytes of UTF-8; stored sealed."""
    decode: Callable[[str], T]
    execute: Callable[[Connection, T, Approval], None]
    """Does it, in the transaction of the approval; may raise any fault, then nothing is done."""
    describe: Callable[[T], str]
    """What the second person reads: English, one line, masked."""


class DualUnit(Protocol):
    """One transaction on proposals and the audit trail."""

    @property
    def proposals(self) -> Proposals: ...

    def audit(self, event: AuditEvent, *, outcome: str, subject_id: str, object_id: str, actor: str) -> None:
        """Appends an audit row: `actor` did `outcome` to `object_id`, which is about `subject_id`."""
        ...


class DualControl:
    """All kinds of acts that need two persons."""

    def __init__(self, *, kinds: Sequence[DualKind[Any]], unit: Callable[[Connection], DualUnit], clock: Clock) -> None:
        """Raises ValueError for a name that is used twice."""
        self._kinds = {kind.name: kind for kind in kinds}
        if len(self._kinds) != len(kinds):
            raise ValueError("two kinds of proposals have one name")
        self._unit = unit
        self._clock = clock

    def add(self, kind: DualKind[Any]) -> None:
        """Adds a kind of another area, at start. Raises ValueError for a name that is used already."""
        if kind.name in self._kinds:
            raise ValueError(f"{kind.name} is used already")
        self._kinds[kind.name] = kind

    def propose(
        self,
        connection: Connection,
        principal: StaffPrincipal,
        kind: DualKind[T],
        *,
        subject_id: str,
        payload: T,
        reason: str,
        brand: str = "",
    ) -> Proposal:
        """Stores a proposal; `brand` is the one its subject belongs to, empty for none in particular.

        Raises:
            PermissionMissing.
            BrandHidden: The caller does not work for the brand.
            FieldInvalid: `reason` is not 1 to 200 printable characters.
            ProposalStateRefused: The same kind is open for this subject already.
        """
        principal.require(kind.propose)
        principal.check_brand(brand, subject_id)
        now, unit = self._clock.now(), self._unit(connection)
        for old in unit.proposals.overdue(now, subject_id=subject_id):
            self._end(unit, old, ProposalState.EXPIRED, actor="sweeper")
        proposal = Proposal(
            proposal_id=ids.new_id(ids.PROPOSAL, self._clock.now_ms()),
            kind=kind.name,
            subject_id=subject_id,
            brand=brand,
            payload=kind.encode(payload),
            reason=checked_reason(reason),
            state=ProposalState.OPEN,
            proposer_id=principal.staff_id,
            created_at=now,
            expires_at=now + kind.lifetime,
        )
        unit.proposals.add(proposal)
        self._record(unit, AuditEvent.PROPOSAL_MADE, proposal, principal.staff_id)
        return proposal

    def approve(self, connection: Connection, principal: StaffPrincipal, proposal_id: str) -> Proposal:
        """Approves and executes a proposal, once.

        Raises:
            ResourceNotFound, PermissionMissing.
            BrandHidden: The caller does not work for its brand.
            SecondPersonNeeded: The caller proposed it.
            ProposalStateRefused: Decided, withdrawn or expired.
            ConcurrentOperation: Decided in this moment.
            Whatever the execution raises.
        """
        unit = self._unit(connection)
        proposal, kind = self._open(unit, proposal_id)
        principal.check_brand(proposal.brand, proposal_id)
        principal.require(kind.approve)
        if principal.staff_id == proposal.proposer_id:
            raise SecondPersonNeeded("who proposes does not approve")
        self._check_time(proposal)
        done = self._end(unit, proposal, ProposalState.EXECUTED, actor=principal.staff_id)
        approval = Approval(proposal.proposal_id, proposal.proposer_id, principal.staff_id, proposal.reason)
        kind.execute(connection, kind.decode(proposal.payload), approval)
        return done

    def reject(self, connection: Connection, principal: StaffPrincipal, proposal_id: str) -> Proposal:
        """Ends a proposal of somebody else without doing it. Raises as `approve`."""
        unit = self._unit(connection)
        proposal, kind = self._open(unit, proposal_id)
        principal.check_brand(proposal.brand, proposal_id)
        principal.require(kind.approve)
        if principal.staff_id == proposal.proposer_id:
            raise SecondPersonNeeded("withdraw your own proposal instead")
        self._check_time(proposal)
        return self._end(unit, proposal, ProposalState.REJECTED, actor=principal.staff_id)

    def withdraw(self, connection: Connection, principal: StaffPrincipal, proposal_id: str) -> Proposal:
        """Takes one's own proposal back. Raises ResourceNotFound (also for others'), ProposalStateRefused."""
        unit = self._unit(connection)
        proposal, _ = self._open(unit, proposal_id)
        if principal.staff_id != proposal.proposer_id:
            raise ResourceNotFound("no such proposal of yours")
        return self._end(unit, proposal, ProposalState.WITHDRAWN, actor=principal.staff_id)

    def get(self, connection: Connection, principal: StaffPrincipal, proposal_id: str) -> Proposal:
        """One proposal of a kind that the caller may propose or approve. Raises ResourceNotFound, BrandHidden."""
        proposal = self._unit(connection).proposals.get(proposal_id)
        if proposal is None or proposal.kind not in self.visible(principal):
            raise ResourceNotFound("no such proposal")
        principal.check_brand(proposal.brand, proposal_id)
        return proposal

    def list(
        self,
        connection: Connection,
        principal: StaffPrincipal,
        *,
        state: ProposalState | None,
        before: str,
        limit: int,
    ) -> PageOfProposals:
        """Proposals of the kinds that the caller may propose or approve, of his brands, newest first."""
        kinds, brands = self.visible(principal), principal.brands
        return self._unit(connection).proposals.page(kinds, brands=brands, state=state, before=before, limit=limit)

    def visible(self, principal: StaffPrincipal) -> Sequence[str]:
        """Names of the kinds a member may see: those he may propose or approve, all for who reads audit records."""
        mine = principal.permissions
        return [
            kind.name for kind in self._kinds.values() if {kind.propose, kind.approve, Permission.AUDIT_VIEW} & mine
        ]

    def describe(self, proposal: Proposal) -> str:
        """What a proposal wants, one English line."""
        kind = self._kinds[proposal.kind]
        return kind.describe(kind.decode(proposal.payload))

    def expire(self, connection: Connection) -> int:
        """Ends open proposals whose time is over; returns how many."""
        unit = self._unit(connection)
        overdue = unit.proposals.overdue(self._clock.now())
        for proposal in overdue:
            self._end(unit, proposal, ProposalState.EXPIRED, actor="sweeper")
        return len(overdue)

    def _open(self, unit: DualUnit, proposal_id: str) -> tuple[Proposal, DualKind[Any]]:
        proposal = unit.proposals.get(proposal_id)
        if proposal is None or proposal.kind not in self._kinds:
            raise ResourceNotFound("no such proposal")
        return proposal, self._kinds[proposal.kind]

    def _check_time(self, proposal: Proposal) -> None:
        if proposal.state is ProposalState.OPEN and proposal.expires_at <= self._clock.now():
            raise ProposalStateRefused("the proposal is expired")

    def _end(self, unit: DualUnit, proposal: Proposal, target: ProposalState, *, actor: str) -> Proposal:
        proposal.check_becomes(target)
        decided = dataclasses.replace(proposal, state=target, decided_by=actor, decided_at=self._clock.now())
        unit.proposals.decide(decided)
        self._record(unit, _EVENTS[target], decided, actor)
        return decided

    @staticmethod
    def _record(unit: DualUnit, event: AuditEvent, proposal: Proposal, actor: str) -> None:
        unit.audit(
            event, outcome=proposal.kind, subject_id=proposal.subject_id, object_id=proposal.proposal_id, actor=actor
        )


_EVENTS = {
    ProposalState.EXECUTED: AuditEvent.PROPOSAL_EXECUTED,
    ProposalState.REJECTED: AuditEvent.PROPOSAL_REJECTED,
    ProposalState.WITHDRAWN: AuditEvent.PROPOSAL_WITHDRAWN,
    ProposalState.EXPIRED: AuditEvent.PROPOSAL_EXPIRED,
}
