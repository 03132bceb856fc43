"""AppealService: asks for a cancelled account back."""

from typing import Final

from cosign import ids, validation
from cosign.accounts.closing import Appeal, AppealState
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls
from cosign.accounts.usecases.cancel import appeal, get_appeal
from cosign.api.v1 import appeal_pb2 as pb
from cosign.api.v1 import appeal_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.errors import FieldInvalid

_MAX_NAME: Final = 64
_MAX_DOCUMENT: Final = 32
_STATES: Final = {
    AppealState.IN_REVIEW: pb.APPEAL_STATE_IN_REVIEW,
    AppealState.ACCEPTED: pb.APPEAL_STATE_ACCEPTED,
    AppealState.REFUSED: pb.APPEAL_STATE_REFUSED,
}


class AppealServicer(rpc.AppealServiceServicer):
    """Appeals of guests."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def AppealAccount(self, request: pb.AppealAccountRequest, context: CallContext) -> pb.AppealAccountResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        _length("name", request.name, _MAX_NAME)
        _length("document_number", request.document_number, _MAX_DOCUMENT)

        def work(unit: AccountUnit) -> tuple[Appeal, str]:
            return appeal(
                unit,
                ticket=request.ticket,
                name=request.name,
                document_number=request.document_number,
                clock=calls.clock,
            )

        opened, secret = await calls.write(work)
        return pb.AppealAccountResponse(appeal_id=opened.appeal_id, appeal_secret=secret)

    async def GetAppeal(self, request: pb.GetAppealRequest, context: CallContext) -> pb.GetAppealResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        appeal_id = validation.identifier("appeal_id", request.appeal_id, ids.APPEAL)
        found = await calls.read(
            lambda unit: get_appeal(unit, appeal_id=appeal_id, secret=request.appeal_secret[:_MAX_NAME])
        )
        return pb.GetAppealResponse(state=_STATES[found.state], reason=found.reason)


def _length(field: str, text: str, most: int) -> None:
    if not 1 <= len(text) <= most:
        raise FieldInvalid(field, f"must be 1 to {most} characters")
