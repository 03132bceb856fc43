"""The one table of errors: reason, gRPC code, what the user reads, what caller and operator do.

`docs/errors.md` is generated from it by `python -m cosign.server.error_catalogue`. A reason has one meaning and
is never used for another one later. Statuses inside the end-to-end layer (E2E-3) stand in the same table: they
never appear as a gRPC error, the code only tells how an integrator should treat them.
"""

from typing import Final

from grpc import StatusCode

from cosign import errors
from cosign.server import (
    error_entries_accounts,
    error_entries_brands,
    error_entries_computers,
    error_entries_identity,
    error_entries_linked_logins,
    error_entries_reviews,
    error_entries_staff,
    error_entries_uploads,
)
from cosign.server.error_entry import NOTHING as _NOTHING
from cosign.server.error_entry import ErrorEntry
from hsm import ports as token_faults
from keyshare import errors as keyshare_faults
from protocol import errors as protocol_errors
from protocol.codes import Status

DOMAIN: Final = "cosign"


_C = StatusCode

_FOUNDATION: Final[tuple[ErrorEntry, ...]] = (
    # requests that cannot be served as they are
    ErrorEntry("FIELD_INVALID", _C.INVALID_ARGUMENT, "A field of the request is invalid.",
               "请求中的字段无效。", "Correct the field named in `BadRequest`.", _NOTHING),
    ErrorEntry("MALFORMED_MESSAGE", _C.INVALID_ARGUMENT, "The request cannot be read.",
               "请求格式错误。", "Fix the encoder; do not repeat.", _NOTHING, Status.MALFORMED),
    ErrorEntry("MALFORMED_POINT", _C.INVALID_ARGUMENT, "The request holds an invalid curve point.",
               "请求中的曲线点无效。", "Send SEC 1 compressed points of the right curve.", _NOTHING, Status.MALFORMED),
    ErrorEntry("MALFORMED_SCALAR", _C.INVALID_ARGUMENT, "The request holds an invalid number.",
               "请求中的标量无效。", "Send 32 bytes in [1, n-1].", _NOTHING, Status.MALFORMED),
    ErrorEntry("DIGEST_REFUSED", _C.INVALID_ARGUMENT, "This digest cannot be signed.",
               "该摘要不能签名。", "Do not sign digests that are 0 modulo n.", _NOTHING, Status.MALFORMED),
    ErrorEntry("PURPOSE_MISMATCH", _C.INVALID_ARGUMENT, "The key is for another purpose.",
               "密钥用途不符。", "Use a key of the right purpose.", _NOTHING, Status.MALFORMED),
    ErrorEntry("BAD_PROOF", _C.INVALID_ARGUMENT, "A proof in key generation does not verify.",
               "密钥生成中的证明无效。", "Start a new key generation.", "Look for broken or hostile phones."),
    ErrorEntry("BAD_COMMITMENT", _C.INVALID_ARGUMENT, "A commitment in key generation does not open.",
               "密钥生成中的承诺无效。", "Start a new key generation.", "Look for broken or hostile phones."),
    ErrorEntry("DEGENERATE_KEY", _C.ABORTED, "Key generation gave an unusable key.",
               "密钥生成结果不可用。", "Start a new key generation.", _NOTHING),
    ErrorEntry("BAD_SIGNATURE", _C.INVALID_ARGUMENT, "A signature does not verify.",
               "签名验证失败。", "Do not use the signed data.", _NOTHING),
    ErrorEntry("BAD_ANSWER", _C.DATA_LOSS, "The server's answer is wrong; nothing was signed.",
               "服务器应答有误，未生成签名。", "Show a security warning and report it.",
               "Treat as an attack until explained."),
    ErrorEntry("DECRYPTION_FAILED", _C.INVALID_ARGUMENT, "The data cannot be decrypted.",
               "解密失败。", "Check that the data was encrypted for this key.", _NOTHING),
    ErrorEntry("ENVELOPE_INVALID", _C.INVALID_ARGUMENT, "The encrypted request cannot be opened.",
               "无法打开加密请求。", "Call GetServerInfo again and seal for the envelope key in `core_key_id`.",
               _NOTHING),
    ErrorEntry("PAGE_TOKEN_INVALID", _C.INVALID_ARGUMENT, "The page token is invalid.",
               "分页标记无效。", "Start again from the first page.", _NOTHING),
    ErrorEntry("ACTIVATION_INVALID", _C.INVALID_ARGUMENT, "The key could not be activated.",
               "密钥激活失败。", "Repeat the first joint operation and send its result.", _NOTHING),
    # callers
    ErrorEntry("DEVICE_PROOF_INVALID", _C.UNAUTHENTICATED, "This device could not be verified.",
               "设备验证失败。", "Sign with the device key that was enrolled, with a new nonce.",
               _NOTHING, Status.DEVICE_PROOF),
    ErrorEntry("CLOCK_SKEW", _C.UNAUTHENTICATED, "The clock of this device is wrong.",
               "设备时间不准确。", "Correct the time by `server_time` of GetServerInfo.",
               "Check the clock of the server."),
    ErrorEntry("TOKEN_EXPIRED", _C.UNAUTHENTICATED, "The session has ended.",
               "会话已过期。", "Open a new session with CreateSession.", _NOTHING),
    ErrorEntry("NOT_AUTHORISED", _C.PERMISSION_DENIED, "You may not do this.",
               "没有权限执行此操作。", "Do not repeat.", _NOTHING),
    ErrorEntry("RESOURCE_NOT_FOUND", _C.NOT_FOUND, "Not found.",
               "未找到。", "Check the id; others' resources answer the same.", _NOTHING),
    ErrorEntry("BRAND_UNKNOWN", _C.NOT_FOUND, "This app is not served here.",
               "此服务不支持该应用。", "Send a brand that GetServerInfo lists.",
               "Name the brand in `brands.enabled`."),
    ErrorEntry("ENROLMENT_CODE_INVALID", _C.NOT_FOUND, "The enrolment code is wrong, used or expired.",
               "绑定码错误、已使用或已过期。", "Ask the user for a new code.",
               "Issue a code with `cosignctl enrolment create`."),
    ErrorEntry("REQUEST_ID_REUSED", _C.ALREADY_EXISTS, "This request was sent before with other content.",
               "请求编号已被其他内容使用。", "Use a new request id for a new request.", _NOTHING),
    ErrorEntry("RATE_LIMITED", _C.RESOURCE_EXHAUSTED, "Too many requests. Please try again later.",
               "操作过于频繁，请稍后再试。", "Wait for `RetryInfo`.", "Raise `limits` if honest phones are hit."),
    # states
    ErrorEntry("DEVICE_KEY_TAKEN", _C.ALREADY_EXISTS, "This device is registered already.",
               "该设备已绑定。", "Make a new device key.", _NOTHING),
    ErrorEntry("DEVICE_UNBOUND", _C.FAILED_PRECONDITION, "This device was unbound.",
               "该设备已解绑。", "Enrol again with a new code.", _NOTHING),
    ErrorEntry("KEY_STATE", _C.FAILED_PRECONDITION, "The key is not in a state that allows this.",
               "密钥当前状态不允许此操作。", "Read the key again with GetKey.", _NOTHING),
    ErrorEntry("CONCURRENT_OPERATION", _C.ABORTED, "Another operation is running.",
               "有其他操作正在进行。", "Repeat with the same request id after `RetryInfo`.", _NOTHING),
    # inside the end-to-end layer
    ErrorEntry("PIN_INCORRECT", _C.PERMISSION_DENIED, "The PIN is wrong.",
               "PIN码错误。", "Show `attempts_left`; after `retry_after` seconds the user may try again.",
               "Watch `cosign_pin_failures_total`.", Status.PIN_WRONG),
    ErrorEntry("REQUEST_STALE", _C.ALREADY_EXISTS, "This request was received before.",
               "该请求已被处理。", "Build a new request; never repeat the old bytes.", _NOTHING, Status.STALE),
    ErrorEntry("REQUEST_EXPIRED", _C.FAILED_PRECONDITION, "The request is outside its time window.",
               "请求已过期。", "Correct the clock by `server_time` and build a new request.",
               "Check the clock of the server.", Status.EXPIRED),
    ErrorEntry("BUSY", _C.UNAVAILABLE, "The service is busy.",
               "服务繁忙。", "Build a new request a little later.", "Add capacity if it persists.", Status.BUSY),
    ErrorEntry("OUTCOME_UNKNOWN", _C.UNAVAILABLE, "The service is not available at the moment.",
               "服务暂不可用。", "Call Sync, then build a new request.",
               "Check database and disk.", Status.UNAVAILABLE),
    ErrorEntry("KEY_LOCKED", _C.FAILED_PRECONDITION, "Locked after too many wrong PINs.",
               "PIN码错误次数过多，已锁定。", "Show `retry_after`; 0 means identification is needed again.",
               "See `cosignctl device list`.", Status.LOCKED),
    ErrorEntry("KEY_FROZEN", _C.FAILED_PRECONDITION, "Frozen.",
               "已冻结。", "Ask the user to contact support.",
               "A copied phone or a frozen key: see the audit trail.", Status.FROZEN),
    ErrorEntry("UNKNOWN_SHARE", _C.FAILED_PRECONDITION, "The key data of this phone is not current.",
               "手机端密钥数据不是最新。", "Use the other blob with its own PIN, if there is one.",
               _NOTHING, Status.UNKNOWN_SHARE),
    ErrorEntry("QUOTA_EXCEEDED", _C.RESOURCE_EXHAUSTED, "The key has reached its limit of use.",
               "密钥使用次数已达上限。", "Generate a new key.", _NOTHING, Status.QUOTA),
    ErrorEntry("POLICY_DENIED", _C.PERMISSION_DENIED, "Not allowed by policy.",
               "策略不允许此操作。", "Do not repeat.", _NOTHING, Status.POLICY),
    ErrorEntry("OT_DESTROYED", _C.FAILED_PRECONDITION, "The key must be set up again.",
               "密钥需要重新初始化。", "Run the set-up of the key again.",
               "Treat as an attack until explained.", Status.OT_DESTROYED),
    ErrorEntry("RESYNC_NEEDED", _C.FAILED_PRECONDITION, "The phone must synchronise first.",
               "手机需要先同步。", "Send Adopt with the new restore epoch.",
               "Expected after `cosignctl db restored`.", Status.RESYNC),
    ErrorEntry("CUSTODY_UNAVAILABLE", _C.FAILED_PRECONDITION,
               "The service cannot keep its part of such a key inside its security module.",
               "服务端无法将此类密钥分量保存在密码模块内。", "Generate the key without asking for it.",
               "`cosignctl hsm doctor`, rows \"tier 2\"; `cosignctl hsm list` shows `…:shares`.", Status.MALFORMED),
    # outages
    ErrorEntry("DB_UNAVAILABLE", _C.UNAVAILABLE, "The service is not available at the moment.",
               "服务暂不可用。", "Try again later.",
               "Check that the database answers and that the disk is neither full nor read-only."),
    ErrorEntry("HSM_UNAVAILABLE", _C.UNAVAILABLE, "The service is not available at the moment.",
               "服务暂不可用。", "Try again later.", "Check the token; `cosignctl config check` names it."),
    ErrorEntry("PERSONAL_DATA_UNREADABLE", _C.DATA_LOSS, "Stored personal data cannot be read.",
               "已存储的个人信息无法读取。", "Do not repeat; report it with the request id.",
               "Run `cosignctl data status`; the log names the row. Restore the row or the token it was sealed with."),
    ErrorEntry("HSM_BUSY", _C.UNAVAILABLE, "The service is busy.",
               "服务繁忙，请稍后再试。", "Repeat with a new request after `RetryInfo`.",
               "Raise `token.sessions` if the token allows more sessions."),
    ErrorEntry("SHUTTING_DOWN", _C.UNAVAILABLE, "The service is restarting.",
               "服务正在重启。", "Connect again and repeat with a new request.", "Nothing."),
    # operators
    ErrorEntry("CONFIG_INVALID", _C.FAILED_PRECONDITION, "The configuration is refused.",
               "配置无效。", "Never seen by callers.", "Correct the entry named."),
    ErrorEntry("SERVER_RUNNING", _C.FAILED_PRECONDITION, "A cosignd runs on this state folder; stop cosignd first.",
               "该状态目录正由cosignd使用，请先停止cosignd。", "Never seen by callers.",
               "Stop `cosignd`, repeat the command, start `cosignd` again."),
    ErrorEntry("SCHEMA_OUTDATED", _C.FAILED_PRECONDITION, "The database schema does not fit the program.",
               "数据库结构与程序不符。", "Never seen by callers.", "Run `cosignctl db upgrade`."),
    ErrorEntry("DATABASE_UNSAFE", _C.FAILED_PRECONDITION, "The database server may lose acknowledged commits.",
               "数据库服务器可能丢失已确认的提交。", "Never seen by callers.",
               "Correct what is named in the configuration of PostgreSQL (operations.md, PostgreSQL)."),
    ErrorEntry("AUDIT_BROKEN", _C.DATA_LOSS, "The audit trail does not verify.",
               "审计链校验失败。", "Never seen by callers.",
               "Keep a copy, run `cosignctl audit verify`, find out who wrote to the database."),
    ErrorEntry("SELF_TEST_FAILED", _C.INTERNAL, "A self-test failed.",
               "自检失败。", "Never seen by callers.", "Do not use this machine; reinstall the program."),
    ErrorEntry("INTERNAL", _C.INTERNAL, "Internal error.",
               "内部错误。", "Report it with the request id.", "Read the log entry `rpc_failed` with this request id."),
)  # fmt: skip

