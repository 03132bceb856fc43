"""Reasons of the staff listener; part of `error_catalogue.ENTRIES`."""

from typing import Final

from grpc import StatusCode

from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry

_C = StatusCode

ENTRIES: Final[tuple[ErrorEntry, ...]] = (
    ErrorEntry("PERMISSION_MISSING", _C.PERMISSION_DENIED, "Your role does not allow this.",
               "您的角色没有该权限。", "Do not repeat; `permission` in the metadata names what is missing.",
               "See who tried in the audit trail, event `staff_refused`."),
    ErrorEntry("STAFF_LOGIN_FAILED", _C.UNAUTHENTICATED, "The login failed.",
               "登录失败。", "Ask for name, password and a new code.", "See `ListStaffLogins`."),
    ErrorEntry("STAFF_LOGIN_LOCKED", _C.RESOURCE_EXHAUSTED, "Too many failed logins. Please try again later.",
               "登录失败次数过多，请稍后再试。", "Wait for `RetryInfo`.",
               "A rising rate is guessing; `cosignctl staff unlock` opens an account."),
    ErrorEntry("STAFF_INVITATION_INVALID", _C.UNAUTHENTICATED, "The invitation is wrong, used or too old.",
               "邀请无效、已使用或已过期。", "Ask for a new invitation.", "Call ResetStaff."),
    ErrorEntry("STAFF_CODE_WRONG", _C.UNAUTHENTICATED, "The code of the authenticator is wrong.",
               "动态口令错误。", "Enter the code that is shown now.", "Check the clock of the server."),
    ErrorEntry("STAFF_PASSWORD_WEAK", _C.INVALID_ARGUMENT, "The password is too weak.",
               "密码强度不足。", "Show `rules` of the metadata.", _NOTHING),
    ErrorEntry("STAFF_PASSWORD_CHANGE_REQUIRED", _C.FAILED_PRECONDITION, "Please choose a new password first.",
               "请先修改密码。", "Call ChangeOwnStaffPassword.", _NOTHING),
    ErrorEntry("STAFF_NAME_TAKEN", _C.ALREADY_EXISTS, "The login name is taken.",
               "登录名已被使用。", "Choose another login name.", _NOTHING),
    ErrorEntry("STAFF_STATE", _C.FAILED_PRECONDITION, "The staff account is not in a state that allows this.",
               "员工账号当前状态不允许此操作。", "Read it again with GetStaff.", _NOTHING),
    ErrorEntry("STAFF_ROLES_REFUSED", _C.FAILED_PRECONDITION, "These roles may not be one person's.",
               "所选角色不能由同一人担任。", "Choose roles that do not exclude each other.", _NOTHING),
    ErrorEntry("STAFF_OWN_ACCOUNT", _C.FAILED_PRECONDITION, "Nobody changes his own account this way.",
               "不能对本人账号执行此操作。", "Ask another security officer.", _NOTHING),
    ErrorEntry("STAFF_LAST_SECURITY_OFFICER", _C.FAILED_PRECONDITION, "The last security officer stays.",
               "至少保留一名安全管理员。", "Give the role to somebody else first.",
               "`cosignctl staff create` makes another one."),
    ErrorEntry("MESSAGE_STATE", _C.FAILED_PRECONDITION, "This message is not sent again.",
               "该消息不能重发。", "What it asked for is settled, or it is shown in the inbox only.", _NOTHING),
    ErrorEntry("PROPOSAL_STATE", _C.FAILED_PRECONDITION, "The proposal is not in a state that allows this.",
               "该申请当前状态不允许此操作。", "Read it again with GetProposal.", _NOTHING),
    ErrorEntry("PROPOSAL_SECOND_PERSON", _C.FAILED_PRECONDITION, "Somebody else has to decide this.",
               "须由他人复核。", "Let a second person decide; withdraw your own proposal.", _NOTHING),
)  # fmt: skip
