import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReviewKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_KIND_UNSPECIFIED: _ClassVar[ReviewKind]
    REVIEW_KIND_IDENTITY: _ClassVar[ReviewKind]
    REVIEW_KIND_ACCOUNT_APPEAL: _ClassVar[ReviewKind]
    REVIEW_KIND_NUMBER_CHANGE: _ClassVar[ReviewKind]

class ReviewState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_STATE_UNSPECIFIED: _ClassVar[ReviewState]
    REVIEW_STATE_WAITING: _ClassVar[ReviewState]
    REVIEW_STATE_CLAIMED: _ClassVar[ReviewState]
    REVIEW_STATE_APPROVED: _ClassVar[ReviewState]
    REVIEW_STATE_RETURNED: _ClassVar[ReviewState]
    REVIEW_STATE_REFUSED: _ClassVar[ReviewState]
    REVIEW_STATE_WITHDRAWN: _ClassVar[ReviewState]
    REVIEW_STATE_EXPIRED: _ClassVar[ReviewState]

class ReviewVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_VERDICT_UNSPECIFIED: _ClassVar[ReviewVerdict]
    REVIEW_VERDICT_APPROVE: _ClassVar[ReviewVerdict]
    REVIEW_VERDICT_RETURN: _ClassVar[ReviewVerdict]
    REVIEW_VERDICT_REFUSE: _ClassVar[ReviewVerdict]
REVIEW_KIND_UNSPECIFIED: ReviewKind
REVIEW_KIND_IDENTITY: ReviewKind
REVIEW_KIND_ACCOUNT_APPEAL: ReviewKind
REVIEW_KIND_NUMBER_CHANGE: ReviewKind
REVIEW_STATE_UNSPECIFIED: ReviewState
REVIEW_STATE_WAITING: ReviewState
REVIEW_STATE_CLAIMED: ReviewState
REVIEW_STATE_APPROVED: ReviewState
REVIEW_STATE_RETURNED: ReviewState
REVIEW_STATE_REFUSED: ReviewState
REVIEW_STATE_WITHDRAWN: ReviewState
REVIEW_STATE_EXPIRED: ReviewState
REVIEW_VERDICT_UNSPECIFIED: ReviewVerdict
REVIEW_VERDICT_APPROVE: ReviewVerdict
REVIEW_VERDICT_RETURN: ReviewVerdict
REVIEW_VERDICT_REFUSE: ReviewVerdict

class Review(_message.Message):
    __slots__ = ("review_id", "kind", "subject_id", "brand", "state", "stage", "stages", "round", "urgent", "opened_at", "due_at", "overdue", "claimed_by", "claim_until", "finished_at", "version")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    URGENT_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_BY_FIELD_NUMBER: _ClassVar[int]
    CLAIM_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    kind: ReviewKind
    subject_id: str
    brand: str
    state: ReviewState
    stage: int
    stages: _containers.RepeatedScalarFieldContainer[str]
    round: int
    urgent: bool
    opened_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    overdue: bool
    claimed_by: str
    claim_until: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    version: int
    def __init__(self, review_id: _Optional[str] = ..., kind: _Optional[_Union[ReviewKind, str]] = ..., subject_id: _Optional[str] = ..., brand: _Optional[str] = ..., state: _Optional[_Union[ReviewState, str]] = ..., stage: _Optional[int] = ..., stages: _Optional[_Iterable[str]] = ..., round: _Optional[int] = ..., urgent: _Optional[bool] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., overdue: _Optional[bool] = ..., claimed_by: _Optional[str] = ..., claim_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[int] = ...) -> None: ...

class ReviewField(_message.Message):
    __slots__ = ("name", "text", "masked")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    MASKED_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    masked: bool
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., masked: _Optional[bool] = ...) -> None: ...

