import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AssuranceLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASSURANCE_LEVEL_UNSPECIFIED: _ClassVar[AssuranceLevel]
    ASSURANCE_LEVEL_BASIC: _ClassVar[AssuranceLevel]
    ASSURANCE_LEVEL_STANDARD: _ClassVar[AssuranceLevel]
    ASSURANCE_LEVEL_HIGH: _ClassVar[AssuranceLevel]

class IdentityState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDENTITY_STATE_UNSPECIFIED: _ClassVar[IdentityState]
    IDENTITY_STATE_UNVERIFIED: _ClassVar[IdentityState]
    IDENTITY_STATE_IN_PROGRESS: _ClassVar[IdentityState]
    IDENTITY_STATE_FACE_PENDING: _ClassVar[IdentityState]
    IDENTITY_STATE_PROVIDER_PENDING: _ClassVar[IdentityState]
    IDENTITY_STATE_FAILED: _ClassVar[IdentityState]
    IDENTITY_STATE_MANUAL_DRAFT: _ClassVar[IdentityState]
    IDENTITY_STATE_MANUAL_REVIEW: _ClassVar[IdentityState]
    IDENTITY_STATE_REJECTED: _ClassVar[IdentityState]
    IDENTITY_STATE_VERIFIED: _ClassVar[IdentityState]
    IDENTITY_STATE_CHANGING: _ClassVar[IdentityState]
    IDENTITY_STATE_REVERIFY: _ClassVar[IdentityState]
ASSURANCE_LEVEL_UNSPECIFIED: AssuranceLevel
ASSURANCE_LEVEL_BASIC: AssuranceLevel
ASSURANCE_LEVEL_STANDARD: AssuranceLevel
ASSURANCE_LEVEL_HIGH: AssuranceLevel
IDENTITY_STATE_UNSPECIFIED: IdentityState
IDENTITY_STATE_UNVERIFIED: IdentityState
IDENTITY_STATE_IN_PROGRESS: IdentityState
IDENTITY_STATE_FACE_PENDING: IdentityState
IDENTITY_STATE_PROVIDER_PENDING: IdentityState
IDENTITY_STATE_FAILED: IdentityState
IDENTITY_STATE_MANUAL_DRAFT: IdentityState
IDENTITY_STATE_MANUAL_REVIEW: IdentityState
IDENTITY_STATE_REJECTED: IdentityState
IDENTITY_STATE_VERIFIED: IdentityState
IDENTITY_STATE_CHANGING: IdentityState
IDENTITY_STATE_REVERIFY: IdentityState

class ListMethodsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMethodsResponse(_message.Message):
    __slots__ = ("methods", "document_types", "manual_document_types")
    METHODS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    MANUAL_DOCUMENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    methods: _containers.RepeatedCompositeFieldContainer[Method]
    document_types: _containers.RepeatedScalarFieldContainer[str]
    manual_document_types: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, methods: _Optional[_Iterable[_Union[Method, _Mapping]]] = ..., document_types: _Optional[_Iterable[str]] = ..., manual_document_types: _Optional[_Iterable[str]] = ...) -> None: ...

class Method(_message.Message):
    __slots__ = ("method", "level", "required_fields", "impaired")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    IMPAIRED_FIELD_NUMBER: _ClassVar[int]
    method: str
    level: AssuranceLevel
    required_fields: _containers.RepeatedScalarFieldContainer[str]
    impaired: bool
    def __init__(self, method: _Optional[str] = ..., level: _Optional[_Union[AssuranceLevel, str]] = ..., required_fields: _Optional[_Iterable[str]] = ..., impaired: _Optional[bool] = ...) -> None: ...

