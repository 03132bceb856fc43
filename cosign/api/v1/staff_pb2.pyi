import datetime

from cosign.api.v1 import staff_login_pb2 as _staff_login_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StaffState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAFF_STATE_UNSPECIFIED: _ClassVar[StaffState]
    STAFF_STATE_INVITED: _ClassVar[StaffState]
    STAFF_STATE_ACTIVE: _ClassVar[StaffState]
    STAFF_STATE_LOCKED: _ClassVar[StaffState]
    STAFF_STATE_DISABLED: _ClassVar[StaffState]
STAFF_STATE_UNSPECIFIED: StaffState
STAFF_STATE_INVITED: StaffState
STAFF_STATE_ACTIVE: StaffState
STAFF_STATE_LOCKED: StaffState
STAFF_STATE_DISABLED: StaffState

class Staff(_message.Message):
    __slots__ = ("staff_id", "login_name", "name", "roles", "state", "created_at", "locked_until", "invitation_expires_at", "must_change_password", "certificate_sha256", "brands")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LOCKED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    INVITATION_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    MUST_CHANGE_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_SHA256_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    login_name: str
    name: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    state: StaffState
    created_at: _timestamp_pb2.Timestamp
    locked_until: _timestamp_pb2.Timestamp
    invitation_expires_at: _timestamp_pb2.Timestamp
    must_change_password: bool
    certificate_sha256: bytes
    brands: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, staff_id: _Optional[str] = ..., login_name: _Optional[str] = ..., name: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[StaffState, str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., locked_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., invitation_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., must_change_password: _Optional[bool] = ..., certificate_sha256: _Optional[bytes] = ..., brands: _Optional[_Iterable[str]] = ...) -> None: ...

class InviteStaffRequest(_message.Message):
    __slots__ = ("login_name", "name", "roles", "reason", "brands")
    LOGIN_NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    login_name: str
    name: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    brands: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, login_name: _Optional[str] = ..., name: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ..., brands: _Optional[_Iterable[str]] = ...) -> None: ...

class InviteStaffResponse(_message.Message):
    __slots__ = ("staff", "invitation", "proposal_id")
    STAFF_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    invitation: str
    proposal_id: str
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ..., invitation: _Optional[str] = ..., proposal_id: _Optional[str] = ...) -> None: ...

class ListStaffRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStaffResponse(_message.Message):
    __slots__ = ("staff", "next_page_token")
    STAFF_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    staff: _containers.RepeatedCompositeFieldContainer[Staff]
    next_page_token: str
    def __init__(self, staff: _Optional[_Iterable[_Union[Staff, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetStaffRequest(_message.Message):
    __slots__ = ("staff_id",)
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    def __init__(self, staff_id: _Optional[str] = ...) -> None: ...

class GetStaffResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ...) -> None: ...

class ListStaffLoginsRequest(_message.Message):
    __slots__ = ("staff_id", "page_size", "page_token")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    page_size: int
    page_token: str
    def __init__(self, staff_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStaffLoginsResponse(_message.Message):
    __slots__ = ("logins", "next_page_token")
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    logins: _containers.RepeatedCompositeFieldContainer[_staff_login_pb2.StaffLoginEntry]
    next_page_token: str
    def __init__(self, logins: _Optional[_Iterable[_Union[_staff_login_pb2.StaffLoginEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ChangeStaffRolesRequest(_message.Message):
    __slots__ = ("request_id", "staff_id", "roles", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    roles: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ..., roles: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...

class ChangeStaffRolesResponse(_message.Message):
    __slots__ = ("staff", "proposal_id")
    STAFF_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    proposal_id: str
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ..., proposal_id: _Optional[str] = ...) -> None: ...

class ChangeStaffBrandsRequest(_message.Message):
    __slots__ = ("request_id", "staff_id", "brands", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    brands: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ..., brands: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...

class ChangeStaffBrandsResponse(_message.Message):
    __slots__ = ("staff", "proposal_id")
    STAFF_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    proposal_id: str
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ..., proposal_id: _Optional[str] = ...) -> None: ...

class DisableStaffRequest(_message.Message):
    __slots__ = ("request_id", "staff_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ...) -> None: ...

class DisableStaffResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ...) -> None: ...

class UnlockStaffRequest(_message.Message):
    __slots__ = ("request_id", "staff_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ...) -> None: ...

class UnlockStaffResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ...) -> None: ...

class ResetStaffRequest(_message.Message):
    __slots__ = ("staff_id", "reason")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    reason: str
    def __init__(self, staff_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResetStaffResponse(_message.Message):
    __slots__ = ("staff", "invitation", "proposal_id")
    STAFF_FIELD_NUMBER: _ClassVar[int]
    INVITATION_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    invitation: str
    proposal_id: str
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ..., invitation: _Optional[str] = ..., proposal_id: _Optional[str] = ...) -> None: ...

class BindStaffCertificateRequest(_message.Message):
    __slots__ = ("request_id", "staff_id", "certificate_sha256")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_SHA256_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    certificate_sha256: bytes
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ..., certificate_sha256: _Optional[bytes] = ...) -> None: ...

class BindStaffCertificateResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ...) -> None: ...

class EndStaffSessionsRequest(_message.Message):
    __slots__ = ("request_id", "staff_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ...) -> None: ...

class EndStaffSessionsResponse(_message.Message):
    __slots__ = ("ended",)
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ended: int
    def __init__(self, ended: _Optional[int] = ...) -> None: ...

class DemandStaffPasswordRequest(_message.Message):
    __slots__ = ("request_id", "staff_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    staff_id: str
    def __init__(self, request_id: _Optional[str] = ..., staff_id: _Optional[str] = ...) -> None: ...

class DemandStaffPasswordResponse(_message.Message):
    __slots__ = ("staff",)
    STAFF_FIELD_NUMBER: _ClassVar[int]
    staff: Staff
    def __init__(self, staff: _Optional[_Union[Staff, _Mapping]] = ...) -> None: ...
