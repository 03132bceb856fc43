"""Reasons of reviews; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("REVIEW_STATE", _C.FAILED_PRECONDITION, "The review is not in a state that allows this.",
               "审核事项当前状态不允许此操作。", "Read the review again; metadata `state` says what it is.", _NOTHING),
    ErrorEntry("REVIEW_CHANGED", _C.ABORTED, "Somebody else was faster.",
               "该审核事项已被他人处理。", "Read the review again; metadata `state`, `version` and `claimed_by`.",
               _NOTHING),
    ErrorEntry("REVIEW_CLAIMED", _C.ABORTED, "Another reviewer works on it.",
               "该审核事项已被其他审核员领取。", "Take another one, or wait until the claim ends.",
               "A supervisor can reassign it."),
    ErrorEntry("REVIEW_NOT_CLAIMED", _C.FAILED_PRECONDITION, "Claim the review first.",
               "请先领取该审核事项。", "Call ClaimReview; a claim ends by time.",
               "See `reviews.claim_minutes` of the brand's policy."),
    ErrorEntry("REVIEW_OWN", _C.PERMISSION_DENIED, "Nobody reviews what he asked for.",
               "不能审核本人提交的事项。", "Leave it to others.", "A rising rate deserves a look at the member."),
    ErrorEntry("REVIEW_FOUR_EYES", _C.PERMISSION_DENIED, "Another reviewer must decide this stage.",
               "初审与复审须由不同审核员完成。", "Leave it to others.", _NOTHING),
    ErrorEntry("REVIEW_VERDICT", _C.FAILED_PRECONDITION, "This kind of review does not end this way.",
               "该类审核不支持此结论。", "Offer what metadata `verdicts` names.", _NOTHING),
    ErrorEntry("REVIEW_OPEN", _C.ALREADY_EXISTS, "It is being reviewed.",
               "正在审核中，请勿重复提交。", "Wait for the decision.", _NOTHING),
    ErrorEntry("REASON_IN_USE", _C.FAILED_PRECONDITION, "A decision names this reason; it can only be retired.",
               "该退回类型已被使用，只能停用，不能删除。", "Retire it with ChangeReviewReason.", _NOTHING),
    ErrorEntry("REASON_TAKEN", _C.ALREADY_EXISTS, "There is a reason of this code.",
               "该退回类型代码已存在。", "Choose another code, or change the reason.", _NOTHING),
)  # fmt: skip
