import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NumberChangeState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NUMBER_CHANGE_STATE_UNSPECIFIED: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_IN_REVIEW: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_WAITING: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_DONE: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_CANCELLED: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_REFUSED: _ClassVar[NumberChangeState]
    NUMBER_CHANGE_STATE_FAILED: _ClassVar[NumberChangeState]
NUMBER_CHANGE_STATE_UNSPECIFIED: NumberChangeState
NUMBER_CHANGE_STATE_IN_REVIEW: NumberChangeState
NUMBER_CHANGE_STATE_WAITING: NumberChangeState
NUMBER_CHANGE_STATE_DONE: NumberChangeState
NUMBER_CHANGE_STATE_CANCELLED: NumberChangeState
NUMBER_CHANGE_STATE_REFUSED: NumberChangeState
NUMBER_CHANGE_STATE_FAILED: NumberChangeState

class NumberChange(_message.Message):
    __slots__ = ("change_id", "state", "requested_at", "due_at")
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_AT_FIELD_NUMBER: _ClassVar[int]
    DUE_AT_FIELD_NUMBER: _ClassVar[int]
    change_id: str
    state: NumberChangeState
    requested_at: _timestamp_pb2.Timestamp
    due_at: _timestamp_pb2.Timestamp
    def __init__(self, change_id: _Optional[str] = ..., state: _Optional[_Union[NumberChangeState, str]] = ..., requested_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RequestNumberChangeRequest(_message.Message):
    __slots__ = ("request_id", "new_ticket", "identity_attempt_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_TICKET_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    new_ticket: str
    identity_attempt_id: str
    def __init__(self, request_id: _Optional[str] = ..., new_ticket: _Optional[str] = ..., identity_attempt_id: _Optional[str] = ...) -> None: ...

class RequestNumberChangeResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: NumberChange
    def __init__(self, change: _Optional[_Union[NumberChange, _Mapping]] = ...) -> None: ...

class GetNumberChangeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNumberChangeResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: NumberChange
    def __init__(self, change: _Optional[_Union[NumberChange, _Mapping]] = ...) -> None: ...

class CancelNumberChangeRequest(_message.Message):
    __slots__ = ("change_id",)
    CHANGE_ID_FIELD_NUMBER: _ClassVar[int]
    change_id: str
    def __init__(self, change_id: _Optional[str] = ...) -> None: ...

class CancelNumberChangeResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: NumberChange
    def __init__(self, change: _Optional[_Union[NumberChange, _Mapping]] = ...) -> None: ...
