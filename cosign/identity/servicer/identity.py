"""IdentityService: automatic checks."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts import Principal
from cosign.accounts.model import normal_number
from cosign.api.v1 import identity_pb2 as pb
from cosign.api.v1 import identity_pb2_grpc as rpc
from cosign.blocking import BlockingPool
from cosign.brands import Brands, IdentityMethod
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.identity.model import LEVELS as LEVEL_OF
from cosign.identity.model import Attempt, PersonData
from cosign.identity.ports import IdentityUnit
from cosign.identity.servicer.messages import (
    LEVELS,
    STATES,
    date_of,
    decode_card,
    decode_type,
    encode_attempt,
    encode_card,
    encode_person,
    short,
)
from cosign.identity.usecases.card import confirm_card
from cosign.identity.usecases.start import Wish, begin_attempt, required_fields
from cosign.identity.usecases.status import cancel_attempt, list_attempts, shown, standing
from cosign.identity.usecases.verification import Secrets, Verification
from cosign.paging import Pager, PageScope, page_size
from cosign.request_once import RequestOnce

T = TypeVar("T")

_MAX_ACCEPTED: Final = 20
_MAX_CREDENTIAL: Final = 2048
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_RETURN: Final = re.compile(r"[a-z][a-z0-9+.-]{1,30}://[!-~]{0,160}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCalls:
    """The environment of the servicers of this area."""

    verification: Verification
    unit: Callable[[Connection], IdentityUnit]
    brands: Brands
    clock: Clock
    blocking: BlockingPool
    """Of its own: providers take their time, logins shall not wait for them."""
    once: RequestOnce
    pager: Pager
    principal: Callable[[CallContext], Awaitable[Principal]]
    limit_guest: Callable[[CallContext], str]
    """Charges a call that may cost money to the peer's address."""

    async def read(self, work: Callable[[IdentityUnit], T]) -> T:
        """Runs `work` on a snapshot."""
        return await self.blocking.run(lambda: self.verification.units.read(work))

    async def write(self, work: Callable[[IdentityUnit], T]) -> T:
        """Runs `work` in a transaction."""
        return await self.blocking.run(lambda: self.verification.units.write(work))

    async def proceed(self, attempt_id: str, secrets: Secrets) -> tuple[Attempt, Mapping[str, str]]:
        """Asks the provider of an attempt that was stored."""
        return await self.blocking.run(lambda: self.verification.proceed(attempt_id, secrets))

    async def encoded(self, attempt: Attempt) -> pb.Attempt:
        """The message of an attempt, masked."""
        return encode_attempt(await self.read(lambda unit: shown(unit, attempt)))


