"""IdentityChangeService: changes of verified persons, and the same person on a new device."""

from sqlalchemy import Connection

from cosign.api.v1 import identity_change_pb2 as pb
from cosign.api.v1 import identity_change_pb2_grpc as rpc
from cosign.api.v1 import identity_pb2
from cosign.call_context import CallContext
from cosign.identity.change_ports import DocumentValidity
from cosign.identity.servicer.identity import IdentityCalls, return_link, wish_of
from cosign.identity.usecases.change import begin_change, begin_reverification, changes_of
from cosign.identity.usecases.verification import Secrets


class IdentityChangeServicer(rpc.IdentityChangeServiceServicer):
    """Acts on the verified person of the calling account."""

    def __init__(self, calls: IdentityCalls) -> None:
        self._calls = calls

    async def GetChanges(self, request: pb.GetChangesRequest, context: CallContext) -> pb.GetChangesResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        found = await calls.read(lambda unit: changes_of(unit, principal=principal))
        return pb.GetChangesResponse(
            change=found.change,
            renew=found.renew,
            expired=found.validity is DocumentValidity.EXPIRED,
            document_expiry=found.document_expiry.isoformat() if found.document_expiry is not None else "",
            reverify=found.reverify,
            key_holder_device_id=found.key_holder,
        )

    async def ChangeIdentity(
        self, request: pb.ChangeIdentityRequest, context: CallContext
    ) -> pb.ChangeIdentityResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        wish = wish_of(request.verification)
        link = return_link(request.verification.return_url)
        secrets = Secrets(card_number=wish.card_number, credential=wish.credential, return_url=link)

        def effect(connection: Connection) -> pb.ChangeIdentityResponse:
            attempt = begin_change(
                calls.unit(connection),
                principal=principal,
                wish=wish,
                providers=calls.verification.providers,
                clock=calls.clock,
            )
            return pb.ChangeIdentityResponse(attempt=identity_pb2.Attempt(attempt_id=attempt.attempt_id))

        begun = await calls.once.run(request, pb.ChangeIdentityResponse, scope=principal.account_id, effect=effect)
        attempt, session = await calls.proceed(begun.attempt.attempt_id, secrets)
        return pb.ChangeIdentityResponse(attempt=await calls.encoded(attempt), session=session)

    async def Reverify(self, request: pb.ReverifyRequest, context: CallContext) -> pb.ReverifyResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        wish = wish_of(
            identity_pb2.StartVerificationRequest(
                method=request.method,
                name=request.name,
                document_number=request.document_number,
                credential=request.credential,
                accepted_document_ids=request.accepted_document_ids,
            )
        )
        secrets = Secrets(credential=wish.credential, return_url=return_link(request.return_url))

        def effect(connection: Connection) -> pb.ReverifyResponse:
            attempt = begin_reverification(
                calls.unit(connection),
                principal=principal,
                wish=wish,
                providers=calls.verification.providers,
                clock=calls.clock,
            )
            return pb.ReverifyResponse(attempt=identity_pb2.Attempt(attempt_id=attempt.attempt_id))

        begun = await calls.once.run(request, pb.ReverifyResponse, scope=principal.account_id, effect=effect)
        attempt, session = await calls.proceed(begun.attempt.attempt_id, secrets)
        return pb.ReverifyResponse(attempt=await calls.encoded(attempt), session=session)