ENTRIES: Final = (
    *_FOUNDATION[:-1],
    *error_entries_accounts.ENTRIES,
    *error_entries_brands.ENTRIES,
    *error_entries_computers.ENTRIES,
    *error_entries_identity.ENTRIES,
    *error_entries_linked_logins.ENTRIES,
    *error_entries_reviews.ENTRIES,
    *error_entries_staff.ENTRIES,
    *error_entries_uploads.ENTRIES,
    _FOUNDATION[-1],
)
"""The foundation's, those of the areas, INTERNAL."""

BY_REASON: Final = {entry.reason: entry for entry in ENTRIES}

INTERNAL: Final = BY_REASON["INTERNAL"]

LOWER_REASONS: Final[dict[type[Exception], str]] = {
    protocol_errors.MalformedPoint: "MALFORMED_POINT",
    protocol_errors.MalformedScalar: "MALFORMED_SCALAR",
    protocol_errors.MalformedMessage: "MALFORMED_MESSAGE",
    protocol_errors.DigestRefused: "DIGEST_REFUSED",
    protocol_errors.PurposeMismatch: "PURPOSE_MISMATCH",
    protocol_errors.BadProof: "BAD_PROOF",
    protocol_errors.BadCommitment: "BAD_COMMITMENT",
    protocol_errors.DegenerateKey: "DEGENERATE_KEY",
    protocol_errors.BadSignature: "BAD_SIGNATURE",
    protocol_errors.BadAnswer: "BAD_ANSWER",
    protocol_errors.DecryptionFailed: "DECRYPTION_FAILED",
    protocol_errors.EnvelopeInvalid: "ENVELOPE_INVALID",
    protocol_errors.DeviceProofInvalid: "DEVICE_PROOF_INVALID",
    protocol_errors.SealBroken: "INTERNAL",
    protocol_errors.Pkcs11Refused: "HSM_UNAVAILABLE",
    protocol_errors.AlreadyUsed: "INTERNAL",
    protocol_errors.RandomUnavailable: "INTERNAL",
    protocol_errors.InternalFault: "INTERNAL",
    keyshare_faults.StoreBusy: "BUSY",
    keyshare_faults.StoreUnavailable: "DB_UNAVAILABLE",
    keyshare_faults.TransitionRefused: "KEY_STATE",
    token_faults.TokenUnavailable: "HSM_UNAVAILABLE",
    token_faults.TokenBusy: "HSM_BUSY",
    token_faults.TokenKeyMissing: "HSM_UNAVAILABLE",
    token_faults.TokenKeyDamaged: "HSM_UNAVAILABLE",
    token_faults.TokenInsecure: "HSM_UNAVAILABLE",
    token_faults.TokenRefused: "HSM_UNAVAILABLE",
    token_faults.RecordRefused: "INTERNAL",
}
"""Reason of each exception of the layers below; those that are our own faults say nothing outside."""


