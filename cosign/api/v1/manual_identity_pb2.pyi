import datetime

from cosign.api.v1 import identity_pb2 as _identity_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ManualFile(_message.Message):
    __slots__ = ("file", "upload_id")
    FILE_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    file: str
    upload_id: str
    def __init__(self, file: _Optional[str] = ..., upload_id: _Optional[str] = ...) -> None: ...

class SubmitManualRequest(_message.Message):
    __slots__ = ("request_id", "name", "document_type", "document_number", "document_country", "document_expiry", "long_term", "phone_number", "email", "files", "ticket", "accepted_document_ids")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    LONG_TERM_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_DOCUMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    document_type: str
    document_number: str
    document_country: str
    document_expiry: str
    long_term: bool
    phone_number: str
    email: str
    files: _containers.RepeatedCompositeFieldContainer[ManualFile]
    ticket: str
    accepted_document_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., document_type: _Optional[str] = ..., document_number: _Optional[str] = ..., document_country: _Optional[str] = ..., document_expiry: _Optional[str] = ..., long_term: _Optional[bool] = ..., phone_number: _Optional[str] = ..., email: _Optional[str] = ..., files: _Optional[_Iterable[_Union[ManualFile, _Mapping]]] = ..., ticket: _Optional[str] = ..., accepted_document_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SubmitManualResponse(_message.Message):
    __slots__ = ("submission",)
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    submission: ManualSubmission
    def __init__(self, submission: _Optional[_Union[ManualSubmission, _Mapping]] = ...) -> None: ...

class GetManualRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetManualResponse(_message.Message):
    __slots__ = ("required_files", "offered", "hours", "submission")
    REQUIRED_FILES_FIELD_NUMBER: _ClassVar[int]
    OFFERED_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    SUBMISSION_FIELD_NUMBER: _ClassVar[int]
    required_files: _containers.RepeatedScalarFieldContainer[str]
    offered: bool
    hours: int
    submission: ManualSubmission
    def __init__(self, required_files: _Optional[_Iterable[str]] = ..., offered: _Optional[bool] = ..., hours: _Optional[int] = ..., submission: _Optional[_Union[ManualSubmission, _Mapping]] = ...) -> None: ...

class ManualSubmission(_message.Message):
    __slots__ = ("attempt", "document_type", "phone_number_masked", "files", "submitted_at", "due_at")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    attempt: _identity_pb2.Attempt
    document_type: str
    phone_number_masked: str
    files: _containers.RepeatedCompositeFieldContainer[ManualFile]
    submitted_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    def __init__(self, attempt: _Optional[_Union[_identity_pb2.Attempt, _Mapping]] = ..., document_type: _Optional[str] = ..., phone_number_masked: _Optional[str] = ..., files: _Optional[_Iterable[_Union[ManualFile, _Mapping]]] = ..., submitted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
