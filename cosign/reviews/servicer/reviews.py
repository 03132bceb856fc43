"""ReviewService: decode, call, encode."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.api.v1 import review_pb2 as pb
from cosign.api.v1 import review_pb2_grpc as rpc
from cosign.errors import FieldInvalid
from cosign.paging import PageScope, page_size
from cosign.reviews.model import ReviewEvent, ReviewItem
from cosign.reviews.servicer.calls import (
    VERDICTS,
    ReviewCalls,
    decode_filter,
    decode_verdict,
    encode_review,
)
from cosign.reviews.usecases import claims, show
from cosign.reviews.usecases.decide import decide
from cosign.staff import Permission, StaffContext
from cosign.store.after_commit import after_commit
from cosign.timestamps import timestamp, timestamp_ms

_VIEW: Final = Permission.REVIEW_VIEW
_MAX_WORD: Final = 32


class ReviewServicer(rpc.ReviewServiceServicer):
    """Queues, claims and decisions of staff."""

    def __init__(self, calls: ReviewCalls) -> None:
        self._calls = calls

    async def ListReviews(self, request: pb.ListReviewsRequest, context: StaffContext) -> pb.ListReviewsResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, _VIEW)
        kind, state = decode_filter(request.kind, request.state)
        brand, size = _word("brand", request.brand), page_size(request.page_size)
        chosen = f"{request.kind}/{brand}/{request.state}/{request.mine}/{request.overdue}"
        scope = PageScope("ListReviews", reviewer.staff_id, chosen)
        after = calls.pager.cursor(scope, request.page_token)
        page = await calls.read(
            reviewer,
            lambda unit: show.queue(
                unit,
                reviewer=reviewer,
                clock=calls.clock,
                kind=kind,
                brand=brand,
                state=state,
                mine=request.mine,
                overdue=request.overdue,
                after=after,
                limit=size,
            ),
        )
        now_ms = calls.clock.now_ms()
        return pb.ListReviewsResponse(
            reviews=[encode_review(item, now_ms) for item in page.items],
            next_page_token=calls.pager.token(scope, page.cursor),
        )

    async def GetReview(self, request: pb.GetReviewRequest, context: StaffContext) -> pb.GetReviewResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, _VIEW)
        review_id = _review_id(request.review_id)
        found = await calls.read(reviewer, lambda unit: show.show(unit, review_id=review_id, reviewer=reviewer))
        return pb.GetReviewResponse(
            review=encode_review(found.item, calls.clock.now_ms()),
            fields=[pb.ReviewField(name=one.name, text=one.text, masked=one.masked) for one in found.subject.fields],
            files=[file.name for file in found.subject.files],
            history=[_encode_event(event) for event in found.history],
            verdicts=[word for verdict, word in VERDICTS.items() if verdict in found.verdicts],
        )

    async def ClaimReview(self, request: pb.ClaimReviewRequest, context: StaffContext) -> pb.ClaimReviewResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, _VIEW)
        review_id = _review_id(request.review_id)

        def effect(connection: Connection) -> ReviewItem:
            return claims.claim(
                calls.unit(connection),
                review_id=review_id,
                reviewer=reviewer,
                version=request.version,
                clock=calls.clock,
            )

        return await calls.change(
            reviewer,
            request,
            pb.ClaimReviewResponse,
            lambda connection: pb.ClaimReviewResponse(review=self._encoded(effect, connection)),
        )

    async def ReleaseReview(self, request: pb.ReleaseReviewRequest, context: StaffContext) -> pb.ReleaseReviewResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, _VIEW)
        review_id = _review_id(request.review_id)

        def effect(connection: Connection) -> ReviewItem:
            return claims.release(
                calls.unit(connection),
                review_id=review_id,
                reviewer=reviewer,
                version=request.version,
                clock=calls.clock,
            )

        return await calls.change(
            reviewer,
            request,
            pb.ReleaseReviewResponse,
            lambda connection: pb.ReleaseReviewResponse(review=self._encoded(effect, connection)),
        )

    async def ReassignReview(
        self, request: pb.ReassignReviewRequest, context: StaffContext
    ) -> pb.ReassignReviewResponse:
        """See the proto."""
        calls = self._calls
        supervisor = await calls.reviewer(context, Permission.REVIEW_SUPERVISE)
        review_id = _review_id(request.review_id)
        staff_id = validation.identifier("staff_id", request.staff_id, ids.STAFF)

        def effect(connection: Connection) -> ReviewItem:
            return claims.reassign(
                calls.unit(connection),
                review_id=review_id,
                supervisor=supervisor,
                to=calls.reviewer_named(connection, staff_id),
                version=request.version,
                clock=calls.clock,
            )

        return await calls.change(
            supervisor,
            request,
            pb.ReassignReviewResponse,
            lambda connection: pb.ReassignReviewResponse(review=self._encoded(effect, connection)),
        )

    async def DecideReview(self, request: pb.DecideReviewRequest, context: StaffContext) -> pb.DecideReviewResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, _VIEW)
        review_id, verdict = _review_id(request.review_id), decode_verdict(request.verdict)
        reason_code = _word("reason_code", request.reason_code)

        def effect(connection: Connection) -> ReviewItem:
            decided = decide(
                calls.unit(connection),
                review_id=review_id,
                reviewer=reviewer,
                version=request.version,
                verdict=verdict,
                reason_code=reason_code,
                note=request.note,
                clock=calls.clock,
            )
            after_commit(connection, lambda: calls.count_decision(decided.kind, verdict))
            return decided

        return await calls.change(
            reviewer,
            request,
            pb.DecideReviewResponse,
            lambda connection: pb.DecideReviewResponse(review=self._encoded(effect, connection)),
        )

    async def UnmaskReviewField(
        self, request: pb.UnmaskReviewFieldRequest, context: StaffContext
    ) -> pb.UnmaskReviewFieldResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, Permission.UNMASK)
        review_id, name = _review_id(request.review_id), _word("name", request.name)
        text = await calls.write(
            reviewer,
            lambda unit: show.unmask(unit, review_id=review_id, name=name, reviewer=reviewer, clock=calls.clock),
        )
        return pb.UnmaskReviewFieldResponse(text=text)

    async def OpenReviewFile(
        self, request: pb.OpenReviewFileRequest, context: StaffContext
    ) -> pb.OpenReviewFileResponse:
        """See the proto."""
        calls, reviewer = self._calls, await self._calls.reviewer(context, Permission.UNMASK)
        review_id, name = _review_id(request.review_id), _word("name", request.name)
        upload_id = await calls.write(
            reviewer,
            lambda unit: show.open_file(unit, review_id=review_id, name=name, reviewer=reviewer, clock=calls.clock),
        )
        made = calls.link(upload_id)
        return pb.OpenReviewFileResponse(url=made.url, expires_at=timestamp(made.expires_at))

    def _encoded(self, effect: Callable[[Connection], ReviewItem], connection: Connection) -> pb.Review:
        return encode_review(effect(connection), self._calls.clock.now_ms())


def _review_id(text: str) -> str:
    return validation.identifier("review_id", text, ids.REVIEW)


def _word(field: str, text: str) -> str:
    if len(text) > _MAX_WORD or not (text.isprintable() or not text):
        raise FieldInvalid(field, f"must be at most {_MAX_WORD} printable characters")
    return text


def _encode_event(event: ReviewEvent) -> pb.ReviewEvent:
    return pb.ReviewEvent(
        action=event.action.value,
        time=timestamp_ms(event.time_ms),
        actor=event.actor,
        stage=event.stage,
        round=event.round,
        reason_code=event.reason_code,
        reason_version=event.reason_version,
        note=event.note,
    )
