import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LocalizedText(_message.Message):
    __slots__ = ("zh", "en")
    ZH_FIELD_NUMBER: _ClassVar[int]
    EN_FIELD_NUMBER: _ClassVar[int]
    zh: str
    en: str
    def __init__(self, zh: _Optional[str] = ..., en: _Optional[str] = ...) -> None: ...

class GetConfigRequest(_message.Message):
    __slots__ = ("brand", "platform", "etag")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    brand: str
    platform: str
    etag: str
    def __init__(self, brand: _Optional[str] = ..., platform: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class GetConfigResponse(_message.Message):
    __slots__ = ("etag", "not_modified", "config")
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NOT_MODIFIED_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    etag: str
    not_modified: bool
    config: BrandConfig
    def __init__(self, etag: _Optional[str] = ..., not_modified: _Optional[bool] = ..., config: _Optional[_Union[BrandConfig, _Mapping]] = ...) -> None: ...

class BrandConfig(_message.Message):
    __slots__ = ("brand", "title", "login_methods", "login_factors", "environment_qr", "automatic_registration", "explicit_registration", "password_step", "password", "codes", "identity", "agreements", "modes", "devices", "cancellation", "appeal", "platform", "links", "support_hours", "contacts")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LOGIN_METHODS_FIELD_NUMBER: _ClassVar[int]
    LOGIN_FACTORS_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_QR_FIELD_NUMBER: _ClassVar[int]
    AUTOMATIC_REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    EXPLICIT_REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_STEP_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    CODES_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    AGREEMENTS_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    CANCELLATION_FIELD_NUMBER: _ClassVar[int]
    APPEAL_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    LINKS_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_HOURS_FIELD_NUMBER: _ClassVar[int]
    CONTACTS_FIELD_NUMBER: _ClassVar[int]
    brand: str
    title: LocalizedText
    login_methods: _containers.RepeatedScalarFieldContainer[str]
    login_factors: str
    environment_qr: bool
    automatic_registration: bool
    explicit_registration: bool
    password_step: str
    password: PasswordRules
    codes: CodeRules
    identity: IdentityRules
    agreements: _containers.RepeatedCompositeFieldContainer[RequiredDocuments]
    modes: _containers.RepeatedScalarFieldContainer[str]
    devices: DeviceRules
    cancellation: bool
    appeal: bool
    platform: PlatformRequirement
    links: _containers.RepeatedCompositeFieldContainer[PortalLink]
    support_hours: LocalizedText
    contacts: _containers.RepeatedCompositeFieldContainer[SupportContact]
    def __init__(self, brand: _Optional[str] = ..., title: _Optional[_Union[LocalizedText, _Mapping]] = ..., login_methods: _Optional[_Iterable[str]] = ..., login_factors: _Optional[str] = ..., environment_qr: _Optional[bool] = ..., automatic_registration: _Optional[bool] = ..., explicit_registration: _Optional[bool] = ..., password_step: _Optional[str] = ..., password: _Optional[_Union[PasswordRules, _Mapping]] = ..., codes: _Optional[_Union[CodeRules, _Mapping]] = ..., identity: _Optional[_Union[IdentityRules, _Mapping]] = ..., agreements: _Optional[_Iterable[_Union[RequiredDocuments, _Mapping]]] = ..., modes: _Optional[_Iterable[str]] = ..., devices: _Optional[_Union[DeviceRules, _Mapping]] = ..., cancellation: _Optional[bool] = ..., appeal: _Optional[bool] = ..., platform: _Optional[_Union[PlatformRequirement, _Mapping]] = ..., links: _Optional[_Iterable[_Union[PortalLink, _Mapping]]] = ..., support_hours: _Optional[_Union[LocalizedText, _Mapping]] = ..., contacts: _Optional[_Iterable[_Union[SupportContact, _Mapping]]] = ...) -> None: ...

class PasswordRules(_message.Message):
    __slots__ = ("min_length", "max_length", "required_classes", "min_classes", "forbidden", "history")
    MIN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_CLASSES_FIELD_NUMBER: _ClassVar[int]
    MIN_CLASSES_FIELD_NUMBER: _ClassVar[int]
    FORBIDDEN_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    min_length: int
    max_length: int
    required_classes: _containers.RepeatedScalarFieldContainer[str]
    min_classes: int
    forbidden: _containers.RepeatedScalarFieldContainer[str]
    history: int
    def __init__(self, min_length: _Optional[int] = ..., max_length: _Optional[int] = ..., required_classes: _Optional[_Iterable[str]] = ..., min_classes: _Optional[int] = ..., forbidden: _Optional[_Iterable[str]] = ..., history: _Optional[int] = ...) -> None: ...

class CodeRules(_message.Message):
    __slots__ = ("lifetime", "resend", "captcha")
    LIFETIME_FIELD_NUMBER: _ClassVar[int]
    RESEND_FIELD_NUMBER: _ClassVar[int]
    CAPTCHA_FIELD_NUMBER: _ClassVar[int]
    lifetime: _duration_pb2.Duration
    resend: _duration_pb2.Duration
    captcha: bool
    def __init__(self, lifetime: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., resend: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., captcha: _Optional[bool] = ...) -> None: ...

class IdentityRules(_message.Message):
    __slots__ = ("methods", "documents", "manual_documents", "manual_after_failure", "manual_files", "manual_time", "attempts_a_day", "email_required")
    METHODS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    MANUAL_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    MANUAL_AFTER_FAILURE_FIELD_NUMBER: _ClassVar[int]
    MANUAL_FILES_FIELD_NUMBER: _ClassVar[int]
    MANUAL_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_A_DAY_FIELD_NUMBER: _ClassVar[int]
    EMAIL_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    methods: _containers.RepeatedScalarFieldContainer[str]
    documents: _containers.RepeatedScalarFieldContainer[str]
    manual_documents: _containers.RepeatedScalarFieldContainer[str]
    manual_after_failure: bool
    manual_files: _containers.RepeatedScalarFieldContainer[str]
    manual_time: _duration_pb2.Duration
    attempts_a_day: int
    email_required: bool
    def __init__(self, methods: _Optional[_Iterable[str]] = ..., documents: _Optional[_Iterable[str]] = ..., manual_documents: _Optional[_Iterable[str]] = ..., manual_after_failure: _Optional[bool] = ..., manual_files: _Optional[_Iterable[str]] = ..., manual_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., attempts_a_day: _Optional[int] = ..., email_required: _Optional[bool] = ...) -> None: ...

class RequiredDocuments(_message.Message):
    __slots__ = ("operation", "documents")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    operation: str
    documents: _containers.RepeatedCompositeFieldContainer[DocumentRef]
    def __init__(self, operation: _Optional[str] = ..., documents: _Optional[_Iterable[_Union[DocumentRef, _Mapping]]] = ...) -> None: ...

class DocumentRef(_message.Message):
    __slots__ = ("document_id", "kind", "version", "title", "effective_at", "updated_at")
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    kind: str
    version: int
    title: LocalizedText
    effective_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, document_id: _Optional[str] = ..., kind: _Optional[str] = ..., version: _Optional[int] = ..., title: _Optional[_Union[LocalizedText, _Mapping]] = ..., effective_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeviceRules(_message.Message):
    __slots__ = ("remember_pin", "biometric_unlock", "biometric_guide", "biometric_android")
    REMEMBER_PIN_FIELD_NUMBER: _ClassVar[int]
    BIOMETRIC_UNLOCK_FIELD_NUMBER: _ClassVar[int]
    BIOMETRIC_GUIDE_FIELD_NUMBER: _ClassVar[int]
    BIOMETRIC_ANDROID_FIELD_NUMBER: _ClassVar[int]
    remember_pin: bool
    biometric_unlock: bool
    biometric_guide: _duration_pb2.Duration
    biometric_android: str
    def __init__(self, remember_pin: _Optional[bool] = ..., biometric_unlock: _Optional[bool] = ..., biometric_guide: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., biometric_android: _Optional[str] = ...) -> None: ...

class PlatformRequirement(_message.Message):
    __slots__ = ("platform", "minimum_os", "minimum_app", "newest_app", "download_url", "free_megabytes")
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_OS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_APP_FIELD_NUMBER: _ClassVar[int]
    NEWEST_APP_FIELD_NUMBER: _ClassVar[int]
    DOWNLOAD_URL_FIELD_NUMBER: _ClassVar[int]
    FREE_MEGABYTES_FIELD_NUMBER: _ClassVar[int]
    platform: str
    minimum_os: str
    minimum_app: str
    newest_app: str
    download_url: str
    free_megabytes: int
    def __init__(self, platform: _Optional[str] = ..., minimum_os: _Optional[str] = ..., minimum_app: _Optional[str] = ..., newest_app: _Optional[str] = ..., download_url: _Optional[str] = ..., free_megabytes: _Optional[int] = ...) -> None: ...

class PortalLink(_message.Message):
    __slots__ = ("title", "url", "icon")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    title: LocalizedText
    url: str
    icon: str
    def __init__(self, title: _Optional[_Union[LocalizedText, _Mapping]] = ..., url: _Optional[str] = ..., icon: _Optional[str] = ...) -> None: ...

class SupportContact(_message.Message):
    __slots__ = ("kind", "value", "label")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    value: str
    label: LocalizedText
    def __init__(self, kind: _Optional[str] = ..., value: _Optional[str] = ..., label: _Optional[_Union[LocalizedText, _Mapping]] = ...) -> None: ...

class CheckVersionRequest(_message.Message):
    __slots__ = ("brand", "platform", "app_version", "os_version")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    APP_VERSION_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    brand: str
    platform: str
    app_version: str
    os_version: str
    def __init__(self, brand: _Optional[str] = ..., platform: _Optional[str] = ..., app_version: _Optional[str] = ..., os_version: _Optional[str] = ...) -> None: ...

class CheckVersionResponse(_message.Message):
    __slots__ = ("required", "upgrade_available", "upgrade_required", "os_too_old")
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    OS_TOO_OLD_FIELD_NUMBER: _ClassVar[int]
    required: PlatformRequirement
    upgrade_available: bool
    upgrade_required: bool
    os_too_old: bool
    def __init__(self, required: _Optional[_Union[PlatformRequirement, _Mapping]] = ..., upgrade_available: _Optional[bool] = ..., upgrade_required: _Optional[bool] = ..., os_too_old: _Optional[bool] = ...) -> None: ...

class ResolveEnvironmentRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class ResolveEnvironmentResponse(_message.Message):
    __slots__ = ("environment_id", "brand", "name", "endpoint", "expires_at", "signature")
    ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
    BRAND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    environment_id: str
    brand: str
    name: str
    endpoint: str
    expires_at: _timestamp_pb2.Timestamp
    signature: bytes
    def __init__(self, environment_id: _Optional[str] = ..., brand: _Optional[str] = ..., name: _Optional[str] = ..., endpoint: _Optional[str] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class ResolveRegionRequest(_message.Message):
    __slots__ = ("brand", "region_code")
    BRAND_FIELD_NUMBER: _ClassVar[int]
    REGION_CODE_FIELD_NUMBER: _ClassVar[int]
    brand: str
    region_code: str
    def __init__(self, brand: _Optional[str] = ..., region_code: _Optional[str] = ...) -> None: ...

class ResolveRegionResponse(_message.Message):
    __slots__ = ("region", "name", "trading_platform", "choices")
    REGION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRADING_PLATFORM_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    region: str
    name: LocalizedText
    trading_platform: str
    choices: _containers.RepeatedCompositeFieldContainer[RegionChoice]
    def __init__(self, region: _Optional[str] = ..., name: _Optional[_Union[LocalizedText, _Mapping]] = ..., trading_platform: _Optional[str] = ..., choices: _Optional[_Iterable[_Union[RegionChoice, _Mapping]]] = ...) -> None: ...

class RegionChoice(_message.Message):
    __slots__ = ("code", "name")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: LocalizedText
    def __init__(self, code: _Optional[str] = ..., name: _Optional[_Union[LocalizedText, _Mapping]] = ...) -> None: ...
