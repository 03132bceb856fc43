"""Proposals in the database; part of `SqlStaffUnit`."""

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.errors import ConcurrentOperation
from cosign.personal import Field, PersonalData
from cosign.staff.faults import ProposalStateRefused
from cosign.staff.model import Proposal, ProposalState
from cosign.staff.ports import PageOfProposals
from cosign.staff.scope import BrandScope
from cosign.staff.tables import staff_proposal as table

_OVERDUE = 100


class SqlProposals:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, proposal: Proposal) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(table).values(
                        proposal_id=proposal.proposal_id,
                        kind=proposal.kind,
                        subject_id=proposal.subject_id,
                        brand=proposal.brand,
                        payload_sealed=self._personal.seal(Field.PROPOSAL, proposal.proposal_id, proposal.payload),
                        reason_sealed=self._personal.seal(Field.NOTE, proposal.proposal_id, proposal.reason),
                        state=proposal.state.value,
                        proposer_id=proposal.proposer_id,
                        decided_by="",
                        created_at=proposal.created_at,
                        expires_at=proposal.expires_at,
                    )
                )
        except IntegrityError:
            raise ProposalStateRefused("the same is proposed already") from None

    def get(self, proposal_id: str) -> Proposal | None:
        row = self._connection.execute(select(table).where(table.c.proposal_id == proposal_id)).mappings()
        found = row.one_or_none()
        return None if found is None else self._proposal(found)

    def decide(self, decided: Proposal) -> None:
        hit = self._connection.execute(
            update(table)
            .where(table.c.proposal_id == decided.proposal_id, table.c.decided_at.is_(None))
            .values(state=decided.state.value, decided_by=decided.decided_by, decided_at=decided.decided_at)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the proposal was decided meanwhile")

    def page(
        self, kinds: Collection[str], *, brands: BrandScope, state: ProposalState | None, before: str, limit: int
    ) -> PageOfProposals:
        query = select(table).where(table.c.kind.in_(sorted(kinds)))
        if brands is not None:
            query = query.where(table.c.brand.in_(["", *sorted(brands)]))
        if state is not None:
            query = query.where(table.c.state == state.value)
        if before:
            query = query.where(table.c.proposal_id < before)
        rows = self._connection.execute(query.order_by(table.c.proposal_id.desc()).limit(limit + 1)).mappings().all()
        found = [self._proposal(row) for row in rows[:limit]]
        return PageOfProposals(found, found[-1].proposal_id if len(rows) > limit else "")

    def overdue(self, now: dt.datetime, *, subject_id: str = "") -> Sequence[Proposal]:
        query = select(table).where(table.c.state == ProposalState.OPEN.value, table.c.expires_at <= now)
        if subject_id:
            query = query.where(table.c.subject_id == subject_id)
        return [self._proposal(row) for row in self._connection.execute(query.limit(_OVERDUE)).mappings()]

    def _proposal(self, row: RowMapping) -> Proposal:
        return Proposal(
            proposal_id=row["proposal_id"],
            kind=row["kind"],
            subject_id=row["subject_id"],
            brand=row["brand"],
            payload=self._personal.open(Field.PROPOSAL, row["proposal_id"], row["payload_sealed"]),
            reason=self._personal.open(Field.NOTE, row["proposal_id"], row["reason_sealed"]),
            state=ProposalState(row["state"]),
            proposer_id=row["proposer_id"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            decided_by=row["decided_by"],
            decided_at=row["decided_at"],
        )
