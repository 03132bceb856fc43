"""IdentityLinkService: proof of identity by persons without an account."""

from collections.abc import Mapping
from typing import Final

from cosign.accounts.codes import check_code
from cosign.api.v1 import identity_link_pb2 as pb
from cosign.api.v1 import identity_link_pb2_grpc as rpc
from cosign.brands import IdentityMethod
from cosign.call_context import CallContext, language_of
from cosign.errors import CosignFault, FieldInvalid
from cosign.identity.change_model import CHECKS_OF_LINK, LinkState
from cosign.identity.model import AWAITED
from cosign.identity.servicer.identity import IdentityCalls, return_link
from cosign.identity.servicer.messages import LEVELS, short
from cosign.identity.usecases import links
from cosign.identity.usecases.links import LinkTokens, LinkView
from cosign.identity.usecases.verification import Secrets
from cosign.timestamps import timestamp

_STATES: Final = {
    LinkState.ISSUED: pb.IDENTITY_LINK_STATE_ISSUED,
    LinkState.PHONE_PROVED: pb.IDENTITY_LINK_STATE_PHONE_PROVED,
    LinkState.CHECKING: pb.IDENTITY_LINK_STATE_CHECKING,
    LinkState.PROVED: pb.IDENTITY_LINK_STATE_PROVED,
    LinkState.FAILED: pb.IDENTITY_LINK_STATE_FAILED,
    LinkState.EXPIRED: pb.IDENTITY_LINK_STATE_EXPIRED,
    LinkState.WITHDRAWN: pb.IDENTITY_LINK_STATE_WITHDRAWN,
}


class IdentityLinkServicer(rpc.IdentityLinkServiceServicer):
    """Needs no session: the token, then the continuation, says who calls."""

    def __init__(self, calls: IdentityCalls, tokens: LinkTokens) -> None:
        self._calls = calls
        self._tokens = tokens

    async def OpenLink(self, request: pb.OpenLinkRequest, context: CallContext) -> pb.OpenLinkResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        token_hash = self._tokens.check(request.token)
        view = await calls.write(lambda unit: links.open_link(unit, token_hash=token_hash, clock=calls.clock))
        return pb.OpenLinkResponse(link=self._encode(view))

    async def SendLinkCode(self, request: pb.SendLinkCodeRequest, context: CallContext) -> pb.SendLinkCodeResponse:
        """See the proto."""
        calls = self._calls
        address = calls.limit_guest(context)
        token_hash = self._tokens.check(request.token)
        sent = await calls.write(
            lambda unit: links.send_link_code(
                unit,
                token_hash=token_hash,
                captcha_id=short("captcha_id", request.captcha_id, 64),
                captcha_answer=short("captcha_answer", request.captcha_answer, 16),
                address=address,
                language=language_of(context),
                clock=calls.clock,
            )
        )
        if isinstance(sent, CosignFault):
            raise sent
        expires_at, resend_at = sent
        return pb.SendLinkCodeResponse(expires_at=timestamp(expires_at), resend_at=timestamp(resend_at))

    async def ProveLinkNumber(
        self, request: pb.ProveLinkNumberRequest, context: CallContext
    ) -> pb.ProveLinkNumberResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        token_hash, code = self._tokens.check(request.token), check_code(request.code)
        proved = await calls.write(
            lambda unit: links.prove_link_number(unit, token_hash=token_hash, code=code, clock=calls.clock)
        )
        if isinstance(proved, CosignFault):
            raise proved
        view, continuation = proved
        return pb.ProveLinkNumberResponse(link=self._encode(view), continuation=continuation)

    async def BeginLinkCheck(
        self, request: pb.BeginLinkCheckRequest, context: CallContext
    ) -> pb.BeginLinkCheckResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        continuation, secrets = _continuation(request.continuation), Secrets(return_url=return_link(request.return_url))
        try:
            method = IdentityMethod(request.method)
        except ValueError:
            raise FieldInvalid("method", "must be one of the methods of the link") from None
        begun = await calls.write(
            lambda unit: links.begin_link_check(
                unit,
                continuation=continuation,
                method=method,
                providers=calls.verification.providers,
                clock=calls.clock,
            )
        )
        _, session = await calls.proceed(begun.link.attempt_id, secrets)
        view = await self._standing(continuation)
        return pb.BeginLinkCheckResponse(link=self._encode(view), session=session)

    async def GetLink(self, request: pb.GetLinkRequest, context: CallContext) -> pb.GetLinkResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        continuation = _continuation(request.continuation)
        view = await self._standing(continuation)
        session: Mapping[str, str] = {}
        if view.attempt is not None and view.attempt.state in AWAITED:
            attempt, known = view.attempt, view.session
            _, session = await calls.blocking.run(lambda: calls.verification.ask(attempt, known))
            view = await self._standing(continuation)
        return pb.GetLinkResponse(link=self._encode(view), session=session)

    async def _standing(self, continuation: str) -> LinkView:
        calls = self._calls
        return await calls.write(lambda unit: links.link_standing(unit, continuation=continuation, clock=calls.clock))

    def _encode(self, view: LinkView) -> pb.IdentityLink:
        link, attempt, calls = view.link, view.attempt, self._calls
        policy = calls.brands.policy(link.brand).identity
        return pb.IdentityLink(
            link_id=link.link_id,
            brand=link.brand,
            state=_STATES[link.state],
            name_masked=view.expected.name,
            document_number_masked=view.expected.document_number,
            phone_number_masked=view.expected.phone_number,
            reason=attempt.reason.value if attempt is not None else "",
            checks_left=CHECKS_OF_LINK - link.checks,
            methods=[one.value for one in links.link_methods(calls.verification.providers, policy)],
            expires_at=timestamp(link.expires_at),
            level=LEVELS[attempt.level if attempt is not None else None],
        )


def _continuation(text: str) -> str:
    return short("continuation", text, 64)
