"""What waits for a second person."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from cosign.api.v1 import proposal_pb2 as pb
from cosign.client.staff.channel import StaffChannel

_SERVICE: Final = "ProposalService"


class Proposals:
    """Proposals of all kinds."""

    def __init__(self, channel: StaffChannel) -> None:
        self._channel = channel

    def all(self, *, open_only: bool = True) -> Iterator[pb.Proposal]:
        """Proposals, newest first."""
        token, state = "", pb.PROPOSAL_STATE_OPEN if open_only else pb.PROPOSAL_STATE_UNSPECIFIED
        while True:
            request = pb.ListProposalsRequest(state=state, page_token=token)
            page: pb.ListProposalsResponse = self._call("ListProposals", request)
            yield from page.proposals
            token = page.next_page_token
            if not token:
                return

    def get(self, proposal_id: str) -> pb.Proposal:
        """One proposal."""
        answer: pb.GetProposalResponse = self._call("GetProposal", pb.GetProposalRequest(proposal_id=proposal_id))
        return answer.proposal

    def approve(self, proposal_id: str) -> pb.Proposal:
        """Approves what somebody else proposed; it is done then."""
        request = pb.ApproveProposalRequest(request_id=str(uuid.uuid4()), proposal_id=proposal_id)
        answer: pb.ApproveProposalResponse = self._call("ApproveProposal", request)
        return answer.proposal

    def reject(self, proposal_id: str) -> pb.Proposal:
        """Refuses what somebody else proposed."""
        request = pb.RejectProposalRequest(request_id=str(uuid.uuid4()), proposal_id=proposal_id)
        answer: pb.RejectProposalResponse = self._call("RejectProposal", request)
        return answer.proposal

    def withdraw(self, proposal_id: str) -> pb.Proposal:
        """Takes an own proposal back."""
        request = pb.WithdrawProposalRequest(request_id=str(uuid.uuid4()), proposal_id=proposal_id)
        answer: pb.WithdrawProposalResponse = self._call("WithdrawProposal", request)
        return answer.proposal

    def _call(self, method: str, request: Any) -> Any:
        return self._channel.call(_SERVICE, method, request)
