import datetime

from cosign.api.v1 import session_pb2 as _session_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
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

class LoginDevice(_message.Message):
    __slots__ = ("public_key", "label", "platform", "os_version", "app_version", "push_token", "proof")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    PUSH_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    label: str
    platform: str
    os_version: str
    app_version: str
    push_token: str
    proof: _session_pb2.KeyProof
    def __init__(self, public_key: _Optional[bytes] = ..., label: _Optional[str] = ..., platform: _Optional[str] = ..., os_version: _Optional[str] = ..., app_version: _Optional[str] = ..., push_token: _Optional[str] = ..., proof: _Optional[_Union[_session_pb2.KeyProof, _Mapping]] = ...) -> None: ...

class AcceptedDocument(_message.Message):
    __slots__ = ("document_id",)
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    def __init__(self, document_id: _Optional[str] = ...) -> None: ...

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

class RegisterRequest(_message.Message):
    __slots__ = ("ticket", "password", "confirmation", "accepted", "device")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    password: str
    confirmation: str
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    device: LoginDevice
    def __init__(self, ticket: _Optional[str] = ..., password: _Optional[str] = ..., confirmation: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ...) -> None: ...

class RegisterResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class LoginSmsRequest(_message.Message):
    __slots__ = ("ticket", "accepted", "device")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    device: LoginDevice
    def __init__(self, ticket: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ...) -> None: ...

class LoginSmsResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class LoginPasswordRequest(_message.Message):
    __slots__ = ("brand", "phone_number", "password", "accepted", "device")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    phone_number: str
    password: str
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    device: LoginDevice
    def __init__(self, brand: _Optional[str] = ..., phone_number: _Optional[str] = ..., password: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ...) -> None: ...

class LoginPasswordResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class EnterPasswordRequest(_message.Message):
    __slots__ = ("password",)
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    password: str
    def __init__(self, password: _Optional[str] = ...) -> None: ...

class EnterPasswordResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class ResetPasswordRequest(_message.Message):
    __slots__ = ("ticket", "new_password", "confirmation")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    new_password: str
    confirmation: str
    def __init__(self, ticket: _Optional[str] = ..., new_password: _Optional[str] = ..., confirmation: _Optional[str] = ...) -> None: ...

class ResetPasswordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BeginBiometricLoginRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class BeginBiometricLoginResponse(_message.Message):
    __slots__ = ("challenge", "expires_at")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, challenge: _Optional[bytes] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FinishBiometricLoginRequest(_message.Message):
    __slots__ = ("device_id", "challenge", "signature", "proof")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    challenge: bytes
    signature: bytes
    proof: _session_pb2.KeyProof
    def __init__(self, device_id: _Optional[str] = ..., challenge: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., proof: _Optional[_Union[_session_pb2.KeyProof, _Mapping]] = ...) -> None: ...

class FinishBiometricLoginResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...
