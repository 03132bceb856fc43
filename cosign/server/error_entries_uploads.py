"""Reasons of uploads; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("UPLOAD_TOO_LARGE", _C.INVALID_ARGUMENT, "The file is too large.",
               "文件过大。", "Send a smaller file; the limits stand at `UploadPurpose`.", _NOTHING),
    ErrorEntry("UPLOAD_TYPE_REFUSED", _C.INVALID_ARGUMENT, "Files of this type are not accepted here.",
               "不支持该类型的文件。", "Send a type that `UploadPurpose` names; the content counts, not the name.",
               _NOTHING),
    ErrorEntry("UPLOAD_CONTENT_REFUSED", _C.INVALID_ARGUMENT, "This document or video is not accepted.",
               "不接受该文件或视频的内容。",
               "The metadata `cause` say why: malformed, encrypted, active_content, embedded_file, too_long or "
               "too_complex. Print the document into a new PDF, or record the video again.", _NOTHING),
    ErrorEntry("UPLOAD_INCOMPLETE", _C.INVALID_ARGUMENT, "The file did not arrive completely.",
               "文件未完整上传。", "Upload again with the same `request_id`.", _NOTHING),
    ErrorEntry("UPLOAD_QUOTA", _C.RESOURCE_EXHAUSTED, "There is no room for more files.",
               "存储空间已满。", "Let the user delete uploads, or wait until unused ones are removed.",
               "Raise `uploads.quota_bytes` or `uploads.quota_count`."),
    ErrorEntry("UPLOAD_IN_USE", _C.FAILED_PRECONDITION, "The file belongs to a request and cannot be deleted.",
               "文件已被申请使用，无法删除。", "Withdraw the request first.", _NOTHING),
    ErrorEntry("UPLOAD_STORE_UNAVAILABLE", _C.UNAVAILABLE, "Files cannot be stored or read at the moment.",
               "文件服务暂不可用。", "Try again later.", "Check the folder or the bucket of section `uploads`."),
    ErrorEntry("UPLOAD_DAMAGED", _C.DATA_LOSS, "The stored file is damaged.",
               "已存储的文件已损坏。", "Ask for the file again.",
               "Restore the object that the log names from a backup of the store."),
)  # fmt: skip
