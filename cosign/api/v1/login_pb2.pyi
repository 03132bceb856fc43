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

class SecondStep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECOND_STEP_UNSPECIFIED: _ClassVar[SecondStep]
    SECOND_STEP_PASSWORD: _ClassVar[SecondStep]
    SECOND_STEP_CODE: _ClassVar[SecondStep]
    SECOND_STEP_FIRST_PASSWORD: _ClassVar[SecondStep]
SECOND_STEP_UNSPECIFIED: SecondStep
SECOND_STEP_PASSWORD: SecondStep
SECOND_STEP_CODE: SecondStep
SECOND_STEP_FIRST_PASSWORD: SecondStep

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

class HalfSession(_message.Message):
    __slots__ = ("ticket", "step", "expires_at")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    step: SecondStep
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, ticket: _Optional[str] = ..., step: _Optional[_Union[SecondStep, str]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class AcceptedDocument(_message.Message):
    __slots__ = ("document_id",)
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    def __init__(self, document_id: _Optional[str] = ...) -> None: ...

class RegisterRequest(_message.Message):
    __slots__ = ("ticket", "password", "confirmation", "accepted", "device", "new_account")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NEW_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    password: str
    confirmation: str
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    device: LoginDevice
    new_account: bool
    def __init__(self, ticket: _Optional[str] = ..., password: _Optional[str] = ..., confirmation: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ..., new_account: _Optional[bool] = ...) -> None: ...

class RegisterResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class LoginSmsRequest(_message.Message):
    __slots__ = ("ticket", "accepted", "device", "new_account")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NEW_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    device: LoginDevice
    new_account: bool
    def __init__(self, ticket: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ..., new_account: _Optional[bool] = ...) -> None: ...

class LoginSmsResponse(_message.Message):
    __slots__ = ("session", "half")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: HalfSession
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[HalfSession, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("session", "half")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: HalfSession
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[HalfSession, _Mapping]] = ...) -> None: ...

class EnterPasswordRequest(_message.Message):
    __slots__ = ("ticket", "password", "device", "accepted")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    password: str
    device: LoginDevice
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    def __init__(self, ticket: _Optional[str] = ..., password: _Optional[str] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ...) -> None: ...

class EnterPasswordResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class EnterCodeRequest(_message.Message):
    __slots__ = ("ticket", "code_ticket", "device", "accepted")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    CODE_TICKET_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    code_ticket: str
    device: LoginDevice
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    def __init__(self, ticket: _Optional[str] = ..., code_ticket: _Optional[str] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ...) -> None: ...

class EnterCodeResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...

class ChooseFirstPasswordRequest(_message.Message):
    __slots__ = ("ticket", "password", "confirmation", "device", "accepted")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    password: str
    confirmation: str
    device: LoginDevice
    accepted: _containers.RepeatedCompositeFieldContainer[AcceptedDocument]
    def __init__(self, ticket: _Optional[str] = ..., password: _Optional[str] = ..., confirmation: _Optional[str] = ..., device: _Optional[_Union[LoginDevice, _Mapping]] = ..., accepted: _Optional[_Iterable[_Union[AcceptedDocument, _Mapping]]] = ...) -> None: ...

class ChooseFirstPasswordResponse(_message.Message):
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
