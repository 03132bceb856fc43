import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeginStaffEnrolmentRequest(_message.Message):
    __slots__ = ("login_name", "invitation")
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    login_name: str
    invitation: str
    def __init__(self, login_name: _Optional[str] = ..., invitation: _Optional[str] = ...) -> None: ...

class BeginStaffEnrolmentResponse(_message.Message):
    __slots__ = ("totp_secret", "totp_uri")
    TOTP_SECRET_FIELD_NUMBER: _ClassVar[int]
    TOTP_URI_FIELD_NUMBER: _ClassVar[int]
    totp_secret: bytes
    totp_uri: str
    def __init__(self, totp_secret: _Optional[bytes] = ..., totp_uri: _Optional[str] = ...) -> None: ...

class FinishStaffEnrolmentRequest(_message.Message):
    __slots__ = ("login_name", "invitation", "password", "code")
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    login_name: str
    invitation: str
    password: str
    code: str
    def __init__(self, login_name: _Optional[str] = ..., invitation: _Optional[str] = ..., password: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class FinishStaffEnrolmentResponse(_message.Message):
    __slots__ = ("staff_id", "recovery_codes")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_CODES_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    recovery_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, staff_id: _Optional[str] = ..., recovery_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class OpenStaffSessionRequest(_message.Message):
    __slots__ = ("login_name", "password", "code")
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    login_name: str
    password: str
    code: str
    def __init__(self, login_name: _Optional[str] = ..., password: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class OpenStaffSessionResponse(_message.Message):
    __slots__ = ("access_token", "expires_at", "staff")
    ACCESS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    STAFF_FIELD_NUMBER: _ClassVar[int]
    access_token: str
    expires_at: _timestamp_pb2.Timestamp
    staff: OwnStaff
    def __init__(self, access_token: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., staff: _Optional[_Union[OwnStaff, _Mapping]] = ...) -> None: ...

class OwnStaff(_message.Message):
    __slots__ = ("staff_id", "login_name", "roles", "permissions", "must_change_password", "recovery_codes_left", "brands")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    MUST_CHANGE_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    RECOVERY_CODES_LEFT_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    login_name: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    permissions: _containers.RepeatedScalarFieldContainer[str]
    must_change_password: bool
    recovery_codes_left: int
    brands: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, staff_id: _Optional[str] = ..., login_name: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., permissions: _Optional[_Iterable[str]] = ..., must_change_password: _Optional[bool] = ..., recovery_codes_left: _Optional[int] = ..., brands: _Optional[_Iterable[str]] = ...) -> None: ...

class CloseStaffSessionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CloseStaffSessionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetOwnStaffRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetOwnStaffResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: OwnStaff
    def __init__(self, staff: _Optional[_Union[OwnStaff, _Mapping]] = ...) -> None: ...

class ChangeOwnStaffPasswordRequest(_message.Message):
    __slots__ = ("old_password", "new_password")
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    old_password: str
    new_password: str
    def __init__(self, old_password: _Optional[str] = ..., new_password: _Optional[str] = ...) -> None: ...

class ChangeOwnStaffPasswordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RenewRecoveryCodesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RenewRecoveryCodesResponse(_message.Message):
    __slots__ = ("recovery_codes",)
    RECOVERY_CODES_FIELD_NUMBER: _ClassVar[int]
    recovery_codes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, recovery_codes: _Optional[_Iterable[str]] = ...) -> None: ...

class ListOwnStaffLoginsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOwnStaffLoginsResponse(_message.Message):
    __slots__ = ("logins", "next_page_token")
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    logins: _containers.RepeatedCompositeFieldContainer[StaffLoginEntry]
    next_page_token: str
    def __init__(self, logins: _Optional[_Iterable[_Union[StaffLoginEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StaffLoginEntry(_message.Message):
    __slots__ = ("login_id", "time", "result", "network")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    time: _timestamp_pb2.Timestamp
    result: str
    network: str
    def __init__(self, login_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., result: _Optional[str] = ..., network: _Optional[str] = ...) -> None: ...
