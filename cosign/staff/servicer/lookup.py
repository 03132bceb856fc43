"""LookupService: what support sees and does of accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from google.protobuf.message import Message
from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts import AccountUnit
from cosign.accounts.usecases.devices import list_devices
from cosign.api.v1 import lookup_pb2 as pb
from cosign.api.v1 import lookup_pb2_grpc as rpc
from cosign.audit.operation_log_unit import OperationFilter, SqlOperationUnit
from cosign.errors import FieldInvalid
from cosign.messages import InboxUnit, MessageFilter
from cosign.paging import PageScope, page_size
from cosign.personal import Field
from cosign.personal.access import AuditedAccess
from cosign.personal.readers import Purpose, Reader
from cosign.staff.callers import StaffContext
from cosign.staff.dual_control import DualKind
from cosign.staff.freezes import Freeze, brand_of, checked_subject
from cosign.staff.model import StaffPrincipal
from cosign.staff.roles import Permission
from cosign.staff.servicer import lookup_messages as encode
from cosign.staff.servicer.calls import StaffCalls
from cosign.staff.usecases import look_up
from cosign.staff.usecases.look_up import Looking
from cosign.staff.usecases.resend import resend_message

T = TypeVar("T")
A = TypeVar("A", bound=Message)

_ALL: Final = OperationFilter(kind=None, since_ms=0, until_ms=0, keyword="")
_FIELDS: Final = {
    pb.UNMASKED_FIELD_PHONE_NUMBER: Field.PHONE_NUMBER,
    pb.UNMASKED_FIELD_NAME: Field.NAME,
}
_PURPOSES: Final = {
    pb.UNMASK_PURPOSE_SUPPORT: Purpose.SUPPORT,
    pb.UNMASK_PURPOSE_IDENTITY_REVIEW: Purpose.IDENTITY_REVIEW,
    pb.UNMASK_PURPOSE_APPEAL_REVIEW: Purpose.APPEAL_REVIEW,
    pb.UNMASK_PURPOSE_LEGAL: Purpose.LEGAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupNeighbours:
    """What other areas do on the connection of our transaction."""

    accounts: Callable[[Connection], AccountUnit]
    operations: Callable[[Connection], SqlOperationUnit]
    unread: Callable[[Connection, str], int]
    """Unread messages of an account."""
    inbox: Callable[[Connection], InboxUnit]
    access: AuditedAccess
    freezes: DualKind[Freeze]


class LookupServicer(rpc.LookupServiceServicer):
    """Accounts for support."""

    def __init__(self, calls: StaffCalls, neighbours: LookupNeighbours) -> None:
        self._calls = calls
        self._all = neighbours

    async def FindAccounts(self, request: pb.FindAccountsRequest, context: StaffContext) -> pb.FindAccountsResponse:
        """See the proto."""
        principal = await self._viewer(context)
        kind = request.WhichOneof("number")
        if kind is None:
            raise FieldInvalid("number", "a phone number or document number is needed")

        def work(look: Looking) -> pb.FindAccountsResponse:
            if kind == "phone_number":
                found = look_up.find_by_number(look, brand=request.brand, phone_number=request.phone_number)
            else:
                found = look_up.find_by_document(look, brand=request.brand, document_number=request.document_number)
            return pb.FindAccountsResponse(accounts=[encode.account(one) for one in found])

        return await self._look(principal, work)

    async def GetSupportAccount(
        self, request: pb.GetSupportAccountRequest, context: StaffContext
    ) -> pb.GetSupportAccountResponse:
        """See the proto."""
        principal, account_id = await self._viewer(context), _account_id(request.account_id)
        return await self._look(
            principal,
            lambda look: pb.GetSupportAccountResponse(account=encode.account(look_up.view_account(look, account_id))),
        )

    async def ListSupportDevices(
        self, request: pb.ListSupportDevicesRequest, context: StaffContext
    ) -> pb.ListSupportDevicesResponse:
        """See the proto."""
        principal, account_id = await self._viewer(context), _account_id(request.account_id)
        size, scope = page_size(request.page_size), PageScope("ListSupportDevices", principal.staff_id, account_id)
        before = self._calls.pager.cursor(scope, request.page_token)

        def work(look: Looking) -> pb.ListSupportDevicesResponse:
            look_up.known_account(look, account_id)
            found = list_devices(look.accounts, account_id=account_id, before=before, limit=size + 1)
            look.looked(account_id, "devices")
            cursor = found[size - 1].phone.device_id if len(found) > size else ""
            return pb.ListSupportDevicesResponse(
                devices=[encode.device(one) for one in found[:size]],
                next_page_token=self._calls.pager.token(scope, cursor),
            )

        return await self._look(principal, work)

    async def ListSupportLogins(
        self, request: pb.ListSupportLoginsRequest, context: StaffContext
    ) -> pb.ListSupportLoginsResponse:
        """See the proto."""
        principal, account_id = await self._viewer(context), _account_id(request.account_id)
        size, scope = page_size(request.page_size), PageScope("ListSupportLogins", principal.staff_id, account_id)
        before = self._calls.pager.cursor(scope, request.page_token)

        def work(look: Looking) -> pb.ListSupportLoginsResponse:
            look_up.known_account(look, account_id)
            found = look.accounts.sessions.logins(account_id, before=before, limit=size + 1)
            look.looked(account_id, "logins")
            cursor = found[size - 1].login_id if len(found) > size else ""
            return pb.ListSupportLoginsResponse(
                logins=[encode.login(one) for one in found[:size]],
                next_page_token=self._calls.pager.token(scope, cursor),
            )

        return await self._look(principal, work)

    async def ListSupportOperations(
        self, request: pb.ListSupportOperationsRequest, context: StaffContext
    ) -> pb.ListSupportOperationsResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.OPERATIONS_VIEW)
        account_id, size = _account_id(request.account_id), page_size(request.page_size)
        scope = PageScope("ListSupportOperations", principal.staff_id, account_id)
        before = self._calls.pager.cursor(scope, request.page_token)

        def work(connection: Connection) -> pb.ListSupportOperationsResponse:
            look = self._looking(connection, principal)
            look_up.known_account(look, account_id)
            page = self._all.operations(connection).operations(account_id, _ALL, before=before, limit=size)
            look.looked(account_id, "operations")
            return pb.ListSupportOperationsResponse(
                operations=[encode.operation(one) for one in page.operations],
                next_page_token=self._calls.pager.token(scope, page.cursor),
            )

        return await self._calls.callers.recorded(principal.staff_id, self._calls.transact(work))

    async def UnmaskField(self, request: pb.UnmaskFieldRequest, context: StaffContext) -> pb.UnmaskFieldResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.UNMASK)
        account_id = _account_id(request.account_id)
        if request.field not in _FIELDS:
            raise FieldInvalid("field", "must be stated")
        if request.purpose not in _PURPOSES:
            raise FieldInvalid("purpose", "must be stated")
        field, purpose = _FIELDS[request.field], _PURPOSES[request.purpose]
        text = await self._look(
            principal,
            lambda look: look_up.unmask(
                look, account_id=account_id, field=field, purpose=purpose, reason=request.reason
            ),
        )
        return pb.UnmaskFieldResponse(text=text)

    async def ListUnmaskings(
        self, request: pb.ListUnmaskingsRequest, context: StaffContext
    ) -> pb.ListUnmaskingsResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.callers.principal(context, Permission.AUDIT_VIEW)
        account_id = _account_id(request.account_id) if request.account_id else ""
        size, scope = page_size(request.page_size), PageScope("ListUnmaskings", principal.staff_id, account_id)
        before = calls.pager.cursor(scope, request.page_token)
        found = await calls.read(lambda unit: unit.unmaskings.page(account_id, before=before, limit=size + 1))
        cursor = found[size - 1].unmasking_id if len(found) > size else ""
        return pb.ListUnmaskingsResponse(
            unmaskings=[encode.unmasking(one) for one in found[:size]],
            next_page_token=calls.pager.token(scope, cursor),
        )

    async def UnlockAccount(self, request: pb.UnlockAccountRequest, context: StaffContext) -> pb.UnlockAccountResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.ACCOUNT_UNLOCK)
        account_id = _account_id(request.account_id)

        def effect(connection: Connection) -> pb.UnlockAccountResponse:
            look_up.unlock(self._looking(connection, principal), account_id=account_id)
            return pb.UnlockAccountResponse()

        return await self._once(request, pb.UnlockAccountResponse, principal, effect)

    async def ListSupportMessages(
        self, request: pb.ListSupportMessagesRequest, context: StaffContext
    ) -> pb.ListSupportMessagesResponse:
        """See the proto."""
        calls = self._calls
        principal, account_id = await self._viewer(context), _account_id(request.account_id)
        size, scope = page_size(request.page_size), PageScope("ListSupportMessages", principal.staff_id, account_id)
        before = calls.pager.cursor(scope, request.page_token)

        def work(connection: Connection) -> pb.ListSupportMessagesResponse:
            look = self._looking(connection, principal)
            look_up.known_account(look, account_id)
            page = self._all.inbox(connection).messages(account_id, MessageFilter(), before=before, limit=size)
            look.looked(account_id, "messages")
            return pb.ListSupportMessagesResponse(
                messages=[encode.message(one) for one in page.messages],
                next_page_token=calls.pager.token(scope, page.cursor),
            )

        return await calls.callers.recorded(principal.staff_id, calls.transact(work))

    async def ResendMessage(self, request: pb.ResendMessageRequest, context: StaffContext) -> pb.ResendMessageResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.MESSAGE_RESEND)
        account_id = _account_id(request.account_id)
        message_id = validation.identifier("message_id", request.message_id, ids.MESSAGE)

        def effect(connection: Connection) -> pb.ResendMessageResponse:
            look, inbox = self._looking(connection, principal), self._all.inbox(connection)
            channels = resend_message(look, inbox, account_id=account_id, message_id=message_id)
            return pb.ResendMessageResponse(channels=[channel.value for channel in channels])

        return await self._once(request, pb.ResendMessageResponse, principal, effect)

    async def ProposeFreeze(self, request: pb.ProposeFreezeRequest, context: StaffContext) -> pb.ProposeFreezeResponse:
        """See the proto."""
        principal = await self._calls.callers.principal(context, Permission.FREEZE)
        freeze = Freeze(checked_subject(request.subject_id), request.release)

        def effect(connection: Connection) -> pb.ProposeFreezeResponse:
            brand = brand_of(self._all.accounts(connection), freeze.subject_id)
            made = self._calls.dual.propose(
                connection,
                principal,
                self._all.freezes,
                subject_id=freeze.subject_id,
                payload=freeze,
                reason=request.reason,
                brand=brand,
            )
            return pb.ProposeFreezeResponse(proposal_id=made.proposal_id)

        return await self._once(request, pb.ProposeFreezeResponse, principal, effect)

    async def _viewer(self, context: StaffContext) -> StaffPrincipal:
        return await self._calls.callers.principal(context, Permission.ACCOUNT_VIEW)

    async def _look(self, principal: StaffPrincipal, work: Callable[[Looking], T]) -> T:
        """Runs a look in a write transaction: no record, no look."""
        done = self._calls.transact(lambda connection: work(self._looking(connection, principal)))
        return await self._calls.callers.recorded(principal.staff_id, done)

    async def _once(
        self, request: Message, answer: type[A], principal: StaffPrincipal, effect: Callable[[Connection], A]
    ) -> A:
        done = self._calls.once.run(request, answer, scope=principal.staff_id, effect=effect)
        return await self._calls.callers.recorded(principal.staff_id, done)

    def _looking(self, connection: Connection, principal: StaffPrincipal) -> Looking:
        return Looking(
            accounts=self._all.accounts(connection),
            staff=self._calls.unit(connection),
            unread=lambda account_id: self._all.unread(connection, account_id),
            unmasked=lambda reader, purpose, account_id, what: self._unmasked(
                connection, reader, purpose, account_id, what
            ),
            principal=principal,
            clock=self._calls.clock,
        )

    def _unmasked(self, connection: Connection, reader: Reader, purpose: Purpose, account_id: str, what: str) -> None:
        self._all.access.authorise(reader)
        self._all.access.record(connection, reader, purpose, account_id=account_id, what=what)


def _account_id(text: str) -> str:
    return validation.identifier("account_id", text, ids.ACCOUNT)
