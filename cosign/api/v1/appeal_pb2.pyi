from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AppealState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPEAL_STATE_UNSPECIFIED: _ClassVar[AppealState]
    APPEAL_STATE_IN_REVIEW: _ClassVar[AppealState]
    APPEAL_STATE_ACCEPTED: _ClassVar[AppealState]
    APPEAL_STATE_REFUSED: _ClassVar[AppealState]
APPEAL_STATE_UNSPECIFIED: AppealState
APPEAL_STATE_IN_REVIEW: AppealState
APPEAL_STATE_ACCEPTED: AppealState
APPEAL_STATE_REFUSED: AppealState

class AppealAccountRequest(_message.Message):
    __slots__ = ("ticket", "name", "document_number")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    name: str
    document_number: str
    def __init__(self, ticket: _Optional[str] = ..., name: _Optional[str] = ..., document_number: _Optional[str] = ...) -> None: ...

class AppealAccountResponse(_message.Message):
    __slots__ = ("appeal_id", "appeal_secret")
    APPEAL_ID_FIELD_NUMBER: _ClassVar[int]
    APPEAL_SECRET_FIELD_NUMBER: _ClassVar[int]
    appeal_id: str
    appeal_secret: str
    def __init__(self, appeal_id: _Optional[str] = ..., appeal_secret: _Optional[str] = ...) -> None: ...

class GetAppealRequest(_message.Message):
    __slots__ = ("appeal_id", "appeal_secret")
    APPEAL_ID_FIELD_NUMBER: _ClassVar[int]
    APPEAL_SECRET_FIELD_NUMBER: _ClassVar[int]
    appeal_id: str
    appeal_secret: str
    def __init__(self, appeal_id: _Optional[str] = ..., appeal_secret: _Optional[str] = ...) -> None: ...

class GetAppealResponse(_message.Message):
    __slots__ = ("state", "reason")
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    state: AppealState
    reason: str
    def __init__(self, state: _Optional[_Union[AppealState, str]] = ..., reason: _Optional[str] = ...) -> None: ...
