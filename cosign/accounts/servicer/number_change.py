"""NumberChangeService: another login number without the old one."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts.number_change import IdentityProof, NumberChange, NumberChangeState
from cosign.accounts.servicer.calls import Calls
from cosign.accounts.usecases import change_lost_number as cases
from cosign.api.v1 import number_change_pb2 as pb
from cosign.api.v1 import number_change_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.timestamps import timestamp

_STATES: Final = {one: f"NUMBER_CHANGE_STATE_{one.name}" for one in NumberChangeState}


class NumberChangeServicer(rpc.NumberChangeServiceServicer):
    """Changes the number of the calling session's account. `proofs` asks the real-name area on a connection."""

    def __init__(self, calls: Calls, proofs: Callable[[Connection], IdentityProof]) -> None:
        self._calls = calls
        self._proofs = proofs

    async def RequestNumberChange(
        self, request: pb.RequestNumberChangeRequest, context: CallContext
    ) -> pb.RequestNumberChangeResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        proof_id = request.identity_attempt_id
        if proof_id:
            validation.identifier("identity_attempt_id", proof_id, ids.ATTEMPT)

        def effect(connection: Connection) -> pb.RequestNumberChangeResponse:
            change = cases.request(
                calls.unit(connection),
                principal=principal,
                new_ticket=request.new_ticket,
                proof_id=proof_id,
                proof=self._proofs(connection),
                clock=calls.clock,
            )
            return pb.RequestNumberChangeResponse(change=_encode(change))

        return await calls.once.run(request, pb.RequestNumberChangeResponse, scope=principal.account_id, effect=effect)

    async def GetNumberChange(
        self, request: pb.GetNumberChangeRequest, context: CallContext
    ) -> pb.GetNumberChangeResponse:
        """See the proto."""
        principal = await self._calls.principal(context)
        found = await self._calls.read(lambda unit: cases.get_newest(unit, account_id=principal.account_id))
        return pb.GetNumberChangeResponse(change=_encode(found))

    async def CancelNumberChange(
        self, request: pb.CancelNumberChangeRequest, context: CallContext
    ) -> pb.CancelNumberChangeResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        change_id = validation.identifier("change_id", request.change_id, ids.NUMBER_CHANGE)
        changed = await calls.write(
            lambda unit: cases.cancel(unit, principal=principal, change_id=change_id, clock=calls.clock)
        )
        return pb.CancelNumberChangeResponse(change=_encode(changed))


def _encode(change: NumberChange) -> pb.NumberChange:
    return pb.NumberChange(
        change_id=change.change_id,
        state=_STATES[change.state],
        requested_at=timestamp(change.requested_at),
        due_at=None if change.due_at is None else timestamp(change.due_at),
    )