class ReviewEvent(_message.Message):
    __slots__ = ("action", "time", "actor", "stage", "round", "reason_code", "reason_version", "note")
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_VERSION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    action: str
    time: _timestamp_pb2.Timestamp
    actor: str
    stage: int
    round: int
    reason_code: str
    reason_version: int
    note: str
    def __init__(self, action: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., stage: _Optional[int] = ..., round: _Optional[int] = ..., reason_code: _Optional[str] = ..., reason_version: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...

class ListReviewsRequest(_message.Message):
    __slots__ = ("kind", "brand", "state", "mine", "overdue", "page_size", "page_token")
    KIND_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MINE_FIELD_NUMBER: _ClassVar[int]
    OVERDUE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kind: ReviewKind
    brand: str
    state: ReviewState
    mine: bool
    overdue: bool
    page_size: int
    page_token: str
    def __init__(self, kind: _Optional[_Union[ReviewKind, str]] = ..., brand: _Optional[str] = ..., state: _Optional[_Union[ReviewState, str]] = ..., mine: _Optional[bool] = ..., overdue: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReviewsResponse(_message.Message):
    __slots__ = ("reviews", "next_page_token")
    REVIEWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reviews: _containers.RepeatedCompositeFieldContainer[Review]
    next_page_token: str
    def __init__(self, reviews: _Optional[_Iterable[_Union[Review, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetReviewRequest(_message.Message):
    __slots__ = ("review_id",)
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    def __init__(self, review_id: _Optional[str] = ...) -> None: ...

class GetReviewResponse(_message.Message):
    __slots__ = ("review", "fields", "files", "history", "verdicts")
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    review: Review
    fields: _containers.RepeatedCompositeFieldContainer[ReviewField]
    files: _containers.RepeatedScalarFieldContainer[str]
    history: _containers.RepeatedCompositeFieldContainer[ReviewEvent]
    verdicts: _containers.RepeatedScalarFieldContainer[ReviewVerdict]
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ..., fields: _Optional[_Iterable[_Union[ReviewField, _Mapping]]] = ..., files: _Optional[_Iterable[str]] = ..., history: _Optional[_Iterable[_Union[ReviewEvent, _Mapping]]] = ..., verdicts: _Optional[_Iterable[_Union[ReviewVerdict, str]]] = ...) -> None: ...

class ClaimReviewRequest(_message.Message):
    __slots__ = ("request_id", "review_id", "version")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    review_id: str
    version: int
    def __init__(self, request_id: _Optional[str] = ..., review_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ClaimReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class ReleaseReviewRequest(_message.Message):
    __slots__ = ("request_id", "review_id", "version")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    review_id: str
    version: int
    def __init__(self, request_id: _Optional[str] = ..., review_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ReleaseReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class ReassignReviewRequest(_message.Message):
    __slots__ = ("request_id", "review_id", "version", "staff_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    review_id: str
    version: int
    staff_id: str
    def __init__(self, request_id: _Optional[str] = ..., review_id: _Optional[str] = ..., version: _Optional[int] = ..., staff_id: _Optional[str] = ...) -> None: ...

class ReassignReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class DecideReviewRequest(_message.Message):
    __slots__ = ("request_id", "review_id", "version", "verdict", "reason_code", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    review_id: str
    version: int
    verdict: ReviewVerdict
    reason_code: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., review_id: _Optional[str] = ..., version: _Optional[int] = ..., verdict: _Optional[_Union[ReviewVerdict, str]] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class DecideReviewResponse(_message.Message):
    __slots__ = ("review",)
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    review: Review
    def __init__(self, review: _Optional[_Union[Review, _Mapping]] = ...) -> None: ...

class UnmaskReviewFieldRequest(_message.Message):
    __slots__ = ("review_id", "name")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    name: str
    def __init__(self, review_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class UnmaskReviewFieldResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class OpenReviewFileRequest(_message.Message):
    __slots__ = ("review_id", "name")
    REVIEW_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    review_id: str
    name: str
    def __init__(self, review_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class OpenReviewFileResponse(_message.Message):
    __slots__ = ("url", "expires_at")
    URL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    url: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, url: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
