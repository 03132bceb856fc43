import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_CATEGORY_UNSPECIFIED: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_SECURITY: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_ACCOUNT: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_CERTIFICATE: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_AUTHORISATION: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_ORDER: _ClassVar[MessageCategory]
    MESSAGE_CATEGORY_ENTERPRISE: _ClassVar[MessageCategory]

class MessageState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_STATE_UNSPECIFIED: _ClassVar[MessageState]
    MESSAGE_STATE_UNREAD: _ClassVar[MessageState]
    MESSAGE_STATE_READ: _ClassVar[MessageState]
    MESSAGE_STATE_ACTED: _ClassVar[MessageState]
    MESSAGE_STATE_OUTDATED: _ClassVar[MessageState]

class MessageTargetKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_TARGET_KIND_UNSPECIFIED: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_DEVICE: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_ACCOUNT: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_IDENTITY: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_APPEAL: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_JOIN: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_CLAIM: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_CERTIFICATE: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_SEAL: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_DELEGATION: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_ORDER: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_INVOICE: _ClassVar[MessageTargetKind]
    MESSAGE_TARGET_KIND_TASK: _ClassVar[MessageTargetKind]
MESSAGE_CATEGORY_UNSPECIFIED: MessageCategory
MESSAGE_CATEGORY_SECURITY: MessageCategory
MESSAGE_CATEGORY_ACCOUNT: MessageCategory
MESSAGE_CATEGORY_CERTIFICATE: MessageCategory
MESSAGE_CATEGORY_AUTHORISATION: MessageCategory
MESSAGE_CATEGORY_ORDER: MessageCategory
MESSAGE_CATEGORY_ENTERPRISE: MessageCategory
MESSAGE_STATE_UNSPECIFIED: MessageState
MESSAGE_STATE_UNREAD: MessageState
MESSAGE_STATE_READ: MessageState
MESSAGE_STATE_ACTED: MessageState
MESSAGE_STATE_OUTDATED: MessageState
MESSAGE_TARGET_KIND_UNSPECIFIED: MessageTargetKind
MESSAGE_TARGET_KIND_DEVICE: MessageTargetKind
MESSAGE_TARGET_KIND_ACCOUNT: MessageTargetKind
MESSAGE_TARGET_KIND_IDENTITY: MessageTargetKind
MESSAGE_TARGET_KIND_APPEAL: MessageTargetKind
MESSAGE_TARGET_KIND_JOIN: MessageTargetKind
MESSAGE_TARGET_KIND_CLAIM: MessageTargetKind
MESSAGE_TARGET_KIND_CERTIFICATE: MessageTargetKind
MESSAGE_TARGET_KIND_SEAL: MessageTargetKind
MESSAGE_TARGET_KIND_DELEGATION: MessageTargetKind
MESSAGE_TARGET_KIND_ORDER: MessageTargetKind
MESSAGE_TARGET_KIND_INVOICE: MessageTargetKind
MESSAGE_TARGET_KIND_TASK: MessageTargetKind

class Message(_message.Message):
    __slots__ = ("message_id", "kind", "category", "title", "text", "target_kind", "target_id", "asks", "state", "outcome", "created_at", "read_at")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TARGET_KIND_FIELD_NUMBER: _ClassVar[int]
    TARGET_ID_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    READ_AT_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    kind: str
    category: MessageCategory
    title: str
    text: str
    target_kind: MessageTargetKind
    target_id: str
    asks: bool
    state: MessageState
    outcome: str
    created_at: _timestamp_pb2.Timestamp
    read_at: _timestamp_pb2.Timestamp
    def __init__(self, message_id: _Optional[str] = ..., kind: _Optional[str] = ..., category: _Optional[_Union[MessageCategory, str]] = ..., title: _Optional[str] = ..., text: _Optional[str] = ..., target_kind: _Optional[_Union[MessageTargetKind, str]] = ..., target_id: _Optional[str] = ..., asks: _Optional[bool] = ..., state: _Optional[_Union[MessageState, str]] = ..., outcome: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., read_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetInboxRequest(_message.Message):
    __slots__ = ("wait", "after_revision")
    WAIT_FIELD_NUMBER: _ClassVar[int]
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    wait: _duration_pb2.Duration
    after_revision: int
    def __init__(self, wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., after_revision: _Optional[int] = ...) -> None: ...

class GetInboxResponse(_message.Message):
    __slots__ = ("revision", "unread", "unread_by_category")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UNREAD_FIELD_NUMBER: _ClassVar[int]
    UNREAD_BY_CATEGORY_FIELD_NUMBER: _ClassVar[int]
    revision: int
    unread: int
    unread_by_category: _containers.RepeatedCompositeFieldContainer[UnreadCount]
    def __init__(self, revision: _Optional[int] = ..., unread: _Optional[int] = ..., unread_by_category: _Optional[_Iterable[_Union[UnreadCount, _Mapping]]] = ...) -> None: ...

class WatchInboxRequest(_message.Message):
    __slots__ = ("after_revision",)
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    after_revision: int
    def __init__(self, after_revision: _Optional[int] = ...) -> None: ...

class WatchInboxResponse(_message.Message):
    __slots__ = ("inbox", "changed")
    INBOX_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    inbox: GetInboxResponse
    changed: bool
    def __init__(self, inbox: _Optional[_Union[GetInboxResponse, _Mapping]] = ..., changed: _Optional[bool] = ...) -> None: ...

class UnreadCount(_message.Message):
    __slots__ = ("category", "count")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    category: MessageCategory
    count: int
    def __init__(self, category: _Optional[_Union[MessageCategory, str]] = ..., count: _Optional[int] = ...) -> None: ...

class ListMessagesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "category", "unread_only", "since", "until")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    UNREAD_ONLY_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    category: MessageCategory
    unread_only: bool
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., category: _Optional[_Union[MessageCategory, str]] = ..., unread_only: _Optional[bool] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    next_page_token: str
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMessageRequest(_message.Message):
    __slots__ = ("message_id",)
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    def __init__(self, message_id: _Optional[str] = ...) -> None: ...

class GetMessageResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: Message
    def __init__(self, message: _Optional[_Union[Message, _Mapping]] = ...) -> None: ...

class MarkMessageReadRequest(_message.Message):
    __slots__ = ("request_id", "message_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    message_id: str
    def __init__(self, request_id: _Optional[str] = ..., message_id: _Optional[str] = ...) -> None: ...

class MarkMessageReadResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: Message
    def __init__(self, message: _Optional[_Union[Message, _Mapping]] = ...) -> None: ...

class MarkAllMessagesReadRequest(_message.Message):
    __slots__ = ("request_id", "category")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    category: MessageCategory
    def __init__(self, request_id: _Optional[str] = ..., category: _Optional[_Union[MessageCategory, str]] = ...) -> None: ...

class MarkAllMessagesReadResponse(_message.Message):
    __slots__ = ("count",)
    COUNT_FIELD_NUMBER: _ClassVar[int]
    count: int
    def __init__(self, count: _Optional[int] = ...) -> None: ...
