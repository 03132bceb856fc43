"""Reasons of linked logins; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("PROVIDER_REFUSED", _C.INVALID_ARGUMENT, "The authorisation is wrong or too old. Please try again.",
               "授权无效或已过期，请重试。", "Begin again, or offer the method in metadata `fallback`.",
               "A rising rate is guessing, or a wrong app id; see `cosign_login_providers_total`."),
    ErrorEntry("PROVIDER_CANCELLED", _C.INVALID_ARGUMENT, "The authorisation was cancelled.",
               "您已取消授权。", "Offer all methods again.", _NOTHING),
    ErrorEntry("PROVIDER_UNAVAILABLE", _C.UNAVAILABLE, "This way to log in is not available now. Please use another.",
               "该登录方式暂不可用，请使用其他方式登录。", "Offer the method in metadata `fallback`.",
               "Check reachability, app ids and secrets of the provider; see docs/linked-logins.md."),
    ErrorEntry("BINDING_TAKEN", _C.ALREADY_EXISTS, "This third-party account is linked to another account.",
               "该第三方账号已绑定其他账号。", "Offer the login by it, or another third-party account.", _NOTHING),
    ErrorEntry("BINDING_EXISTS", _C.ALREADY_EXISTS, "Another third-party account of this kind is linked already.",
               "已绑定同类第三方账号。", "Offer to unlink that one first.", _NOTHING),
    ErrorEntry("LAST_LOGIN_METHOD", _C.FAILED_PRECONDITION, "This is the only way to log in to the account.",
               "这是该账号唯一的登录方式，不能解绑。", "Offer to add a number or another link first.", _NOTHING),
)  # fmt: skip
