import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UnmaskedField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNMASKED_FIELD_UNSPECIFIED: _ClassVar[UnmaskedField]
    UNMASKED_FIELD_PHONE_NUMBER: _ClassVar[UnmaskedField]
    UNMASKED_FIELD_NAME: _ClassVar[UnmaskedField]

class UnmaskPurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNMASK_PURPOSE_UNSPECIFIED: _ClassVar[UnmaskPurpose]
    UNMASK_PURPOSE_SUPPORT: _ClassVar[UnmaskPurpose]
    UNMASK_PURPOSE_IDENTITY_REVIEW: _ClassVar[UnmaskPurpose]
    UNMASK_PURPOSE_APPEAL_REVIEW: _ClassVar[UnmaskPurpose]
    UNMASK_PURPOSE_LEGAL: _ClassVar[UnmaskPurpose]
UNMASKED_FIELD_UNSPECIFIED: UnmaskedField
UNMASKED_FIELD_PHONE_NUMBER: UnmaskedField
UNMASKED_FIELD_NAME: UnmaskedField
UNMASK_PURPOSE_UNSPECIFIED: UnmaskPurpose
UNMASK_PURPOSE_SUPPORT: UnmaskPurpose
UNMASK_PURPOSE_IDENTITY_REVIEW: UnmaskPurpose
UNMASK_PURPOSE_APPEAL_REVIEW: UnmaskPurpose
UNMASK_PURPOSE_LEGAL: UnmaskPurpose

class SupportAccount(_message.Message):
    __slots__ = ("account_id", "brand", "state", "phone_number_masked", "name_masked", "verified", "created_at", "locked_until", "devices", "sessions", "unread_messages")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LOCKED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    UNREAD_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    brand: str
    state: str
    phone_number_masked: str
    name_masked: str
    verified: bool
    created_at: _timestamp_pb2.Timestamp
    locked_until: _timestamp_pb2.Timestamp
    devices: int
    sessions: int
    unread_messages: int
    def __init__(self, account_id: _Optional[str] = ..., brand: _Optional[str] = ..., state: _Optional[str] = ..., phone_number_masked: _Optional[str] = ..., name_masked: _Optional[str] = ..., verified: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., locked_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., devices: _Optional[int] = ..., sessions: _Optional[int] = ..., unread_messages: _Optional[int] = ...) -> None: ...

class FindAccountsRequest(_message.Message):
    __slots__ = ("brand", "phone_number", "document_number")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    brand: str
    phone_number: str
    document_number: str
    def __init__(self, brand: _Optional[str] = ..., phone_number: _Optional[str] = ..., document_number: _Optional[str] = ...) -> None: ...

class FindAccountsResponse(_message.Message):
    __slots__ = ("accounts",)
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[SupportAccount]
    def __init__(self, accounts: _Optional[_Iterable[_Union[SupportAccount, _Mapping]]] = ...) -> None: ...

class GetSupportAccountRequest(_message.Message):
    __slots__ = ("account_id",)
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    def __init__(self, account_id: _Optional[str] = ...) -> None: ...

class GetSupportAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: SupportAccount
    def __init__(self, account: _Optional[_Union[SupportAccount, _Mapping]] = ...) -> None: ...

