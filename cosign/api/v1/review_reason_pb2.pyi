import datetime

from cosign.api.v1 import review_pb2 as _review_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewReason(_message.Message):
    __slots__ = ("kind", "code", "version", "text_zh", "text_en", "retired", "changed_at", "changed_by")
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    RETIRED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_BY_FIELD_NUMBER: _ClassVar[int]
    kind: _review_pb2.ReviewKind
    code: str
    version: int
    text_zh: str
    text_en: str
    retired: bool
    changed_at: _timestamp_pb2.Timestamp
    changed_by: str
    def __init__(self, kind: _Optional[_Union[_review_pb2.ReviewKind, str]] = ..., code: _Optional[str] = ..., version: _Optional[int] = ..., text_zh: _Optional[str] = ..., text_en: _Optional[str] = ..., retired: _Optional[bool] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_by: _Optional[str] = ...) -> None: ...

class ListReviewReasonsRequest(_message.Message):
    __slots__ = ("kind", "with_retired")
    KIND_FIELD_NUMBER: _ClassVar[int]
    WITH_RETIRED_FIELD_NUMBER: _ClassVar[int]
    kind: _review_pb2.ReviewKind
    with_retired: bool
    def __init__(self, kind: _Optional[_Union[_review_pb2.ReviewKind, str]] = ..., with_retired: _Optional[bool] = ...) -> None: ...

class ListReviewReasonsResponse(_message.Message):
    __slots__ = ("reasons",)
    REASONS_FIELD_NUMBER: _ClassVar[int]
    reasons: _containers.RepeatedCompositeFieldContainer[ReviewReason]
    def __init__(self, reasons: _Optional[_Iterable[_Union[ReviewReason, _Mapping]]] = ...) -> None: ...

class AddReviewReasonRequest(_message.Message):
    __slots__ = ("request_id", "kind", "code", "text_zh", "text_en")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    kind: _review_pb2.ReviewKind
    code: str
    text_zh: str
    text_en: str
    def __init__(self, request_id: _Optional[str] = ..., kind: _Optional[_Union[_review_pb2.ReviewKind, str]] = ..., code: _Optional[str] = ..., text_zh: _Optional[str] = ..., text_en: _Optional[str] = ...) -> None: ...

class AddReviewReasonResponse(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: ReviewReason
    def __init__(self, reason: _Optional[_Union[ReviewReason, _Mapping]] = ...) -> None: ...

class ChangeReviewReasonRequest(_message.Message):
    __slots__ = ("request_id", "kind", "code", "version", "text_zh", "text_en", "retired")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TEXT_ZH_FIELD_NUMBER: _ClassVar[int]
    TEXT_EN_FIELD_NUMBER: _ClassVar[int]
    RETIRED_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    kind: _review_pb2.ReviewKind
    code: str
    version: int
    text_zh: str
    text_en: str
    retired: bool
    def __init__(self, request_id: _Optional[str] = ..., kind: _Optional[_Union[_review_pb2.ReviewKind, str]] = ..., code: _Optional[str] = ..., version: _Optional[int] = ..., text_zh: _Optional[str] = ..., text_en: _Optional[str] = ..., retired: _Optional[bool] = ...) -> None: ...

class ChangeReviewReasonResponse(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: ReviewReason
    def __init__(self, reason: _Optional[_Union[ReviewReason, _Mapping]] = ...) -> None: ...

class DeleteReviewReasonRequest(_message.Message):
    __slots__ = ("request_id", "kind", "code")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    kind: _review_pb2.ReviewKind
    code: str
    def __init__(self, request_id: _Optional[str] = ..., kind: _Optional[_Union[_review_pb2.ReviewKind, str]] = ..., code: _Optional[str] = ...) -> None: ...

class DeleteReviewReasonResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
