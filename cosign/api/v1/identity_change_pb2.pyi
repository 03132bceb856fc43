from cosign.api.v1 import identity_pb2 as _identity_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetChangesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetChangesResponse(_message.Message):
    __slots__ = ("change", "renew", "expired", "document_expiry", "reverify", "key_holder_device_id")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    RENEW_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    REVERIFY_FIELD_NUMBER: _ClassVar[int]
    KEY_HOLDER_DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    change: bool
    renew: bool
    expired: bool
    document_expiry: str
    reverify: bool
    key_holder_device_id: str
    def __init__(self, change: _Optional[bool] = ..., renew: _Optional[bool] = ..., expired: _Optional[bool] = ..., document_expiry: _Optional[str] = ..., reverify: _Optional[bool] = ..., key_holder_device_id: _Optional[str] = ...) -> None: ...

class ChangeIdentityRequest(_message.Message):
    __slots__ = ("request_id", "verification")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    verification: _identity_pb2.StartVerificationRequest
    def __init__(self, request_id: _Optional[str] = ..., verification: _Optional[_Union[_identity_pb2.StartVerificationRequest, _Mapping]] = ...) -> None: ...

class ChangeIdentityResponse(_message.Message):
    __slots__ = ("attempt", "session")
    class SessionEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    attempt: _identity_pb2.Attempt
    session: _containers.ScalarMap[str, str]
    def __init__(self, attempt: _Optional[_Union[_identity_pb2.Attempt, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ReverifyRequest(_message.Message):
    __slots__ = ("request_id", "method", "name", "document_number", "credential", "return_url", "accepted_document_ids")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    RETURN_URL_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_DOCUMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    method: str
    name: str
    document_number: str
    credential: str
    return_url: str
    accepted_document_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., method: _Optional[str] = ..., name: _Optional[str] = ..., document_number: _Optional[str] = ..., credential: _Optional[str] = ..., return_url: _Optional[str] = ..., accepted_document_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReverifyResponse(_message.Message):
    __slots__ = ("attempt", "session")
    class SessionEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    attempt: _identity_pb2.Attempt
    session: _containers.ScalarMap[str, str]
    def __init__(self, attempt: _Optional[_Union[_identity_pb2.Attempt, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...