class ListSupportDevicesRequest(_message.Message):
    __slots__ = ("account_id", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSupportDevicesResponse(_message.Message):
    __slots__ = ("devices", "next_page_token")
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[SupportDevice]
    next_page_token: str
    def __init__(self, devices: _Optional[_Iterable[_Union[SupportDevice, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SupportDevice(_message.Message):
    __slots__ = ("device_id", "state", "platform", "os_version", "app_version", "last_login_at")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    LAST_LOGIN_AT_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    state: str
    platform: str
    os_version: str
    app_version: str
    last_login_at: _timestamp_pb2.Timestamp
    def __init__(self, device_id: _Optional[str] = ..., state: _Optional[str] = ..., platform: _Optional[str] = ..., os_version: _Optional[str] = ..., app_version: _Optional[str] = ..., last_login_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSupportLoginsRequest(_message.Message):
    __slots__ = ("account_id", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSupportLoginsResponse(_message.Message):
    __slots__ = ("logins", "next_page_token")
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    logins: _containers.RepeatedCompositeFieldContainer[SupportLogin]
    next_page_token: str
    def __init__(self, logins: _Optional[_Iterable[_Union[SupportLogin, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SupportLogin(_message.Message):
    __slots__ = ("login_id", "time", "method", "result", "device_id")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    time: _timestamp_pb2.Timestamp
    method: str
    result: str
    device_id: str
    def __init__(self, login_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., method: _Optional[str] = ..., result: _Optional[str] = ..., device_id: _Optional[str] = ...) -> None: ...

class ListSupportOperationsRequest(_message.Message):
    __slots__ = ("account_id", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSupportOperationsResponse(_message.Message):
    __slots__ = ("operations", "next_page_token")
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[SupportOperation]
    next_page_token: str
    def __init__(self, operations: _Optional[_Iterable[_Union[SupportOperation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SupportOperation(_message.Message):
    __slots__ = ("operation_id", "type", "outcome", "object_id", "device_id", "time")
    OPERATION_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    OBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    operation_id: str
    type: str
    outcome: str
    object_id: str
    device_id: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, operation_id: _Optional[str] = ..., type: _Optional[str] = ..., outcome: _Optional[str] = ..., object_id: _Optional[str] = ..., device_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnmaskFieldRequest(_message.Message):
    __slots__ = ("account_id", "field", "purpose", "reason")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    field: UnmaskedField
    purpose: UnmaskPurpose
    reason: str
    def __init__(self, account_id: _Optional[str] = ..., field: _Optional[_Union[UnmaskedField, str]] = ..., purpose: _Optional[_Union[UnmaskPurpose, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class UnmaskFieldResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class ListUnmaskingsRequest(_message.Message):
    __slots__ = ("account_id", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListUnmaskingsResponse(_message.Message):
    __slots__ = ("unmaskings", "next_page_token")
    UNMASKINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    unmaskings: _containers.RepeatedCompositeFieldContainer[Unmasking]
    next_page_token: str
    def __init__(self, unmaskings: _Optional[_Iterable[_Union[Unmasking, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Unmasking(_message.Message):
    __slots__ = ("unmasking_id", "staff_id", "account_id", "field", "purpose", "reason", "time")
    UNMASKING_ID_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    unmasking_id: str
    staff_id: str
    account_id: str
    field: str
    purpose: str
    reason: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, unmasking_id: _Optional[str] = ..., staff_id: _Optional[str] = ..., account_id: _Optional[str] = ..., field: _Optional[str] = ..., purpose: _Optional[str] = ..., reason: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UnlockAccountRequest(_message.Message):
    __slots__ = ("request_id", "account_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    account_id: str
    def __init__(self, request_id: _Optional[str] = ..., account_id: _Optional[str] = ...) -> None: ...

class UnlockAccountResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSupportMessagesRequest(_message.Message):
    __slots__ = ("account_id", "page_size", "page_token")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    page_size: int
    page_token: str
    def __init__(self, account_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSupportMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[SupportMessage]
    next_page_token: str
    def __init__(self, messages: _Optional[_Iterable[_Union[SupportMessage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SupportMessage(_message.Message):
    __slots__ = ("message_id", "kind", "state", "created_at")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    kind: str
    state: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, message_id: _Optional[str] = ..., kind: _Optional[str] = ..., state: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResendMessageRequest(_message.Message):
    __slots__ = ("request_id", "account_id", "message_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    account_id: str
    message_id: str
    def __init__(self, request_id: _Optional[str] = ..., account_id: _Optional[str] = ..., message_id: _Optional[str] = ...) -> None: ...

class ResendMessageResponse(_message.Message):
    __slots__ = ("channels",)
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, channels: _Optional[_Iterable[str]] = ...) -> None: ...

class ProposeFreezeRequest(_message.Message):
    __slots__ = ("request_id", "subject_id", "release", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    subject_id: str
    release: bool
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., subject_id: _Optional[str] = ..., release: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class ProposeFreezeResponse(_message.Message):
    __slots__ = ("proposal_id",)
    PROPOSAL_ID_FIELD_NUMBER: _ClassVar[int]
    proposal_id: str
    def __init__(self, proposal_id: _Optional[str] = ...) -> None: ...
