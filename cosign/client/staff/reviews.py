"""What reviewers do: queues, claims, decisions, and the dictionary of reasons."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from cosign.api.v1 import review_pb2 as pb
from cosign.api.v1 import review_reason_pb2 as reason_pb
from cosign.client.phone.errors import InputRefused
from cosign.client.staff.channel import StaffChannel

_SERVICE: Final = "ReviewService"
_REASONS: Final = "ReviewReasonService"
KINDS: Final = {
    "identity": pb.REVIEW_KIND_IDENTITY,
    "account_appeal": pb.REVIEW_KIND_ACCOUNT_APPEAL,
    "number_change": pb.REVIEW_KIND_NUMBER_CHANGE,
}
STATES: Final = {
    "waiting": pb.REVIEW_STATE_WAITING,
    "claimed": pb.REVIEW_STATE_CLAIMED,
    "approved": pb.REVIEW_STATE_APPROVED,
    "returned": pb.REVIEW_STATE_RETURNED,
    "refused": pb.REVIEW_STATE_REFUSED,
    "withdrawn": pb.REVIEW_STATE_WITHDRAWN,
    "expired": pb.REVIEW_STATE_EXPIRED,
}
VERDICTS: Final = {
    "approve": pb.REVIEW_VERDICT_APPROVE,
    "return": pb.REVIEW_VERDICT_RETURN,
    "refuse": pb.REVIEW_VERDICT_REFUSE,
}


class Reviews:
    """Reviews and reasons. Every change is made for the review as it is now, or as it was in `seen`."""

    def __init__(self, channel: StaffChannel) -> None:
        self._channel = channel

    def queue(
        self, *, kind: str = "", brand: str = "", state: str = "", mine: bool = False, overdue: bool = False
    ) -> Iterator[pb.Review]:
        """Reviews in the order of the queue; `kind` and `state` are words of KINDS and STATES.

        Without a kind: of any; without a state: those that are open.
        """
        token = ""
        while True:
            request = pb.ListReviewsRequest(brand=brand, mine=mine, overdue=overdue, page_token=token)
            if kind:
                request.kind = _known("kind", kind, KINDS)
            if state:
                request.state = _known("state", state, STATES)
            page: pb.ListReviewsResponse = self._call("ListReviews", request)
            yield from page.reviews
            token = page.next_page_token
            if not token:
                return

    def get(self, review_id: str) -> pb.GetReviewResponse:
        """One review, its subject masked, its history."""
        answer: pb.GetReviewResponse = self._call("GetReview", pb.GetReviewRequest(review_id=review_id))
        return answer

    def claim(self, review_id: str, seen: pb.Review | None = None) -> pb.Review:
        """Takes a review."""
        request = pb.ClaimReviewRequest(request_id=_new(), review_id=review_id, version=self._version(review_id, seen))
        answer: pb.ClaimReviewResponse = self._call("ClaimReview", request)
        return answer.review

    def release(self, review_id: str, seen: pb.Review | None = None) -> pb.Review:
        """Puts a review back."""
        version = self._version(review_id, seen)
        request = pb.ReleaseReviewRequest(request_id=_new(), review_id=review_id, version=version)
        answer: pb.ReleaseReviewResponse = self._call("ReleaseReview", request)
        return answer.review

    def reassign(self, review_id: str, staff_id: str, seen: pb.Review | None = None) -> pb.Review:
        """Gives a review to another member."""
        version = self._version(review_id, seen)
        request = pb.ReassignReviewRequest(request_id=_new(), review_id=review_id, version=version, staff_id=staff_id)
        answer: pb.ReassignReviewResponse = self._call("ReassignReview", request)
        return answer.review

    def decide(
        self, review_id: str, verdict: str, *, reason_code: str = "", note: str = "", seen: pb.Review | None = None
    ) -> pb.Review:
        """Decides; `verdict` is a word of VERDICTS."""
        request = pb.DecideReviewRequest(
            request_id=_new(),
            review_id=review_id,
            version=self._version(review_id, seen),
            verdict=_known("verdict", verdict, VERDICTS),
            reason_code=reason_code,
            note=note,
        )
        answer: pb.DecideReviewResponse = self._call("DecideReview", request)
        return answer.review

    def unmask(self, review_id: str, name: str) -> str:
        """One field of the subject in clear text; recorded."""
        request = pb.UnmaskReviewFieldRequest(review_id=review_id, name=name)
        answer: pb.UnmaskReviewFieldResponse = self._call("UnmaskReviewField", request)
        return answer.text

    def file(self, review_id: str, name: str) -> str:
        """A link to one file of the subject, good for five minutes; recorded."""
        request = pb.OpenReviewFileRequest(review_id=review_id, name=name)
        answer: pb.OpenReviewFileResponse = self._call("OpenReviewFile", request)
        return answer.url

    # --- reasons ---

    def reasons(self, kind: str, *, retired: bool = False) -> list[reason_pb.ReviewReason]:
        """The dictionary of a kind."""
        request = reason_pb.ListReviewReasonsRequest(kind=_known("kind", kind, KINDS), with_retired=retired)
        return list(self._channel.call(_REASONS, "ListReviewReasons", request).reasons)

    def add_reason(self, kind: str, code: str, *, zh: str, en: str) -> reason_pb.ReviewReason:
        """Adds a reason."""
        request = reason_pb.AddReviewReasonRequest(
            request_id=_new(), kind=_known("kind", kind, KINDS), code=code, text_zh=zh, text_en=en
        )
        answer: reason_pb.AddReviewReasonResponse = self._channel.call(_REASONS, "AddReviewReason", request)
        return answer.reason

    def change_reason(
        self, kind: str, code: str, version: int, *, zh: str = "", en: str = "", retired: bool | None = None
    ) -> reason_pb.ReviewReason:
        """Makes the next version: other texts (both or none), retired, or offered again."""
        request = reason_pb.ChangeReviewReasonRequest(
            request_id=_new(), kind=_known("kind", kind, KINDS), code=code, version=version, retired=retired
        )
        if zh or en:
            request.text_zh, request.text_en = zh, en
        answer: reason_pb.ChangeReviewReasonResponse = self._channel.call(_REASONS, "ChangeReviewReason", request)
        return answer.reason

    def delete_reason(self, kind: str, code: str) -> None:
        """Deletes a reason that no decision names."""
        request = reason_pb.DeleteReviewReasonRequest(request_id=_new(), kind=_known("kind", kind, KINDS), code=code)
        self._channel.call(_REASONS, "DeleteReviewReason", request)

    def _version(self, review_id: str, seen: pb.Review | None) -> int:
        return self.get(review_id).review.version if seen is None else seen.version

    def _call(self, method: str, request: Any) -> Any:
        return self._channel.call(_SERVICE, method, request)


def _known(field: str, word: str, words: dict[str, Any]) -> Any:
    if word not in words:
        raise InputRefused(f"{field} is one of {', '.join(words)}")
    return words[word]


def _new() -> str:
    return str(uuid.uuid4())
