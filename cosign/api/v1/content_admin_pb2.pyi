import datetime

from cosign.api.v1 import bootstrap_pb2 as _bootstrap_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Content(_message.Message):
    __slots__ = ("content_id", "brand", "kind", "version", "title", "body", "video_url", "state", "updated_at", "published_at", "effective_at")
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    VIDEO_URL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_AT_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    content_id: str
    brand: str
    kind: str
    version: int
    title: _bootstrap_pb2.LocalizedText
    body: _bootstrap_pb2.LocalizedText
    video_url: str
    state: str
    updated_at: _timestamp_pb2.Timestamp
    published_at: _timestamp_pb2.Timestamp
    effective_at: _timestamp_pb2.Timestamp
    def __init__(self, content_id: _Optional[str] = ..., brand: _Optional[str] = ..., kind: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ..., body: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ..., video_url: _Optional[str] = ..., state: _Optional[str] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., published_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DraftContentRequest(_message.Message):
    __slots__ = ("request_id", "brand", "kind", "title", "body", "video_url")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    VIDEO_URL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    brand: str
    kind: str
    title: _bootstrap_pb2.LocalizedText
    body: _bootstrap_pb2.LocalizedText
    video_url: str
    def __init__(self, request_id: _Optional[str] = ..., brand: _Optional[str] = ..., kind: _Optional[str] = ..., title: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ..., body: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ..., video_url: _Optional[str] = ...) -> None: ...

class DraftContentResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ...) -> None: ...

class EditContentRequest(_message.Message):
    __slots__ = ("request_id", "content_id", "title", "body")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    content_id: str
    title: _bootstrap_pb2.LocalizedText
    body: _bootstrap_pb2.LocalizedText
    def __init__(self, request_id: _Optional[str] = ..., content_id: _Optional[str] = ..., title: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ..., body: _Optional[_Union[_bootstrap_pb2.LocalizedText, _Mapping]] = ...) -> None: ...

class EditContentResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ...) -> None: ...

class PublishContentRequest(_message.Message):
    __slots__ = ("request_id", "content_id", "effective_at")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    content_id: str
    effective_at: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[str] = ..., content_id: _Optional[str] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PublishContentResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ...) -> None: ...

class WithdrawContentRequest(_message.Message):
    __slots__ = ("request_id", "content_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    content_id: str
    def __init__(self, request_id: _Optional[str] = ..., content_id: _Optional[str] = ...) -> None: ...

class WithdrawContentResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ...) -> None: ...

class ListContentRequest(_message.Message):
    __slots__ = ("brand", "kind", "state", "page_size", "page_token")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    brand: str
    kind: str
    state: str
    page_size: int
    page_token: str
    def __init__(self, brand: _Optional[str] = ..., kind: _Optional[str] = ..., state: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListContentResponse(_message.Message):
    __slots__ = ("contents", "next_page_token")
    CONTENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    contents: _containers.RepeatedCompositeFieldContainer[Content]
    next_page_token: str
    def __init__(self, contents: _Optional[_Iterable[_Union[Content, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetContentRequest(_message.Message):
    __slots__ = ("content_id",)
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    content_id: str
    def __init__(self, content_id: _Optional[str] = ...) -> None: ...

class GetContentResponse(_message.Message):
    __slots__ = ("content",)
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    content: Content
    def __init__(self, content: _Optional[_Union[Content, _Mapping]] = ...) -> None: ...
