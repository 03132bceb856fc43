import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CodePurpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CODE_PURPOSE_UNSPECIFIED: _ClassVar[CodePurpose]
    CODE_PURPOSE_REGISTER: _ClassVar[CodePurpose]
    CODE_PURPOSE_LOGIN: _ClassVar[CodePurpose]
    CODE_PURPOSE_RESET_PASSWORD: _ClassVar[CodePurpose]
    CODE_PURPOSE_IDENTITY: _ClassVar[CodePurpose]
    CODE_PURPOSE_APPLICANT: _ClassVar[CodePurpose]
    CODE_PURPOSE_LEGAL_REPRESENTATIVE: _ClassVar[CodePurpose]
    CODE_PURPOSE_LETTER: _ClassVar[CodePurpose]
    CODE_PURPOSE_BIND: _ClassVar[CodePurpose]
    CODE_PURPOSE_CHANGE_NUMBER: _ClassVar[CodePurpose]
    CODE_PURPOSE_STEP_UP: _ClassVar[CodePurpose]
    CODE_PURPOSE_APPEAL: _ClassVar[CodePurpose]
CODE_PURPOSE_UNSPECIFIED: CodePurpose
CODE_PURPOSE_REGISTER: CodePurpose
CODE_PURPOSE_LOGIN: CodePurpose
CODE_PURPOSE_RESET_PASSWORD: CodePurpose
CODE_PURPOSE_IDENTITY: CodePurpose
CODE_PURPOSE_APPLICANT: CodePurpose
CODE_PURPOSE_LEGAL_REPRESENTATIVE: CodePurpose
CODE_PURPOSE_LETTER: CodePurpose
CODE_PURPOSE_BIND: CodePurpose
CODE_PURPOSE_CHANGE_NUMBER: CodePurpose
CODE_PURPOSE_STEP_UP: CodePurpose
CODE_PURPOSE_APPEAL: CodePurpose

class GetCaptchaRequest(_message.Message):
    __slots__ = ("brand",)
    BRAND_FIELD_NUMBER: _ClassVar[int]
    brand: str
    def __init__(self, brand: _Optional[str] = ...) -> None: ...

class GetCaptchaResponse(_message.Message):
    __slots__ = ("captcha_id", "image", "expires_at")
    CAPTCHA_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    captcha_id: str
    image: bytes
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, captcha_id: _Optional[str] = ..., image: _Optional[bytes] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SendCodeRequest(_message.Message):
    __slots__ = ("brand", "phone_number", "purpose", "captcha_id", "captcha_answer", "installation_id")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_ANSWER_FIELD_NUMBER: _ClassVar[int]
    INSTALLATION_ID_FIELD_NUMBER: _ClassVar[int]
    brand: str
    phone_number: str
    purpose: CodePurpose
    captcha_id: str
    captcha_answer: str
    installation_id: str
    def __init__(self, brand: _Optional[str] = ..., phone_number: _Optional[str] = ..., purpose: _Optional[_Union[CodePurpose, str]] = ..., captcha_id: _Optional[str] = ..., captcha_answer: _Optional[str] = ..., installation_id: _Optional[str] = ...) -> None: ...

class SendCodeResponse(_message.Message):
    __slots__ = ("expires_at", "resend_at")
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    RESEND_AT_FIELD_NUMBER: _ClassVar[int]
    expires_at: _timestamp_pb2.Timestamp
    resend_at: _timestamp_pb2.Timestamp
    def __init__(self, expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., resend_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VerifyCodeRequest(_message.Message):
    __slots__ = ("brand", "phone_number", "purpose", "code")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    phone_number: str
    purpose: CodePurpose
    code: str
    def __init__(self, brand: _Optional[str] = ..., phone_number: _Optional[str] = ..., purpose: _Optional[_Union[CodePurpose, str]] = ..., code: _Optional[str] = ...) -> None: ...

class VerifyCodeResponse(_message.Message):
    __slots__ = ("ticket", "expires_at")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, ticket: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
