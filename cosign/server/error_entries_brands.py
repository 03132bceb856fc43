"""Reasons of brands, apps, documents and consents; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("ETAG_MISMATCH", _C.ABORTED, "It was changed meanwhile.",
               "内容已被他人修改，请刷新后重试。", "Read it again and repeat the change.",
               "Compare with `cosignctl brand show`, then apply again."),
    ErrorEntry("UPGRADE_REQUIRED", _C.FAILED_PRECONDITION, "This version of the app is too old. Please upgrade.",
               "当前版本过低，请升级到最新版本。", "Show `download_url`; only BootstrapService answers this version.",
               "See `client.platforms` of the brand's policy."),
    ErrorEntry("PLATFORM_UNSERVED", _C.FAILED_PRECONDITION, "This app is not available for your device.",
               "该应用暂不支持您的设备。", "Do not repeat.", "See `client.platforms` of the brand's policy."),
    ErrorEntry("ENVIRONMENT_INVALID", _C.INVALID_ARGUMENT, "This code is invalid or has expired.",
               "二维码无效或已过期。", "Let the user scan a new code.",
               "Issue one with `cosignctl environment create`."),
    ErrorEntry("ENVIRONMENT_DISABLED", _C.FAILED_PRECONDITION, "This environment is disabled.",
               "该环境已停用。", "Go back to the public service.", "See `cosignctl environment list`."),
    ErrorEntry("CONSENT_REQUIRED", _C.FAILED_PRECONDITION, "Please read and accept the agreements first.",
               "请先阅读并同意相关协议。", "Show the documents named in `documents` and send what the user accepts.",
               _NOTHING),
    ErrorEntry("CONTENT_STATE", _C.FAILED_PRECONDITION, "The text is not in a state that allows this.",
               "该内容当前状态不允许此操作。", "Never seen by callers.", "See `cosignctl content list`."),
)  # fmt: skip
