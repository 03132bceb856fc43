"""Faults of the service, one class per reason.

    CosignFault
    ├── RequestFault     the caller's request cannot be served as it is
    ├── StateFault       the request is well formed, the state of the service forbids it
    ├── OutageFault      something the service needs is missing; try again later
    └── OperatorFault    a program cannot start or go on; only operators see it

`reason` is public API: callers branch on it, so a reason never changes its meaning. The gRPC code and the
texts that belong to a reason live in one table, `cosign.server.error_catalogue`. `str(fault)` is English, for
logs and terminals of operators; it never carries a secret.
"""

from collections.abc import Mapping
from typing import ClassVar


class CosignFault(Exception):
    """Base of all faults that are reported by reason."""

    reason: ClassVar[str] = ""

    def __init__(self, detail: str = "", *, retry_after_ms: int = 0, metadata: Mapping[str, str] | None = None) -> None:
        """`detail` says what is wrong; `retry_after_ms` > 0 tells the caller when to come back."""
        super().__init__(detail or self.reason)
        self.detail = detail
        self.retry_after_ms = retry_after_ms
        self.metadata: dict[str, str] = dict(metadata or {})


# --- the caller's request ---


class RequestFault(CosignFault):
    """The request cannot be served as it is."""


class FieldInvalid(RequestFault):
    """A field has a wrong length, form or range."""

    reason = "FIELD_INVALID"

    def __init__(self, field: str, problem: str) -> None:
        """`field` is the path in the request message, `problem` an English phrase."""
        super().__init__(f"{field}: {problem}", metadata={"field": field})
        self.field = field
        self.problem = problem


class PageTokenInvalid(RequestFault):
    """A page token of another caller or filter, or an altered one."""

    reason = "PAGE_TOKEN_INVALID"


class ActivationInvalid(RequestFault):
    """KG-7: the proof of the first joint operation is wrong."""

    reason = "ACTIVATION_INVALID"


class ClockSkew(RequestFault):
    """The time of a device proof is more than five minutes off."""

    reason = "CLOCK_SKEW"


class ProofReplayed(RequestFault):
    """A device proof was used before. Reported like a wrong proof."""

    reason = "DEVICE_PROOF_INVALID"


class SessionEnded(RequestFault):
    """No session token, an unknown one, or one that has ended."""

    reason = "TOKEN_EXPIRED"


class NotAuthorised(RequestFault):
    """The caller is known but may not do this."""

    reason = "NOT_AUTHORISED"


class ResourceNotFound(RequestFault):
    """No such thing, or not the caller's: the answer is the same."""

    reason = "RESOURCE_NOT_FOUND"


class BrandHidden(ResourceNotFound):
    """It belongs to a brand that the calling member of staff does not work for; told as not found, and recorded."""

    def __init__(self, object_id: str) -> None:
        """`object_id` is what he asked for, at most 64 characters; the caller does not learn it from here."""
        super().__init__("not found")
        self.object_id = object_id


class BrandUnknown(RequestFault):
    """No brand of this name is served here."""

    reason = "BRAND_UNKNOWN"


class EnrolmentCodeInvalid(RequestFault):
    """Unknown, used or expired enrolment code."""

    reason = "ENROLMENT_CODE_INVALID"


class RequestIdReused(RequestFault):
    """The request id was used with other fields."""

    reason = "REQUEST_ID_REUSED"


class RateLimited(RequestFault):
    """Too many requests of one device or address."""

    reason = "RATE_LIMITED"


# --- the state of the service ---


class StateFault(CosignFault):
    """The request is well formed, but the present state forbids it."""


class DeviceKeyTaken(StateFault):
    """The device key is registered already."""

    reason = "DEVICE_KEY_TAKEN"


class LoginRequired(StateFault):
    """A device of an account gets its session by a login."""

    reason = "LOGIN_REQUIRED"


class DeviceBlocked(StateFault):
    """Reported lost, or the account is suspended."""

    reason = "DEVICE_BLOCKED"


class DeviceUnbound(StateFault):
    """The device was unbound; that is final."""

    reason = "DEVICE_UNBOUND"


class KeyStateRefused(StateFault):
    """The key is not in a state that allows this."""

    reason = "KEY_STATE"


class ConcurrentOperation(StateFault):
    """The same request id is being served right now, or a guarded update lost a race."""

    reason = "CONCURRENT_OPERATION"


# --- outages ---


class OutageFault(CosignFault):
    """Something the service needs is missing for the moment."""


class DatabaseUnavailable(OutageFault):
    """The database cannot be read or written. Also when the audit row cannot be written: no record, no act."""

    reason = "DB_UNAVAILABLE"


class TokenUnavailable(OutageFault):
    """The token that protects the server shares cannot be reached."""

    reason = "HSM_UNAVAILABLE"


class PersonalDataUnreadable(OutageFault):
    """A sealed datum does not open: another field or row, altered bytes, or a data key that is gone. An alarm."""

    reason = "PERSONAL_DATA_UNREADABLE"


class ShuttingDown(OutageFault):
    """This node drains and takes no new requests."""

    reason = "SHUTTING_DOWN"


# --- operators ---


class OperatorFault(CosignFault):
    """A program cannot start or go on until an operator acts."""


class ConfigInvalid(OperatorFault):
    """The configuration is refused; `key` names the entry, for example `server.listen`."""

    reason = "CONFIG_INVALID"

    def __init__(self, key: str, problem: str) -> None:
        """`key` is the dotted name of the entry or the file, `problem` an English phrase."""
        super().__init__(f"{key}: {problem}", metadata={"key": key})
        self.key = key
        self.problem = problem


class ServerRunning(OperatorFault):
    """A server holds the state folder; what was asked for needs it to be stopped."""

    reason = "SERVER_RUNNING"


class SchemaOutdated(OperatorFault):
    """The database schema is older or newer than the program."""

    reason = "SCHEMA_OUTDATED"


class DatabaseUnsafe(OperatorFault):
    """The database server is set up so that it may lose acknowledged commits (RS-1)."""

    reason = "DATABASE_UNSAFE"


class AuditBroken(OperatorFault):
    """The audit chain does not verify, or the database is older than the recorded head."""

    reason = "AUDIT_BROKEN"


class SelfTestFailed(OperatorFault):
    """A self-test of the core or the token failed; nothing may run."""

    reason = "SELF_TEST_FAILED"
