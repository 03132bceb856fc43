"""Serves `OperationLogService` (R-AUD-02)."""

from collections.abc import Awaitable, Callable

from sqlalchemy import Connection, Engine

from cosign import ids, validation
from cosign.api.v1 import operation_log_pb2 as pb
from cosign.api.v1 import operation_log_pb2_grpc as rpc
from cosign.audit.operation_log_model import DICTIONARY, Operation, OperationKind
from cosign.audit.operation_log_unit import OperationFilter, SqlOperationUnit
from cosign.blocking import BlockingPool
from cosign.call_context import AccountCaller, CallContext, language_of
from cosign.errors import FieldInvalid, ResourceNotFound
from cosign.paging import Pager, PageScope, page_size
from cosign.store.unit_of_work import reading
from cosign.timestamps import timestamp_ms

MAX_KEYWORD = 50
"""Characters."""


class OperationLogServicer(rpc.OperationLogServiceServicer):
    """What the user of the calling session did."""

    def __init__(
        self,
        *,
        engine: Engine,
        unit: Callable[[Connection], SqlOperationUnit],
        blocking: BlockingPool,
        caller: Callable[[CallContext], Awaitable[AccountCaller]],
        pager: Pager,
    ) -> None:
        self._engine = engine
        self._unit = unit
        self._blocking = blocking
        self._caller = caller
        self._pager = pager

    async def ListOperationTypes(
        self, request: pb.ListOperationTypesRequest, context: CallContext
    ) -> pb.ListOperationTypesResponse:
        """See the proto."""
        await self._caller(context)
        language = language_of(context)
        types = [pb.OperationType(type=kind.value, title=_title(kind, language)) for kind in OperationKind]
        return pb.ListOperationTypesResponse(types=types)

    async def ListOperations(
        self, request: pb.ListOperationsRequest, context: CallContext
    ) -> pb.ListOperationsResponse:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        size = page_size(request.page_size)
        since_ms, until_ms = validation.period(
            request.since if request.HasField("since") else None, request.until if request.HasField("until") else None
        )
        if len(request.keyword) > MAX_KEYWORD:
            raise FieldInvalid("keyword", f"must be at most {MAX_KEYWORD} characters")
        wanted = OperationFilter(
            kind=_kind(request.type), since_ms=since_ms, until_ms=until_ms, keyword=request.keyword.strip()
        )
        scope = PageScope("ListOperations", account_id, repr(wanted))
        before = self._pager.cursor(scope, request.page_token)
        return await self._blocking.run(self._list, scope, wanted, before, size, language_of(context))

    def _list(
        self, scope: PageScope, wanted: OperationFilter, before: str, size: int, language: str
    ) -> pb.ListOperationsResponse:
        with reading(self._engine) as connection:
            page = self._unit(connection).operations(scope.caller, wanted, before=before, limit=size)
        return pb.ListOperationsResponse(
            operations=[_encode(operation, language) for operation in page.operations],
            next_page_token=self._pager.token(scope, page.cursor),
        )

    async def GetOperation(self, request: pb.GetOperationRequest, context: CallContext) -> pb.GetOperationResponse:
        """See the proto."""
        account_id = (await self._caller(context)).account_id
        operation_id = validation.identifier("operation_id", request.operation_id, ids.OPERATION)
        operation = await self._blocking.run(self._get, account_id, operation_id)
        return pb.GetOperationResponse(operation=_encode(operation, language_of(context)))

    def _get(self, account_id: str, operation_id: str) -> Operation:
        with reading(self._engine) as connection:
            operation = self._unit(connection).operation(account_id, operation_id)
        if operation is None:
            raise ResourceNotFound("no such entry")
        return operation


def _kind(word: str) -> OperationKind | None:
    if not word:
        return None
    try:
        return OperationKind(word)
    except ValueError:
        raise FieldInvalid("type", "is not known; see ListOperationTypes") from None


def _title(kind: OperationKind, language: str) -> str:
    words = DICTIONARY[kind]
    return words.en if language == "en" else words.zh


def _encode(operation: Operation, language: str) -> pb.Operation:
    return pb.Operation(
        operation_id=operation.operation_id,
        type=operation.kind.value,
        title=_title(operation.kind, language),
        content="; ".join(f"{name}: {value}" for name, value in operation.content.items()),
        outcome=operation.outcome,
        object_id=operation.object_id,
        device_id=operation.device_id,
        time=timestamp_ms(operation.time_ms),
    )
