import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_KIND_UNSPECIFIED: _ClassVar[IdentityKind]
    IDENTITY_KIND_NATURAL_PERSON: _ClassVar[IdentityKind]
    IDENTITY_KIND_EMPLOYEE: _ClassVar[IdentityKind]
    IDENTITY_KIND_ADMINISTRATOR: _ClassVar[IdentityKind]
    IDENTITY_KIND_LEGAL_REPRESENTATIVE: _ClassVar[IdentityKind]
IDENTITY_KIND_UNSPECIFIED: IdentityKind
IDENTITY_KIND_NATURAL_PERSON: IdentityKind
IDENTITY_KIND_EMPLOYEE: IdentityKind
IDENTITY_KIND_ADMINISTRATOR: IdentityKind
IDENTITY_KIND_LEGAL_REPRESENTATIVE: IdentityKind

class Identity(_message.Message):
    __slots__ = ("identity_id", "kind", "enterprise_id", "acting")
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ENTERPRISE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTING_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    kind: IdentityKind
    enterprise_id: str
    acting: bool
    def __init__(self, identity_id: _Optional[str] = ..., kind: _Optional[_Union[IdentityKind, str]] = ..., enterprise_id: _Optional[str] = ..., acting: _Optional[bool] = ...) -> None: ...

class Profile(_message.Message):
    __slots__ = ("account_id", "brand", "phone_number_masked", "name_masked", "verified", "avatar_upload_id", "has_password", "mode", "created_at")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    AVATAR_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    brand: str
    phone_number_masked: str
    name_masked: str
    verified: bool
    avatar_upload_id: str
    has_password: bool
    mode: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, account_id: _Optional[str] = ..., brand: _Optional[str] = ..., phone_number_masked: _Optional[str] = ..., name_masked: _Optional[str] = ..., verified: _Optional[bool] = ..., avatar_upload_id: _Optional[str] = ..., has_password: _Optional[bool] = ..., mode: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SetPasswordRequest(_message.Message):
    __slots__ = ("password", "confirmation")
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    password: str
    confirmation: str
    def __init__(self, password: _Optional[str] = ..., confirmation: _Optional[str] = ...) -> None: ...

class SetPasswordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangePasswordRequest(_message.Message):
    __slots__ = ("old_password", "new_password", "confirmation")
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    old_password: str
    new_password: str
    confirmation: str
    def __init__(self, old_password: _Optional[str] = ..., new_password: _Optional[str] = ..., confirmation: _Optional[str] = ...) -> None: ...

class ChangePasswordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProfileRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class UpdateProfileRequest(_message.Message):
    __slots__ = ("request_id", "name", "avatar_upload_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    AVATAR_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    avatar_upload_id: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., avatar_upload_id: _Optional[str] = ...) -> None: ...

class UpdateProfileResponse(_message.Message):
    __slots__ = ("profile",)
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    profile: Profile
    def __init__(self, profile: _Optional[_Union[Profile, _Mapping]] = ...) -> None: ...

class ChangePhoneNumberRequest(_message.Message):
    __slots__ = ("request_id", "old_ticket", "new_ticket")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_TICKET_FIELD_NUMBER: _ClassVar[int]
    NEW_TICKET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    old_ticket: str
    new_ticket: str
    def __init__(self, request_id: _Optional[str] = ..., old_ticket: _Optional[str] = ..., new_ticket: _Optional[str] = ...) -> None: ...

class ChangePhoneNumberResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIdentitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListIdentitiesResponse(_message.Message):
    __slots__ = ("identities",)
    IDENTITIES_FIELD_NUMBER: _ClassVar[int]
    identities: _containers.RepeatedCompositeFieldContainer[Identity]
    def __init__(self, identities: _Optional[_Iterable[_Union[Identity, _Mapping]]] = ...) -> None: ...

class SwitchIdentityRequest(_message.Message):
    __slots__ = ("identity_id",)
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    identity_id: str
    def __init__(self, identity_id: _Optional[str] = ...) -> None: ...

class SwitchIdentityResponse(_message.Message):
    __slots__ = ("identity",)
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    identity: Identity
    def __init__(self, identity: _Optional[_Union[Identity, _Mapping]] = ...) -> None: ...

class SelectModeRequest(_message.Message):
    __slots__ = ("mode",)
    MODE_FIELD_NUMBER: _ClassVar[int]
    mode: str
    def __init__(self, mode: _Optional[str] = ...) -> None: ...

class SelectModeResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RevokeSessionsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RevokeSessionsResponse(_message.Message):
    __slots__ = ("ended",)
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ended: int
    def __init__(self, ended: _Optional[int] = ...) -> None: ...

class CheckCancellationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CheckCancellationResponse(_message.Message):
    __slots__ = ("blockers",)
    BLOCKERS_FIELD_NUMBER: _ClassVar[int]
    blockers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, blockers: _Optional[_Iterable[str]] = ...) -> None: ...

class CancelAccountRequest(_message.Message):
    __slots__ = ("ticket", "reason", "accepted_document_ids")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_DOCUMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    reason: str
    accepted_document_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ticket: _Optional[str] = ..., reason: _Optional[str] = ..., accepted_document_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class CancelAccountResponse(_message.Message):
    __slots__ = ("cancel_at",)
    CANCEL_AT_FIELD_NUMBER: _ClassVar[int]
    cancel_at: _timestamp_pb2.Timestamp
    def __init__(self, cancel_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