class StartVerificationRequest(_message.Message):
    __slots__ = ("request_id", "method", "name", "document_type", "document_number", "document_country", "document_expiry", "email", "phone_number", "card_number", "ticket", "front_upload_id", "back_upload_id", "credential", "return_url", "accepted_document_ids")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNTRY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    PHONE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CARD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    FRONT_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    BACK_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    RETURN_URL_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_DOCUMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    method: str
    name: str
    document_type: str
    document_number: str
    document_country: str
    document_expiry: str
    email: str
    phone_number: str
    card_number: str
    ticket: str
    front_upload_id: str
    back_upload_id: str
    credential: str
    return_url: str
    accepted_document_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, request_id: _Optional[str] = ..., method: _Optional[str] = ..., name: _Optional[str] = ..., document_type: _Optional[str] = ..., document_number: _Optional[str] = ..., document_country: _Optional[str] = ..., document_expiry: _Optional[str] = ..., email: _Optional[str] = ..., phone_number: _Optional[str] = ..., card_number: _Optional[str] = ..., ticket: _Optional[str] = ..., front_upload_id: _Optional[str] = ..., back_upload_id: _Optional[str] = ..., credential: _Optional[str] = ..., return_url: _Optional[str] = ..., accepted_document_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StartVerificationResponse(_message.Message):
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
    attempt: Attempt
    session: _containers.ScalarMap[str, str]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Attempt(_message.Message):
    __slots__ = ("attempt_id", "method", "state", "level", "reason", "note", "name_masked", "document_number_masked", "card_last_four", "created_at", "changed_at", "expires_at")
    ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    CARD_LAST_FOUR_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    attempt_id: str
    method: str
    state: IdentityState
    level: AssuranceLevel
    reason: str
    note: str
    name_masked: str
    document_number_masked: str
    card_last_four: str
    created_at: _timestamp_pb2.Timestamp
    changed_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    def __init__(self, attempt_id: _Optional[str] = ..., method: _Optional[str] = ..., state: _Optional[_Union[IdentityState, str]] = ..., level: _Optional[_Union[AssuranceLevel, str]] = ..., reason: _Optional[str] = ..., note: _Optional[str] = ..., name_masked: _Optional[str] = ..., document_number_masked: _Optional[str] = ..., card_last_four: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SubmitCardRequest(_message.Message):
    __slots__ = ("attempt_id", "front_upload_id", "back_upload_id")
    ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    FRONT_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    BACK_UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    attempt_id: str
    front_upload_id: str
    back_upload_id: str
    def __init__(self, attempt_id: _Optional[str] = ..., front_upload_id: _Optional[str] = ..., back_upload_id: _Optional[str] = ...) -> None: ...

class SubmitCardResponse(_message.Message):
    __slots__ = ("read",)
    READ_FIELD_NUMBER: _ClassVar[int]
    read: CardValues
    def __init__(self, read: _Optional[_Union[CardValues, _Mapping]] = ...) -> None: ...

class CardValues(_message.Message):
    __slots__ = ("name", "document_number", "sex", "birth", "ethnic_group", "address", "authority", "document_expiry", "long_term")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    BIRTH_FIELD_NUMBER: _ClassVar[int]
    ETHNIC_GROUP_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    LONG_TERM_FIELD_NUMBER: _ClassVar[int]
    name: str
    document_number: str
    sex: str
    birth: str
    ethnic_group: str
    address: str
    authority: str
    document_expiry: str
    long_term: bool
    def __init__(self, name: _Optional[str] = ..., document_number: _Optional[str] = ..., sex: _Optional[str] = ..., birth: _Optional[str] = ..., ethnic_group: _Optional[str] = ..., address: _Optional[str] = ..., authority: _Optional[str] = ..., document_expiry: _Optional[str] = ..., long_term: _Optional[bool] = ...) -> None: ...

class ConfirmCardRequest(_message.Message):
    __slots__ = ("request_id", "attempt_id", "confirmed", "return_url")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    RETURN_URL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    attempt_id: str
    confirmed: CardValues
    return_url: str
    def __init__(self, request_id: _Optional[str] = ..., attempt_id: _Optional[str] = ..., confirmed: _Optional[_Union[CardValues, _Mapping]] = ..., return_url: _Optional[str] = ...) -> None: ...

class ConfirmCardResponse(_message.Message):
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
    attempt: Attempt
    session: _containers.ScalarMap[str, str]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...

class QueryAttemptRequest(_message.Message):
    __slots__ = ("attempt_id",)
    ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    attempt_id: str
    def __init__(self, attempt_id: _Optional[str] = ...) -> None: ...

class QueryAttemptResponse(_message.Message):
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
    attempt: Attempt
    session: _containers.ScalarMap[str, str]
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ..., session: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CancelAttemptRequest(_message.Message):
    __slots__ = ("attempt_id",)
    ATTEMPT_ID_FIELD_NUMBER: _ClassVar[int]
    attempt_id: str
    def __init__(self, attempt_id: _Optional[str] = ...) -> None: ...

class CancelAttemptResponse(_message.Message):
    __slots__ = ("attempt",)
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    attempt: Attempt
    def __init__(self, attempt: _Optional[_Union[Attempt, _Mapping]] = ...) -> None: ...

class GetVerificationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetVerificationResponse(_message.Message):
    __slots__ = ("state", "person", "newest", "attempts_left", "manual_offered")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_LEFT_FIELD_NUMBER: _ClassVar[int]
    MANUAL_OFFERED_FIELD_NUMBER: _ClassVar[int]
    state: IdentityState
    person: VerifiedPerson
    newest: Attempt
    attempts_left: int
    manual_offered: bool
    def __init__(self, state: _Optional[_Union[IdentityState, str]] = ..., person: _Optional[_Union[VerifiedPerson, _Mapping]] = ..., newest: _Optional[_Union[Attempt, _Mapping]] = ..., attempts_left: _Optional[int] = ..., manual_offered: _Optional[bool] = ...) -> None: ...

class VerifiedPerson(_message.Message):
    __slots__ = ("person_id", "version", "name_masked", "document_type", "document_number_masked", "document_expiry", "level", "method", "verified_at")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NAME_MASKED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_NUMBER_MASKED_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_EXPIRY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    version: int
    name_masked: str
    document_type: str
    document_number_masked: str
    document_expiry: str
    level: AssuranceLevel
    method: str
    verified_at: _timestamp_pb2.Timestamp
    def __init__(self, person_id: _Optional[str] = ..., version: _Optional[int] = ..., name_masked: _Optional[str] = ..., document_type: _Optional[str] = ..., document_number_masked: _Optional[str] = ..., document_expiry: _Optional[str] = ..., level: _Optional[_Union[AssuranceLevel, str]] = ..., method: _Optional[str] = ..., verified_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAttemptsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAttemptsResponse(_message.Message):
    __slots__ = ("attempts", "next_page_token")
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    attempts: _containers.RepeatedCompositeFieldContainer[Attempt]
    next_page_token: str
    def __init__(self, attempts: _Optional[_Iterable[_Union[Attempt, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
