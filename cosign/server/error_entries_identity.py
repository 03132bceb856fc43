"""Reasons of real-name checks; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("IDV_STATE", _C.FAILED_PRECONDITION, "The verification is not in a state that allows this.",
               "实名认证当前状态不允许此操作。", "Read the state again by GetVerification.", _NOTHING),
    ErrorEntry("IDV_OPEN", _C.ALREADY_EXISTS, "Another verification is being made.",
               "已有正在进行的实名认证。", "Go on with the attempt in metadata `attempt_id`, or cancel it.", _NOTHING),
    ErrorEntry("IDV_VERIFIED", _C.FAILED_PRECONDITION, "You are verified already.",
               "您已完成实名认证。", "Offer a change of the data instead.", _NOTHING),
    ErrorEntry("IDV_METHOD_OFF", _C.FAILED_PRECONDITION, "This way to verify is not offered.",
               "不支持该实名认证方式。", "Offer the methods in metadata `methods`.",
               "See `identity.methods` of the brand's policy and `[identity]` of the configuration."),
    ErrorEntry("IDV_ATTEMPT_LIMIT", _C.RESOURCE_EXHAUSTED, "Too many attempts today.",
               "今日实名认证次数已达上限。", "Offer manual review, or wait for `RetryInfo`.",
               "See `identity.attempts_a_day` and `manual_a_day` of the brand's policy."),
    ErrorEntry("IDV_DOCUMENT_TYPE", _C.INVALID_ARGUMENT, "This kind of document is not accepted here.",
               "不支持该证件类型。", "Offer the documents of ListMethods.", _NOTHING),
    ErrorEntry("IDV_DOCUMENT_EXPIRED", _C.INVALID_ARGUMENT, "The document has expired.",
               "证件已过期。", "Ask for a valid document.", _NOTHING),
    ErrorEntry("IDV_DOCUMENT_TAKEN", _C.ALREADY_EXISTS, "The document belongs to another account.",
               "该证件已在其他账号完成实名认证。", "Let the user log in to that account, or ask support.", _NOTHING),
    ErrorEntry("IDV_CARD_UNREADABLE", _C.INVALID_ARGUMENT, "The identity card cannot be read.",
               "无法识别身份证照片，请重新拍摄。", "Take the pictures again.", _NOTHING),
    ErrorEntry("IDV_PROVIDER_DOWN", _C.UNAVAILABLE, "This way to verify is not available at the moment.",
               "该认证方式暂不可用，请选择其他方式。", "Offer the methods in metadata `methods`.",
               "Look for `identity_provider_failed` in the log."),
    ErrorEntry("IDV_LEVEL", _C.FAILED_PRECONDITION, "A stronger verification is needed.",
               "需要更高级别的实名认证。", "Offer a method of the level in metadata `level`.", _NOTHING),
    ErrorEntry("IDV_FILES_MISSING", _C.INVALID_ARGUMENT, "Pictures or videos are missing.",
               "请上传全部所需材料。", "Ask for the files in metadata `files`.",
               "See `identity.manual_files` of the brand's policy."),
    ErrorEntry("IDV_CHANGE_OFF", _C.FAILED_PRECONDITION, "This cannot be changed here.",
               "暂不支持变更实名信息。", "Hide the entry; the document may be renewed shortly before its end.",
               "See `identity.name_change` and `identity.reverify_new_device` of the brand's policy."),
    ErrorEntry("IDV_OTHER_PERSON", _C.INVALID_ARGUMENT, "These are not the data of the verified person.",
               "与账号实名信息不是同一人。", "Name or document number must stay the same.", _NOTHING),
    ErrorEntry("IDV_REVERIFY", _C.FAILED_PRECONDITION, "Please verify your identity on this phone first.",
               "请先在本设备完成身份核验。", "Offer Reverify.", _NOTHING),
    ErrorEntry("IDV_LINK_INVALID", _C.NOT_FOUND, "This link is not valid or has ended.",
               "链接无效或已过期。", "Ask who sent it for a new one.", "A rising rate is guessing."),
    ErrorEntry("IDV_LINK_USED", _C.FAILED_PRECONDITION, "This link was used.",
               "链接已使用。", "Nothing is left to do, or ask for a new link.", _NOTHING),
)  # fmt: skip
