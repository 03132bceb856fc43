import datetime

from cosign.api.v1 import identity_pb2 as _identity_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IdentityLinkState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_LINK_STATE_UNSPECIFIED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_ISSUED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_PHONE_PROVED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_CHECKING: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_PROVED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_FAILED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_EXPIRED: _ClassVar[IdentityLinkState]
    IDENTITY_LINK_STATE_WITHDRAWN: _ClassVar[IdentityLinkState]
IDENTITY_LINK_STATE_UNSPECIFIED: IdentityLinkState
IDENTITY_LINK_STATE_ISSUED: IdentityLinkState
IDENTITY_LINK_STATE_PHONE_PROVED: IdentityLinkState
IDENTITY_LINK_STATE_CHECKING: IdentityLinkState
IDENTITY_LINK_STATE_PROVED: IdentityLinkState
IDENTITY_LINK_STATE_FAILED: IdentityLinkState
IDENTITY_LINK_STATE_EXPIRED: IdentityLinkState
IDENTITY_LINK_STATE_WITHDRAWN: IdentityLinkState

class IdentityLink(_message.Message):
    __slots__ = ("link_id", "brand", "state", "name_masked", "document_number_masked", "phone_number_masked", "reason", "checks_left", "methods", "expires_at", "level")
    LINK_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CHECKS_LEFT_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    link_id: str
    brand: str
    state: IdentityLinkState
    name_masked: str
    document_number_masked: str
    phone_number_masked: str
    reason: str
    checks_left: int
    methods: _containers.RepeatedScalarFieldContainer[str]
    expires_at: _timestamp_pb2.Timestamp
    level: _identity_pb2.AssuranceLevel
    def __init__(self, link_id: _Optional[str] = ..., brand: _Optional[str] = ..., state: _Optional[_Union[IdentityLinkState, str]] = ..., name_masked: _Optional[str] = ..., document_number_masked: _Optional[str] = ..., phone_number_masked: _Optional[str] = ..., reason: _Optional[str] = ..., checks_left: _Optional[int] = ..., methods: _Optional[_Iterable[str]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., level: _Optional[_Union[_identity_pb2.AssuranceLevel, str]] = ...) -> None: ...

class OpenLinkRequest(_message.Message):
    __slots__ = ("token",)
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    token: str
    def __init__(self, token: _Optional[str] = ...) -> None: ...

class OpenLinkResponse(_message.Message):
    __slots__ = ("link",)
    LINK_FIELD_NUMBER: _ClassVar[int]
    link: IdentityLink
    def __init__(self, link: _Optional[_Union[IdentityLink, _Mapping]] = ...) -> None: ...

class SendLinkCodeRequest(_message.Message):
    __slots__ = ("token", "captcha_id", "captcha_answer")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_ANSWER_FIELD_NUMBER: _ClassVar[int]
    token: str
    captcha_id: str
    captcha_answer: str
    def __init__(self, token: _Optional[str] = ..., captcha_id: _Optional[str] = ..., captcha_answer: _Optional[str] = ...) -> None: ...

class SendLinkCodeResponse(_message.Message):
    __slots__ = ("expires_at", "resend_at")
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    RESEND_AT_FIELD_NUMBER: _ClassVar[int]
    expires_at: _timestamp_pb2.Timestamp
    resend_at: _timestamp_pb2.Timestamp
    def __init__(self, expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resend_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProveLinkNumberRequest(_message.Message):
    __slots__ = ("token", "code")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    token: str
    code: str
    def __init__(self, token: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class ProveLinkNumberResponse(_message.Message):
    __slots__ = ("link", "continuation")
    LINK_FIELD_NUMBER: _ClassVar[int]
    CONTINUATION_FIELD_NUMBER: _ClassVar[int]
    link: IdentityLink
    continuation: str
    def __init__(self, link: _Optional[_Union[IdentityLink, _Mapping]] = ..., continuation: _Optional[str] = ...) -> None: ...

class BeginLinkCheckRequest(_message.Message):
    __slots__ = ("continuation", "method", "return_url")
    CONTINUATION_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RETURN_URL_FIELD_NUMBER: _ClassVar[int]
    continuation: str
    method: str
    return_url: str
    def __init__(self, continuation: _Optional[str] = ..., method: _Optional[str] = ..., return_url: _Optional[str] = ...) -> None: ...

class BeginLinkCheckResponse(_message.Message):
    __slots__ = ("link", "session")
    class SessionEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LINK_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    link: IdentityLink
    session: _containers.ScalarMap[str, str]
    def __init__(self, link: _Optional[_Union[IdentityLink, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...

class GetLinkRequest(_message.Message):
    __slots__ = ("continuation",)
    CONTINUATION_FIELD_NUMBER: _ClassVar[int]
    continuation: str
    def __init__(self, continuation: _Optional[str] = ...) -> None: ...

class GetLinkResponse(_message.Message):
    __slots__ = ("link", "session")
    class SessionEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LINK_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    link: IdentityLink
    session: _containers.ScalarMap[str, str]
    def __init__(self, link: _Optional[_Union[IdentityLink, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...
