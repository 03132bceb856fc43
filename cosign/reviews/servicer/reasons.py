"""ReviewReasonService: the dictionary of reasons."""

from typing import Final

from sqlalchemy import Connection

from cosign.api.v1 import review_reason_pb2 as pb
from cosign.api.v1 import review_reason_pb2_grpc as rpc
from cosign.brands.model import Text
from cosign.errors import FieldInvalid
from cosign.reviews.model import ReviewReason
from cosign.reviews.servicer.calls import KINDS, ReviewCalls, decode_kind
from cosign.reviews.usecases import reasons
from cosign.staff import Permission, StaffContext
from cosign.timestamps import timestamp_ms

_EDIT: Final = Permission.REJECT_TYPES_EDIT


class ReviewReasonServicer(rpc.ReviewReasonServiceServicer):
    """Reasons to return and to refuse."""

    def __init__(self, calls: ReviewCalls) -> None:
        self._calls = calls

    async def ListReviewReasons(
        self, request: pb.ListReviewReasonsRequest, context: StaffContext
    ) -> pb.ListReviewReasonsResponse:
        """See the proto."""
        reader = await self._calls.reviewer(context, Permission.REVIEW_VIEW, _EDIT)
        kind = decode_kind(request.kind)
        found = await self._calls.read(
            reader, lambda unit: reasons.list_reasons(unit, kind=kind, retired=request.with_retired)
        )
        return pb.ListReviewReasonsResponse(reasons=[_encode(reason) for reason in found])

    async def AddReviewReason(
        self, request: pb.AddReviewReasonRequest, context: StaffContext
    ) -> pb.AddReviewReasonResponse:
        """See the proto."""
        calls, editor = self._calls, await self._calls.reviewer(context, _EDIT)
        kind = decode_kind(request.kind)

        def effect(connection: Connection) -> pb.AddReviewReasonResponse:
            made = reasons.add_reason(
                calls.unit(connection),
                kind=kind,
                code=request.code,
                text=Text(zh=request.text_zh, en=request.text_en),
                editor=editor,
                clock=calls.clock,
            )
            return pb.AddReviewReasonResponse(reason=_encode(made))

        return await calls.change(editor, request, pb.AddReviewReasonResponse, effect)

    async def ChangeReviewReason(
        self, request: pb.ChangeReviewReasonRequest, context: StaffContext
    ) -> pb.ChangeReviewReasonResponse:
        """See the proto."""
        calls, editor = self._calls, await self._calls.reviewer(context, _EDIT)
        kind, text = decode_kind(request.kind), _text(request)

        def effect(connection: Connection) -> pb.ChangeReviewReasonResponse:
            made = reasons.change_reason(
                calls.unit(connection),
                kind=kind,
                code=request.code,
                version=request.version,
                text=text,
                retired=request.retired if request.HasField("retired") else None,
                editor=editor,
                clock=calls.clock,
            )
            return pb.ChangeReviewReasonResponse(reason=_encode(made))

        return await calls.change(editor, request, pb.ChangeReviewReasonResponse, effect)

    async def DeleteReviewReason(
        self, request: pb.DeleteReviewReasonRequest, context: StaffContext
    ) -> pb.DeleteReviewReasonResponse:
        """See the proto."""
        calls, editor = self._calls, await self._calls.reviewer(context, _EDIT)
        kind = decode_kind(request.kind)

        def effect(connection: Connection) -> pb.DeleteReviewReasonResponse:
            reasons.delete_reason(calls.unit(connection), kind=kind, code=request.code, editor=editor)
            return pb.DeleteReviewReasonResponse()

        return await calls.change(editor, request, pb.DeleteReviewReasonResponse, effect)


def _text(request: pb.ChangeReviewReasonRequest) -> Text | None:
    given = request.HasField("text_zh"), request.HasField("text_en")
    if given == (False, False):
        return None
    if given != (True, True):
        raise FieldInvalid("text_en" if given[0] else "text_zh", "must come with the other language")
    return Text(zh=request.text_zh, en=request.text_en)


def _encode(reason: ReviewReason) -> pb.ReviewReason:
    message = pb.ReviewReason(
        kind=KINDS[reason.kind],
        code=reason.code,
        version=reason.version,
        text_zh=reason.text.zh,
        text_en=reason.text.en,
        retired=reason.retired,
        changed_by=reason.changed_by,
    )
    if reason.changed_ms:
        message.changed_at.CopyFrom(timestamp_ms(reason.changed_ms))
    return message
