import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TokenLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TOKEN_LEVEL_UNSPECIFIED: _ClassVar[TokenLevel]
    TOKEN_LEVEL_SOFTWARE: _ClassVar[TokenLevel]
    TOKEN_LEVEL_SEALED_RECORD: _ClassVar[TokenLevel]
TOKEN_LEVEL_UNSPECIFIED: TokenLevel
TOKEN_LEVEL_SOFTWARE: TokenLevel
TOKEN_LEVEL_SEALED_RECORD: TokenLevel

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("version", "server_id", "identity_public_key", "envelope_keys", "suites", "token_level", "restore_epoch", "server_time", "limits", "brands")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SERVER_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_KEYS_FIELD_NUMBER: _ClassVar[int]
    SUITES_FIELD_NUMBER: _ClassVar[int]
    TOKEN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    RESTORE_EPOCH_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    BRANDS_FIELD_NUMBER: _ClassVar[int]
    version: str
    server_id: str
    identity_public_key: bytes
    envelope_keys: _containers.RepeatedCompositeFieldContainer[EnvelopeKey]
    suites: _containers.RepeatedScalarFieldContainer[str]
    token_level: TokenLevel
    restore_epoch: int
    server_time: _timestamp_pb2.Timestamp
    limits: Limits
    brands: _containers.RepeatedCompositeFieldContainer[BrandSummary]
    def __init__(self, version: _Optional[str] = ..., server_id: _Optional[str] = ..., identity_public_key: _Optional[bytes] = ..., envelope_keys: _Optional[_Iterable[_Union[EnvelopeKey, _Mapping]]] = ..., suites: _Optional[_Iterable[str]] = ..., token_level: _Optional[_Union[TokenLevel, str]] = ..., restore_epoch: _Optional[int] = ..., server_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., brands: _Optional[_Iterable[_Union[BrandSummary, _Mapping]]] = ...) -> None: ...

class BrandSummary(_message.Message):
    __slots__ = ("brand", "policy_version", "title_zh", "title_en", "platforms")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_ZH_FIELD_NUMBER: _ClassVar[int]
    TITLE_EN_FIELD_NUMBER: _ClassVar[int]
    PLATFORMS_FIELD_NUMBER: _ClassVar[int]
    brand: str
    policy_version: int
    title_zh: str
    title_en: str
    platforms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, brand: _Optional[str] = ..., policy_version: _Optional[int] = ..., title_zh: _Optional[str] = ..., title_en: _Optional[str] = ..., platforms: _Optional[_Iterable[str]] = ...) -> None: ...

class EnvelopeKey(_message.Message):
    __slots__ = ("core_key_id", "suite", "public_key", "not_before", "not_after", "statement_signature")
    CORE_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SUITE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    NOT_BEFORE_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    core_key_id: bytes
    suite: int
    public_key: bytes
    not_before: _timestamp_pb2.Timestamp
    not_after: _timestamp_pb2.Timestamp
    statement_signature: bytes
    def __init__(self, core_key_id: _Optional[bytes] = ..., suite: _Optional[int] = ..., public_key: _Optional[bytes] = ..., not_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., not_after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., statement_signature: _Optional[bytes] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("max_digests", "max_ciphertexts", "request_lifetime", "min_pin_length")
    MAX_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    MAX_CIPHERTEXTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_LIFETIME_FIELD_NUMBER: _ClassVar[int]
    MIN_PIN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    max_digests: int
    max_ciphertexts: int
    request_lifetime: _duration_pb2.Duration
    min_pin_length: int
    def __init__(self, max_digests: _Optional[int] = ..., max_ciphertexts: _Optional[int] = ..., request_lifetime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., min_pin_length: _Optional[int] = ...) -> None: ...
