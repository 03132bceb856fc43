import datetime

from cosign.api.v1 import login_pb2 as _login_pb2
from cosign.api.v1 import session_pb2 as _session_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BeginCertificateLoginRequest(_message.Message):
    __slots__ = ("brand", "document_number", "key_id", "public_key", "proof")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    brand: str
    document_number: str
    key_id: str
    public_key: bytes
    proof: _session_pb2.KeyProof
    def __init__(self, brand: _Optional[str] = ..., document_number: _Optional[str] = ..., key_id: _Optional[str] = ..., public_key: _Optional[bytes] = ..., proof: _Optional[_Union[_session_pb2.KeyProof, _Mapping]] = ...) -> None: ...

class BeginCertificateLoginResponse(_message.Message):
    __slots__ = ("challenge", "expires_at")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, challenge: _Optional[bytes] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FinishCertificateLoginRequest(_message.Message):
    __slots__ = ("challenge", "signature", "accepted", "device")
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    signature: bytes
    accepted: _containers.RepeatedCompositeFieldContainer[_login_pb2.AcceptedDocument]
    device: _login_pb2.LoginDevice
    def __init__(self, challenge: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., accepted: _Optional[_Iterable[_Union[_login_pb2.AcceptedDocument, _Mapping]]] = ..., device: _Optional[_Union[_login_pb2.LoginDevice, _Mapping]] = ...) -> None: ...

class FinishCertificateLoginResponse(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: _session_pb2.Session
    def __init__(self, session: _Optional[_Union[_session_pb2.Session, _Mapping]] = ...) -> None: ...