class IdentityServicer(rpc.IdentityServiceServicer):
    """Real-name checks of the calling account."""

    def __init__(self, calls: IdentityCalls) -> None:
        self._calls = calls

    async def ListMethods(self, request: pb.ListMethodsRequest, context: CallContext) -> pb.ListMethodsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        policy, providers = calls.brands.policy(principal.brand), calls.verification.providers
        return pb.ListMethodsResponse(
            methods=[
                pb.Method(
                    method=method.value,
                    level=LEVELS[LEVEL_OF[method]],
                    required_fields=required_fields(policy, method),
                    impaired=providers.health.impaired(method),
                )
                for method in providers.offered(policy.identity)
            ],
            document_types=[one.value for one in policy.identity.documents],
            manual_document_types=[one.value for one in policy.identity.manual_documents],
        )

    async def StartVerification(
        self, request: pb.StartVerificationRequest, context: CallContext
    ) -> pb.StartVerificationResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        wish = wish_of(request)
        secrets = Secrets(
            card_number=wish.card_number, credential=wish.credential, return_url=return_link(request.return_url)
        )

        def effect(connection: Connection) -> pb.StartVerificationResponse:
            attempt = begin_attempt(
                calls.unit(connection),
                principal=principal,
                wish=wish,
                providers=calls.verification.providers,
                clock=calls.clock,
            )
            return pb.StartVerificationResponse(attempt=pb.Attempt(attempt_id=attempt.attempt_id))

        begun = await calls.once.run(request, pb.StartVerificationResponse, scope=principal.account_id, effect=effect)
        attempt, session = await calls.proceed(begun.attempt.attempt_id, secrets)
        return pb.StartVerificationResponse(attempt=await calls.encoded(attempt), session=session)

    async def SubmitCard(self, request: pb.SubmitCardRequest, context: CallContext) -> pb.SubmitCardResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        attempt_id = _attempt_id(request.attempt_id)
        front = validation.identifier("front_upload_id", request.front_upload_id, ids.UPLOAD)
        back = validation.identifier("back_upload_id", request.back_upload_id, ids.UPLOAD)
        read = await calls.blocking.run(
            lambda: calls.verification.read_card(
                account_id=principal.account_id, attempt_id=attempt_id, front=front, back=back
            )
        )
        return pb.SubmitCardResponse(read=encode_card(read))

    async def ConfirmCard(self, request: pb.ConfirmCardRequest, context: CallContext) -> pb.ConfirmCardResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        attempt_id, confirmed = _attempt_id(request.attempt_id), decode_card(request.confirmed)
        secrets = Secrets(return_url=return_link(request.return_url))

        def effect(connection: Connection) -> pb.ConfirmCardResponse:
            attempt = confirm_card(
                calls.unit(connection),
                account_id=principal.account_id,
                attempt_id=attempt_id,
                confirmed=confirmed,
                providers=calls.verification.providers,
                clock=calls.clock,
            )
            return pb.ConfirmCardResponse(attempt=pb.Attempt(attempt_id=attempt.attempt_id))

        await calls.once.run(request, pb.ConfirmCardResponse, scope=principal.account_id, effect=effect)
        attempt, session = await calls.proceed(attempt_id, secrets)
        return pb.ConfirmCardResponse(attempt=await calls.encoded(attempt), session=session)

    async def QueryAttempt(self, request: pb.QueryAttemptRequest, context: CallContext) -> pb.QueryAttemptResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        attempt_id = _attempt_id(request.attempt_id)
        attempt, session = await calls.blocking.run(
            lambda: calls.verification.query(account_id=principal.account_id, attempt_id=attempt_id)
        )
        return pb.QueryAttemptResponse(attempt=await calls.encoded(attempt), session=session)

    async def CancelAttempt(self, request: pb.CancelAttemptRequest, context: CallContext) -> pb.CancelAttemptResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        attempt_id = _attempt_id(request.attempt_id)
        attempt = await calls.write(
            lambda unit: cancel_attempt(unit, account_id=principal.account_id, attempt_id=attempt_id, clock=calls.clock)
        )
        return pb.CancelAttemptResponse(attempt=await calls.encoded(attempt))

    async def GetVerification(
        self, request: pb.GetVerificationRequest, context: CallContext
    ) -> pb.GetVerificationResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        found = await calls.read(
            lambda unit: standing(unit, account_id=principal.account_id, brand=principal.brand, clock=calls.clock)
        )
        verified = found.person is not None and found.masked is not None
        return pb.GetVerificationResponse(
            state=STATES[found.state],
            person=encode_person(found.person, found.masked) if found.person and found.masked and verified else None,
            newest=encode_attempt(found.newest) if found.newest is not None else None,
            attempts_left=found.attempts_left,
            manual_offered=found.manual_offered,
        )

    async def ListAttempts(self, request: pb.ListAttemptsRequest, context: CallContext) -> pb.ListAttemptsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        size = page_size(request.page_size)
        scope = PageScope("ListAttempts", principal.account_id, "")
        before = calls.pager.cursor(scope, request.page_token)
        page, cursor = await calls.read(
            lambda unit: list_attempts(unit, account_id=principal.account_id, before=before, limit=size)
        )
        return pb.ListAttemptsResponse(
            attempts=[encode_attempt(one) for one in page], next_page_token=calls.pager.token(scope, cursor)
        )


def wish_of(request: pb.StartVerificationRequest) -> Wish:
    """What a user sends to be checked. Raises FieldInvalid."""
    try:
        method = IdentityMethod(request.method)
    except ValueError:
        raise FieldInvalid("method", f"must be one of {', '.join(IdentityMethod)}") from None
    uploads = [
        validation.identifier(field, value, ids.UPLOAD) if value else ""
        for field, value in (
            ("front_upload_id", request.front_upload_id),
            ("back_upload_id", request.back_upload_id),
        )
    ]
    return Wish(
        method=method,
        person=PersonData(
            name=short("name", request.name),
            document_type=decode_type("document_type", request.document_type),
            document_number=short("document_number", request.document_number, 32),
            document_country=short("document_country", request.document_country, 3),
            document_expiry=date_of("document_expiry", request.document_expiry),
            phone_number=normal_number("phone_number", request.phone_number) if request.phone_number else "",
            email=email_of(request.email),
        ),
        card_number=short("card_number", request.card_number, 32),
        ticket=short("ticket", request.ticket),
        front_upload_id=uploads[0],
        back_upload_id=uploads[1],
        credential=short("credential", request.credential, _MAX_CREDENTIAL),
        accepted=accepted_of(request.accepted_document_ids),
    )


def email_of(text: str) -> str:
    """An address, or empty. Raises FieldInvalid, which never holds it."""
    if len(text) > 254 or (text and _EMAIL.fullmatch(text) is None):
        raise FieldInvalid("email", "must be an address of at most 254 characters")
    return text


def accepted_of(document_ids: Sequence[str]) -> tuple[str, ...]:
    """Ids of documents that a user accepts. Raises FieldInvalid."""
    if len(document_ids) > _MAX_ACCEPTED:
        raise FieldInvalid("accepted_document_ids", f"must be at most {_MAX_ACCEPTED}")
    return tuple(validation.identifier("accepted_document_ids", one, ids.DOCUMENT) for one in document_ids)


def _attempt_id(text: str) -> str:
    return validation.identifier("attempt_id", text, ids.ATTEMPT)


def return_link(text: str) -> str:
    """An app link; scripts are none. Raises FieldInvalid."""
    if text and (_RETURN.fullmatch(text) is None or text.startswith(("javascript:", "data:"))):
        raise FieldInvalid("return_url", "must be a link of an app, at most 200 characters")
    return text
