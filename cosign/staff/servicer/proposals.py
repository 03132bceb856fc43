"""ProposalService: what waits for a second person."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.api.v1 import proposal_pb2 as pb
from cosign.api.v1 import proposal_pb2_grpc as rpc
from cosign.errors import FieldInvalid
from cosign.paging import PageScope, page_size
from cosign.staff.callers import StaffContext
from cosign.staff.model import Proposal, ProposalState, StaffPrincipal
from cosign.staff.roles import Permission
from cosign.staff.servicer.calls import StaffCalls
from cosign.store.unit_of_work import reading
from cosign.timestamps import timestamp

_STATES: Final = {
    ProposalState.OPEN: pb.PROPOSAL_STATE_OPEN,
    ProposalState.EXECUTED: pb.PROPOSAL_STATE_EXECUTED,
    ProposalState.REJECTED: pb.PROPOSAL_STATE_REJECTED,
    ProposalState.WITHDRAWN: pb.PROPOSAL_STATE_WITHDRAWN,
    ProposalState.EXPIRED: pb.PROPOSAL_STATE_EXPIRED,
}
A = TypeVar("A", pb.ApproveProposalResponse, pb.RejectProposalResponse, pb.WithdrawProposalResponse)
_Request = pb.ApproveProposalRequest | pb.RejectProposalRequest | pb.WithdrawProposalRequest
_Act = Callable[[Connection, StaffPrincipal, str], Proposal]
_FILTERS: Final = {pb.PROPOSAL_STATE_UNSPECIFIED: None} | {word: state for state, word in _STATES.items()}


class ProposalServicer(rpc.ProposalServiceServicer):
    """Proposals of all kinds."""

    def __init__(self, calls: StaffCalls) -> None:
        self._calls = calls

    async def ListProposals(self, request: pb.ListProposalsRequest, context: StaffContext) -> pb.ListProposalsResponse:
        """See the proto."""
        calls, principal = self._calls, await self._viewer(context)
        if request.state not in _FILTERS:
            raise FieldInvalid("state", "is not known")
        state, size = _FILTERS[request.state], page_size(request.page_size)
        scope = PageScope("ListProposals", principal.staff_id, state.value if state else "")
        before = calls.pager.cursor(scope, request.page_token)

        def work() -> pb.ListProposalsResponse:
            with reading(calls.engine) as connection:
                page = calls.dual.list(connection, principal, state=state, before=before, limit=size)
            return pb.ListProposalsResponse(
                proposals=[self._encode(one) for one in page.proposals],
                next_page_token=calls.pager.token(scope, page.cursor),
            )

        return await calls.blocking.run(work)

    async def GetProposal(self, request: pb.GetProposalRequest, context: StaffContext) -> pb.GetProposalResponse:
        """See the proto."""
        calls, principal = self._calls, await self._viewer(context)
        proposal_id = _proposal_id(request.proposal_id)

        def work() -> pb.GetProposalResponse:
            with reading(calls.engine) as connection:
                found = calls.dual.get(connection, principal, proposal_id)
            return pb.GetProposalResponse(proposal=self._encode(found))

        return await calls.callers.recorded(principal.staff_id, calls.blocking.run(work))

    async def ApproveProposal(
        self, request: pb.ApproveProposalRequest, context: StaffContext
    ) -> pb.ApproveProposalResponse:
        """See the proto."""
        return await self._decide(request, pb.ApproveProposalResponse, context, self._calls.dual.approve)

    async def RejectProposal(
        self, request: pb.RejectProposalRequest, context: StaffContext
    ) -> pb.RejectProposalResponse:
        """See the proto."""
        return await self._decide(request, pb.RejectProposalResponse, context, self._calls.dual.reject)

    async def WithdrawProposal(
        self, request: pb.WithdrawProposalRequest, context: StaffContext
    ) -> pb.WithdrawProposalResponse:
        """See the proto."""
        return await self._decide(request, pb.WithdrawProposalResponse, context, self._calls.dual.withdraw)

    async def _viewer(self, context: StaffContext) -> StaffPrincipal:
        return await self._calls.callers.principal(context, Permission.PROPOSALS_VIEW)

    async def _decide(self, request: _Request, answer: type[A], context: StaffContext, act: _Act) -> A:
        """Decides once. What is remembered is the id alone: reasons are free text."""
        calls, principal = self._calls, await self._viewer(context)
        proposal_id = _proposal_id(request.proposal_id)

        def effect(connection: Connection) -> A:
            calls.dual.get(connection, principal, proposal_id)  # what is not his business is not there
            act(connection, principal, proposal_id)
            return answer(proposal=pb.Proposal(proposal_id=proposal_id))

        def shown() -> A:
            with reading(calls.engine) as connection:
                return answer(proposal=self._encode(calls.dual.get(connection, principal, proposal_id)))

        once = calls.once.run(request, answer, scope=principal.staff_id, effect=effect)
        await calls.callers.recorded(principal.staff_id, once)
        return await calls.blocking.run(shown)

    def _encode(self, proposal: Proposal) -> pb.Proposal:
        return pb.Proposal(
            proposal_id=proposal.proposal_id,
            kind=proposal.kind,
            subject_id=proposal.subject_id,
            brand=proposal.brand,
            description=self._calls.dual.describe(proposal),
            reason=proposal.reason,
            state=_STATES[proposal.state],
            proposer_id=proposal.proposer_id,
            decided_by=proposal.decided_by,
            created_at=timestamp(proposal.created_at),
            expires_at=timestamp(proposal.expires_at),
            decided_at=timestamp(proposal.decided_at) if proposal.decided_at else None,
        )


def _proposal_id(text: str) -> str:
    return validation.identifier("proposal_id", text, ids.PROPOSAL)