def entry_of(error: Exception) -> ErrorEntry:
    """The entry of an exception; INTERNAL for everything that is not ours."""
    if isinstance(error, errors.CosignFault):
        return BY_REASON.get(error.reason, INTERNAL)
    known = (LOWER_REASONS[kind] for kind in type(error).__mro__ if kind in LOWER_REASONS)
    return BY_REASON[next(known, "INTERNAL")]


def markdown() -> str:
    """Text of `docs/errors.md`."""
    lines = [
        "# Errors",
        "",
        "Generated from `cosign/server/error_catalogue.py`; do not edit.",
        "",
        "Every gRPC error carries `google.rpc.ErrorInfo` with `domain` `cosign` and one of these reasons, a",
        "`LocalizedMessage` (zh-CN, or en when `accept-language` asks for it), and where they help `BadRequest`,",
        "`RetryInfo` and metadata. Key operations answer gRPC `OK` once their envelope could be opened; the outcome is",
        "then the status inside the answer, column *Status*.",
        "",
        "| Reason | Code | Status | English | 中文 | The caller | The operator |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in ENTRIES:
        status = "" if entry.status is None else f"{int(entry.status)} {entry.status.name}"
        cells = (f"`{entry.reason}`", entry.code.name, status, entry.en, entry.zh, entry.caller, entry.operator)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(markdown())
