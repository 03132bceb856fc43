import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccountDevice(_message.Message):
    __slots__ = ("device_id", "label", "platform", "os_version", "app_version", "state", "last_login_at", "biometric", "calling")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_LOGIN_AT_FIELD_NUMBER: _ClassVar[int]
    BIOMETRIC_FIELD_NUMBER: _ClassVar[int]
    CALLING_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    label: str
    platform: str
    os_version: str
    app_version: str
    state: str
    last_login_at: _timestamp_pb2.Timestamp
    biometric: bool
    calling: bool
    def __init__(self, device_id: _Optional[str] = ..., label: _Optional[str] = ..., platform: _Optional[str] = ..., os_version: _Optional[str] = ..., app_version: _Optional[str] = ..., state: _Optional[str] = ..., last_login_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., biometric: _Optional[bool] = ..., calling: _Optional[bool] = ...) -> None: ...

class Login(_message.Message):
    __slots__ = ("time", "method", "result", "device_id", "device_label", "network")
    TIME_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_LABEL_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    method: str
    result: str
    device_id: str
    device_label: str
    network: str
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., method: _Optional[str] = ..., result: _Optional[str] = ..., device_id: _Optional[str] = ..., device_label: _Optional[str] = ..., network: _Optional[str] = ...) -> None: ...

class ListLoginsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListLoginsResponse(_message.Message):
    __slots__ = ("logins", "next_page_token")
    LOGINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    logins: _containers.RepeatedCompositeFieldContainer[Login]
    next_page_token: str
    def __init__(self, logins: _Optional[_Iterable[_Union[Login, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListAccountDevicesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountDevicesResponse(_message.Message):
    __slots__ = ("devices", "next_page_token")
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    devices: _containers.RepeatedCompositeFieldContainer[AccountDevice]
    next_page_token: str
    def __init__(self, devices: _Optional[_Iterable[_Union[AccountDevice, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UnbindAccountDeviceRequest(_message.Message):
    __slots__ = ("request_id", "device_id", "ticket")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    device_id: str
    ticket: str
    def __init__(self, request_id: _Optional[str] = ..., device_id: _Optional[str] = ..., ticket: _Optional[str] = ...) -> None: ...

class UnbindAccountDeviceResponse(_message.Message):
    __slots__ = ("left",)
    LEFT_FIELD_NUMBER: _ClassVar[int]
    left: int
    def __init__(self, left: _Optional[int] = ...) -> None: ...

class BlockDeviceRequest(_message.Message):
    __slots__ = ("device_id",)
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    def __init__(self, device_id: _Optional[str] = ...) -> None: ...

class BlockDeviceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReleaseDeviceRequest(_message.Message):
    __slots__ = ("device_id", "ticket")
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    device_id: str
    ticket: str
    def __init__(self, device_id: _Optional[str] = ..., ticket: _Optional[str] = ...) -> None: ...

class ReleaseDeviceResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetDevicePreferencesRequest(_message.Message):
    __slots__ = ("remember_pin", "suppress_guide")
    REMEMBER_PIN_FIELD_NUMBER: _ClassVar[int]
    SUPPRESS_GUIDE_FIELD_NUMBER: _ClassVar[int]
    remember_pin: bool
    suppress_guide: bool
    def __init__(self, remember_pin: _Optional[bool] = ..., suppress_guide: _Optional[bool] = ...) -> None: ...

class SetDevicePreferencesResponse(_message.Message):
    __slots__ = ("remember_pin", "guide_suppressed_until")
    REMEMBER_PIN_FIELD_NUMBER: _ClassVar[int]
    GUIDE_SUPPRESSED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    remember_pin: bool
    guide_suppressed_until: _timestamp_pb2.Timestamp
    def __init__(self, remember_pin: _Optional[bool] = ..., guide_suppressed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EnrolBiometricRequest(_message.Message):
    __slots__ = ("public_key", "proof")
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    public_key: bytes
    proof: bytes
    def __init__(self, public_key: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class EnrolBiometricResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DisableBiometricRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DisableBiometricResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
