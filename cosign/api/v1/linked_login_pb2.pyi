import datetime

from cosign.api.v1 import login_pb2 as _login_pb2
from cosign.api.v1 import session_pb2 as _session_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkedProvider(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINKED_PROVIDER_UNSPECIFIED: _ClassVar[LinkedProvider]
    LINKED_PROVIDER_WECHAT: _ClassVar[LinkedProvider]
    LINKED_PROVIDER_ALIPAY: _ClassVar[LinkedProvider]
    LINKED_PROVIDER_NETWORK_IDENTITY: _ClassVar[LinkedProvider]

class NetworkIdentityLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NETWORK_IDENTITY_LEVEL_UNSPECIFIED: _ClassVar[NetworkIdentityLevel]
    NETWORK_IDENTITY_LEVEL_CREDENTIAL: _ClassVar[NetworkIdentityLevel]
    NETWORK_IDENTITY_LEVEL_PASSWORD: _ClassVar[NetworkIdentityLevel]
    NETWORK_IDENTITY_LEVEL_FACE: _ClassVar[NetworkIdentityLevel]
LINKED_PROVIDER_UNSPECIFIED: LinkedProvider
LINKED_PROVIDER_WECHAT: LinkedProvider
LINKED_PROVIDER_ALIPAY: LinkedProvider
LINKED_PROVIDER_NETWORK_IDENTITY: LinkedProvider
NETWORK_IDENTITY_LEVEL_UNSPECIFIED: NetworkIdentityLevel
NETWORK_IDENTITY_LEVEL_CREDENTIAL: NetworkIdentityLevel
NETWORK_IDENTITY_LEVEL_PASSWORD: NetworkIdentityLevel
NETWORK_IDENTITY_LEVEL_FACE: NetworkIdentityLevel

class ListLoginMethodsRequest(_message.Message):
    __slots__ = ("brand",)
    BRAND_FIELD_NUMBER: _ClassVar[int]
    brand: str
    def __init__(self, brand: _Optional[str] = ...) -> None: ...

class OfferedLogin(_message.Message):
    __slots__ = ("method", "available")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    method: str
    available: bool
    def __init__(self, method: _Optional[str] = ..., available: _Optional[bool] = ...) -> None: ...

class ListLoginMethodsResponse(_message.Message):
    __slots__ = ("methods",)
    METHODS_FIELD_NUMBER: _ClassVar[int]
    methods: _containers.RepeatedCompositeFieldContainer[OfferedLogin]
    def __init__(self, methods: _Optional[_Iterable[_Union[OfferedLogin, _Mapping]]] = ...) -> None: ...

class BeginAuthorisationRequest(_message.Message):
    __slots__ = ("brand", "provider", "public_key")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    brand: str
    provider: LinkedProvider
    public_key: bytes
    def __init__(self, brand: _Optional[str] = ..., provider: _Optional[_Union[LinkedProvider, str]] = ..., public_key: _Optional[bytes] = ...) -> None: ...

class Authorisation(_message.Message):
    __slots__ = ("state", "app_id", "scope", "signed_request", "expires_at")
    STATE_FIELD_NUMBER: _ClassVar[int]
    APP_ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    SIGNED_REQUEST_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    state: str
    app_id: str
    scope: str
    signed_request: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, state: _Optional[str] = ..., app_id: _Optional[str] = ..., scope: _Optional[str] = ..., signed_request: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BeginAuthorisationResponse(_message.Message):
    __slots__ = ("authorisation",)
    AUTHORISATION_FIELD_NUMBER: _ClassVar[int]
    authorisation: Authorisation
    def __init__(self, authorisation: _Optional[_Union[Authorisation, _Mapping]] = ...) -> None: ...

class LoginOneTapRequest(_message.Message):
    __slots__ = ("brand", "carrier_token", "accepted", "device", "new_account")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    CARRIER_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NEW_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    brand: str
    carrier_token: str
    accepted: _containers.RepeatedCompositeFieldContainer[_login_pb2.AcceptedDocument]
    device: _login_pb2.LoginDevice
    new_account: bool
    def __init__(self, brand: _Optional[str] = ..., carrier_token: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_login_pb2.AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[_login_pb2.LoginDevice, _Mapping]] = ..., new_account: _Optional[bool] = ...) -> None: ...

class LoginOneTapResponse(_message.Message):
    __slots__ = ("session", "half", "phone_number_masked")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: _login_pb2.HalfSession
    phone_number_masked: str
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[_login_pb2.HalfSession, _Mapping]] = ..., phone_number_masked: _Optional[str] = ...) -> None: ...

class LoginThirdPartyRequest(_message.Message):
    __slots__ = ("state", "code", "accepted", "device")
    STATE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    state: str
    code: str
    accepted: _containers.RepeatedCompositeFieldContainer[_login_pb2.AcceptedDocument]
    device: _login_pb2.LoginDevice
    def __init__(self, state: _Optional[str] = ..., code: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_login_pb2.AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[_login_pb2.LoginDevice, _Mapping]] = ...) -> None: ...

class BindingNeeded(_message.Message):
    __slots__ = ("ticket", "name_masked", "expires_at")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    name_masked: str
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, ticket: _Optional[str] = ..., name_masked: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LoginThirdPartyResponse(_message.Message):
    __slots__ = ("session", "half", "binding")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: _login_pb2.HalfSession
    binding: BindingNeeded
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[_login_pb2.HalfSession, _Mapping]] = ..., binding: _Optional[_Union[BindingNeeded, _Mapping]] = ...) -> None: ...

