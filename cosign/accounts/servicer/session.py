"""SessionService: renewal and end of sessions."""

from typing import Final

from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls, encode_session, key_proof
from cosign.accounts.usecases.open_login import OpenedSession
from cosign.accounts.usecases.refresh import logout, refresh, show
from cosign.api.v1 import session_pb2 as pb
from cosign.api.v1 import session_pb2_grpc as rpc
from cosign.call_context import CallContext
from cosign.devices.model import request_hash
from cosign.errors import LoginRequired, SessionEnded

_SERVICE: Final = "/cosign.api.v1.SessionService/"
MAX_TOKEN: Final = 128


class SessionServicer(rpc.SessionServiceServicer):
    """Renews and ends sessions."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def RefreshSession(
        self, request: pb.RefreshSessionRequest, context: CallContext
    ) -> pb.RefreshSessionResponse:
        """See the proto."""
        calls = self._calls
        if len(request.refresh_token) > MAX_TOKEN:
            raise SessionEnded("no such session")
        named = request_hash(request.refresh_token.encode())
        proof = key_proof("proof", _SERVICE + "RefreshSession", named, request.proof)
        shown = await calls.read(
            lambda unit: show(unit, token=request.refresh_token, proof=proof, tokens=calls.tokens, clock=calls.clock)
        )
        calls.limit_device(shown.session.device_id)  # not the address: many phones share one

        def work(unit: AccountUnit) -> OpenedSession | Exception:
            return refresh(unit, shown=shown, tokens=calls.tokens, clock=calls.clock)

        try:
            opened = await calls.write(work)
        except Exception:
            calls.ended(shown.session.account_id, ())  # perhaps the session was ended; forgetting costs little
            raise
        return pb.RefreshSessionResponse(session=encode_session(opened))

    async def Logout(self, request: pb.LogoutRequest, context: CallContext) -> pb.LogoutResponse:
        """See the proto."""
        calls = self._calls
        try:
            principal = await calls.principal(context)
        except (SessionEnded, LoginRequired):
            return pb.LogoutResponse()

        def work(unit: AccountUnit) -> None:
            logout(
                unit,
                account_id=principal.account_id,
                session_id=principal.session_id,
                device_id=principal.device_id,
            )

        await calls.write(work)
        calls.ended(principal.account_id, ())
        return pb.LogoutResponse()
