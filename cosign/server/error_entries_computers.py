"""Reasons of the logins of computers; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("QR_UNKNOWN", _C.NOT_FOUND, "This QR code is not known here.",
               "无法识别该二维码。", "Let the user scan the code of the login page.", _NOTHING),
    ErrorEntry("QR_EXPIRED", _C.FAILED_PRECONDITION, "The QR code has expired. Refresh the page and scan again.",
               "二维码已失效，请刷新页面后重新扫码。", "Begin the login again on the computer.", _NOTHING),
    ErrorEntry("QR_TAKEN", _C.FAILED_PRECONDITION, "Somebody else has scanned this code.",
               "该二维码已被他人扫描。", "Refresh the page on the computer.", "A rising rate is phishing by QR codes."),
    ErrorEntry("COMPUTER_LOGIN_STATE", _C.FAILED_PRECONDITION, "This login was decided already.",
               "该登录请求已处理。", "Begin the login again on the computer.", _NOTHING),
    ErrorEntry("COMPUTER_NUMBER_WRONG", _C.INVALID_ARGUMENT, "The computer shows another number.",
               "与电脑上显示的数字不一致。", "Let the user compare again, or refuse the login.",
               "A rising rate is phishing by QR codes."),
    ErrorEntry("CONFIRMATION_NEEDED", _C.INVALID_ARGUMENT, "Please confirm with fingerprint, face or PIN.",
               "请使用指纹、面容或证书口令确认。", "Metadata `confirmation` is `biometric` or `pin`.",
               "See `computers.confirmation` of the brand's policy."),
)  # fmt: skip