class LoginNetworkIdentityRequest(_message.Message):
    __slots__ = ("state", "result", "accepted", "device", "bind_existing")
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    BIND_EXISTING_FIELD_NUMBER: _ClassVar[int]
    state: str
    result: str
    accepted: _containers.RepeatedCompositeFieldContainer[_login_pb2.AcceptedDocument]
    device: _login_pb2.LoginDevice
    bind_existing: bool
    def __init__(self, state: _Optional[str] = ..., result: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_login_pb2.AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[_login_pb2.LoginDevice, _Mapping]] = ..., bind_existing: _Optional[bool] = ...) -> None: ...

class LoginNetworkIdentityResponse(_message.Message):
    __slots__ = ("session", "half", "binding", "level")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: _login_pb2.HalfSession
    binding: BindingNeeded
    level: NetworkIdentityLevel
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[_login_pb2.HalfSession, _Mapping]] = ..., binding: _Optional[_Union[BindingNeeded, _Mapping]] = ..., level: _Optional[_Union[NetworkIdentityLevel, str]] = ...) -> None: ...

class LoginAndBindRequest(_message.Message):
    __slots__ = ("binding_ticket", "ticket", "accepted", "device", "new_account")
    BINDING_TICKET_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    NEW_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    binding_ticket: str
    ticket: str
    accepted: _containers.RepeatedCompositeFieldContainer[_login_pb2.AcceptedDocument]
    device: _login_pb2.LoginDevice
    new_account: bool
    def __init__(self, binding_ticket: _Optional[str] = ..., ticket: _Optional[str] = ..., accepted: _Optional[_Iterable[_Union[_login_pb2.AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[_login_pb2.LoginDevice, _Mapping]] = ..., new_account: _Optional[bool] = ...) -> None: ...

class LoginAndBindResponse(_message.Message):
    __slots__ = ("session", "half", "binding")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    HALF_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    half: _login_pb2.HalfSession
    binding: Binding
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ..., half: _Optional[_Union[_login_pb2.HalfSession, _Mapping]] = ..., binding: _Optional[_Union[Binding, _Mapping]] = ...) -> None: ...

class Binding(_message.Message):
    __slots__ = ("provider", "binding_id", "name_masked", "bound_at", "level")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    BINDING_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    BOUND_AT_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    provider: LinkedProvider
    binding_id: str
    name_masked: str
    bound_at: _timestamp_pb2.Timestamp
    level: NetworkIdentityLevel
    def __init__(self, provider: _Optional[_Union[LinkedProvider, str]] = ..., binding_id: _Optional[str] = ..., name_masked: _Optional[str] = ..., bound_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., level: _Optional[_Union[NetworkIdentityLevel, str]] = ...) -> None: ...

class ListBindingsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListBindingsResponse(_message.Message):
    __slots__ = ("bindings",)
    BINDINGS_FIELD_NUMBER: _ClassVar[int]
    bindings: _containers.RepeatedCompositeFieldContainer[Binding]
    def __init__(self, bindings: _Optional[_Iterable[_Union[Binding, _Mapping]]] = ...) -> None: ...

class BeginBindingRequest(_message.Message):
    __slots__ = ("provider",)
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    provider: LinkedProvider
    def __init__(self, provider: _Optional[_Union[LinkedProvider, str]] = ...) -> None: ...

class BeginBindingResponse(_message.Message):
    __slots__ = ("authorisation",)
    AUTHORISATION_FIELD_NUMBER: _ClassVar[int]
    authorisation: Authorisation
    def __init__(self, authorisation: _Optional[_Union[Authorisation, _Mapping]] = ...) -> None: ...

class BindRequest(_message.Message):
    __slots__ = ("state", "code", "ticket")
    STATE_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    state: str
    code: str
    ticket: str
    def __init__(self, state: _Optional[str] = ..., code: _Optional[str] = ..., ticket: _Optional[str] = ...) -> None: ...

class BindResponse(_message.Message):
    __slots__ = ("binding",)
    BINDING_FIELD_NUMBER: _ClassVar[int]
    binding: Binding
    def __init__(self, binding: _Optional[_Union[Binding, _Mapping]] = ...) -> None: ...

class UnbindRequest(_message.Message):
    __slots__ = ("request_id", "binding_id", "ticket")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BINDING_ID_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    binding_id: str
    ticket: str
    def __init__(self, request_id: _Optional[str] = ..., binding_id: _Optional[str] = ..., ticket: _Optional[str] = ...) -> None: ...

class UnbindResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AddPhoneNumberRequest(_message.Message):
    __slots__ = ("request_id", "ticket", "proof")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    ticket: str
    proof: _session_pb2.KeyProof
    def __init__(self, request_id: _Optional[str] = ..., ticket: _Optional[str] = ..., proof: _Optional[_Union[_session_pb2.KeyProof, _Mapping]] = ...) -> None: ...

class AddPhoneNumberResponse(_message.Message):
    __slots__ = ("phone_number_masked",)
    PHONE_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    phone_number_masked: str
    def __init__(self, phone_number_masked: _Optional[str] = ...) -> None: ...
