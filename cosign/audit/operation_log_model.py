"""The operation log of a user (R-AUD-02): what he did, in words he understands.

The audit chain has a row for each entry and binds it: an entry that is altered or removed is noticed.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from protocol import _core

MAX_ARGUMENT: Final = 200
"""Characters of one argument."""
_LABEL: Final = "AUDIT/operation"
_SUITE: Final = "P256"


class OperationKind(enum.StrEnum):
    """What a user can do that changes something. Each word is also an `AuditEvent`; the words never change."""

    ACCOUNT_REGISTERED = "account_registered"
    ACCOUNT_CANCELLED = "account_cancelled"
    CANCELLATION_REQUESTED = "cancellation_requested"
    NUMBER_CHANGE = "number_change"
    COMPUTER_LOGIN = "computer_login"
    CANCELLATION_WITHDRAWN = "cancellation_withdrawn"
    APPEAL_SUBMITTED = "appeal_submitted"
    PASSWORD_SET = "password_set"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PHONE_NUMBER_CHANGED = "phone_number_changed"
    NICKNAME_CHANGED = "nickname_changed"
    BINDING_ADDED = "binding_added"
    BINDING_REMOVED = "binding_removed"
    IDENTITY_SWITCHED = "identity_switched"
    IDENTITY_SUBMITTED = "identity_submitted"
    CONSENT_GIVEN = "consent_given"
    SESSIONS_ENDED = "sessions_ended"
    DEVICE_ENROLLED = "device_enrolled"
    DEVICE_UNBOUND = "device_unbound"
    KEY_GENERATED = "key_generated"
    KEY_FROZEN = "key_frozen"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True, slots=True)
class OperationWords:
    """How an operation is shown."""

    en: str
    zh: str


DICTIONARY: Final[Mapping[OperationKind, OperationWords]] = {
    OperationKind.ACCOUNT_REGISTERED: OperationWords("Account registered", "注册账号"),
    OperationKind.ACCOUNT_CANCELLED: OperationWords("Account cancelled", "注销账号"),
    OperationKind.NUMBER_CHANGE: OperationWords("Change of a lost number", "原手机号停用更换"),
    OperationKind.COMPUTER_LOGIN: OperationWords("Login on a computer", "电脑端登录"),
    OperationKind.CANCELLATION_REQUESTED: OperationWords("Cancellation requested", "申请注销"),
    OperationKind.CANCELLATION_WITHDRAWN: OperationWords("Cancellation withdrawn", "撤销注销"),
    OperationKind.APPEAL_SUBMITTED: OperationWords("Appeal submitted", "提交申诉"),
    OperationKind.PASSWORD_SET: OperationWords("Password changed", "修改密码"),
    OperationKind.PASSWORD_RESET: OperationWords("Password reset", "重置密码"),
    OperationKind.PHONE_NUMBER_CHANGED: OperationWords("Phone number changed", "更换手机号"),
    OperationKind.NICKNAME_CHANGED: OperationWords("Profile changed", "修改资料"),
    OperationKind.BINDING_ADDED: OperationWords("Third-party account linked", "绑定第三方账号"),
    OperationKind.BINDING_REMOVED: OperationWords("Third-party account unlinked", "解绑第三方账号"),
    OperationKind.IDENTITY_SWITCHED: OperationWords("Identity switched", "切换身份"),
    OperationKind.IDENTITY_SUBMITTED: OperationWords("Real-name verification submitted", "提交实名认证"),
    OperationKind.CONSENT_GIVEN: OperationWords("Agreement accepted", "同意协议"),
    OperationKind.SESSIONS_ENDED: OperationWords("All sign-ins ended", "退出全部登录"),
    OperationKind.DEVICE_ENROLLED: OperationWords("Device bound", "绑定设备"),
    OperationKind.DEVICE_UNBOUND: OperationWords("Device unbound", "解绑设备"),
    OperationKind.KEY_GENERATED: OperationWords("Key generated", "生成密钥"),
    OperationKind.KEY_FROZEN: OperationWords("Key frozen", "冻结密钥"),
    OperationKind.KEY_REVOKED: OperationWords("Key revoked", "吊销密钥"),
}
"""The dictionary of types that a user may filter by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One entry."""

    operation_id: str
    """`opl_` and a ULID."""
    account_id: str
    device_id: str
    kind: OperationKind
    outcome: str
    """`done`, or a reason of the error catalogue."""
    object_id: str
    """Id of what was changed; may be empty."""
    content: Mapping[str, str] = field(default_factory=dict)
    """What exactly was done, by short English names; stored sealed."""
    time_ms: int

    def binding(self, sealed: bytes) -> bytes:
        """What the audit row says of this entry: 32 bytes over all of it and its sealed content."""
        texts = (self.operation_id, self.account_id, self.device_id, self.kind.value, self.outcome, self.object_id)
        fields = [*(text.encode() for text in texts), self.time_ms.to_bytes(8), sealed]
        return _core.h(_SUITE, _LABEL, fields)
