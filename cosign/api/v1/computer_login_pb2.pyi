import datetime

from cosign.api.v1 import session_pb2 as _session_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ComputerLoginState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPUTER_LOGIN_STATE_UNSPECIFIED: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_WAITING: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_SCANNED: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_CONFIRMED: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_REFUSED: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_EXPIRED: _ClassVar[ComputerLoginState]
    COMPUTER_LOGIN_STATE_CONSUMED: _ClassVar[ComputerLoginState]

class ComputerConfirmation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPUTER_CONFIRMATION_UNSPECIFIED: _ClassVar[ComputerConfirmation]
    COMPUTER_CONFIRMATION_DEVICE: _ClassVar[ComputerConfirmation]
    COMPUTER_CONFIRMATION_BIOMETRIC: _ClassVar[ComputerConfirmation]
    COMPUTER_CONFIRMATION_PIN: _ClassVar[ComputerConfirmation]
COMPUTER_LOGIN_STATE_UNSPECIFIED: ComputerLoginState
COMPUTER_LOGIN_STATE_WAITING: ComputerLoginState
COMPUTER_LOGIN_STATE_SCANNED: ComputerLoginState
COMPUTER_LOGIN_STATE_CONFIRMED: ComputerLoginState
COMPUTER_LOGIN_STATE_REFUSED: ComputerLoginState
COMPUTER_LOGIN_STATE_EXPIRED: ComputerLoginState
COMPUTER_LOGIN_STATE_CONSUMED: ComputerLoginState
COMPUTER_CONFIRMATION_UNSPECIFIED: ComputerConfirmation
COMPUTER_CONFIRMATION_DEVICE: ComputerConfirmation
COMPUTER_CONFIRMATION_BIOMETRIC: ComputerConfirmation
COMPUTER_CONFIRMATION_PIN: ComputerConfirmation

class BeginComputerLoginRequest(_message.Message):
    __slots__ = ("brand", "label")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    brand: str
    label: str
    def __init__(self, brand: _Optional[str] = ..., label: _Optional[str] = ...) -> None: ...

class BeginComputerLoginResponse(_message.Message):
    __slots__ = ("login_id", "qr_text", "secret", "number", "expires_at")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    QR_TEXT_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    qr_text: str
    secret: str
    number: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, login_id: _Optional[str] = ..., qr_text: _Optional[str] = ..., secret: _Optional[str] = ..., number: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WatchComputerLoginRequest(_message.Message):
    __slots__ = ("login_id", "secret", "state", "wait")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    secret: str
    state: ComputerLoginState
    wait: _duration_pb2.Duration
    def __init__(self, login_id: _Optional[str] = ..., secret: _Optional[str] = ..., state: _Optional[_Union[ComputerLoginState, str]] = ..., wait: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WatchComputerLoginResponse(_message.Message):
    __slots__ = ("state", "session")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    state: ComputerLoginState
    session: ComputerSession
    def __init__(self, state: _Optional[_Union[ComputerLoginState, str]] = ..., session: _Optional[_Union[ComputerSession, _Mapping]] = ...) -> None: ...

class ComputerSession(_message.Message):
    __slots__ = ("access_token", "expires_at", "account_id", "computer_id")
    ACCESS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    COMPUTER_ID_FIELD_NUMBER: _ClassVar[int]
    access_token: str
    expires_at: _timestamp_pb2.Timestamp
    account_id: str
    computer_id: str
    def __init__(self, access_token: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., account_id: _Optional[str] = ..., computer_id: _Optional[str] = ...) -> None: ...

class ScanComputerLoginRequest(_message.Message):
    __slots__ = ("qr_text",)
    QR_TEXT_FIELD_NUMBER: _ClassVar[int]
    qr_text: str
    def __init__(self, qr_text: _Optional[str] = ...) -> None: ...

class ScanComputerLoginResponse(_message.Message):
    __slots__ = ("login_id", "label", "network", "created_at", "expires_at", "confirmation")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    CONFIRMATION_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    label: str
    network: str
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    confirmation: ComputerConfirmation
    def __init__(self, login_id: _Optional[str] = ..., label: _Optional[str] = ..., network: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., confirmation: _Optional[_Union[ComputerConfirmation, str]] = ...) -> None: ...

class ConfirmComputerLoginRequest(_message.Message):
    __slots__ = ("login_id", "number", "proof", "signature", "key_id")
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    number: str
    proof: _session_pb2.KeyProof
    signature: bytes
    key_id: str
    def __init__(self, login_id: _Optional[str] = ..., number: _Optional[str] = ..., proof: _Optional[_Union[_session_pb2.KeyProof, _Mapping]] = ..., signature: _Optional[bytes] = ..., key_id: _Optional[str] = ...) -> None: ...

class ConfirmComputerLoginResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RefuseComputerLoginRequest(_message.Message):
    __slots__ = ("login_id",)
    LOGIN_ID_FIELD_NUMBER: _ClassVar[int]
    login_id: str
    def __init__(self, login_id: _Optional[str] = ...) -> None: ...

class RefuseComputerLoginResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListComputersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListComputersResponse(_message.Message):
    __slots__ = ("computers",)
    COMPUTERS_FIELD_NUMBER: _ClassVar[int]
    computers: _containers.RepeatedCompositeFieldContainer[Computer]
    def __init__(self, computers: _Optional[_Iterable[_Union[Computer, _Mapping]]] = ...) -> None: ...

class Computer(_message.Message):
    __slots__ = ("computer_id", "label", "network", "opened_at", "expires_at", "device_id")
    COMPUTER_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    OPENED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    computer_id: str
    label: str
    network: str
    opened_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    device_id: str
    def __init__(self, computer_id: _Optional[str] = ..., label: _Optional[str] = ..., network: _Optional[str] = ..., opened_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., device_id: _Optional[str] = ...) -> None: ...

class EndComputerRequest(_message.Message):
    __slots__ = ("computer_id",)
    COMPUTER_ID_FIELD_NUMBER: _ClassVar[int]
    computer_id: str
    def __init__(self, computer_id: _Optional[str] = ...) -> None: ...

class EndComputerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetComputerSessionRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetComputerSessionResponse(_message.Message):
    __slots__ = ("account_id", "computer_id", "brand", "phone_number_masked", "name_masked", "verified", "acting_identity_id", "expires_at")
    ACCOUNT_ID_FIELD_NUMBER: _ClassVar[int]
    COMPUTER_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    ACTING_IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    account_id: str
    computer_id: str
    brand: str
    phone_number_masked: str
    name_masked: str
    verified: bool
    acting_identity_id: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, account_id: _Optional[str] = ..., computer_id: _Optional[str] = ..., brand: _Optional[str] = ..., phone_number_masked: _Optional[str] = ..., name_masked: _Optional[str] = ..., verified: _Optional[bool] = ..., acting_identity_id: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LogoutComputerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LogoutComputerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
