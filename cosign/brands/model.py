"""The policy of a brand: one frozen dataclass per subject, no I/O.

A field is an entry of the policy document; its `Range` or `Form` is what the document may hold. Defaults are those of
the neutral brand. Where the requirements give a number it stands here with their id; `[prop]` marks a number they
only propose. Code asks the policy, never the name of the brand.
"""

import re
from dataclasses import dataclass, field
from typing import Annotated, Final

from cosign.brands.bounds import Form, Range
from cosign.brands.login_model import ComputersPolicy, LockoutPolicy, NumberChangePolicy, RiskPolicy
from cosign.brands.words import (
    CancelledNumber,
    CharacterClass,
    ContactKind,
    DocumentKind,
    DocumentType,
    Forbidden,
    IdentityMethod,
    LoginFactors,
    LoginMethod,
    ManualFile,
    Mode,
    Operation,
    PasswordStep,
    Platform,
    ReviewStage,
)

BRAND: Final = Form(r"[a-z][a-z0-9]{1,15}", "2 to 16 lower-case letters and digits, a letter first")
VERSION: Final = Form(r"(\d{1,4}(\.\d{1,4}){0,3})?", "a version such as 5.0, or empty")
URL: Final = Form(r"(https://[^\s\"<>]{1,500})?", "a URL that begins with https://, or empty")
REGION: Final = Form(r"[1-8]\d{5}", "a region code of GB/T 2260, 6 digits")
SYSTEM: Final = Form(r"[A-Za-z0-9_.-]{0,64}", "at most 64 letters, digits, dots, hyphens and underscores")

Days = Annotated[int, Range(1, 36_500)]
Version = Annotated[str, VERSION]
Url = Annotated[str, URL]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text in both languages."""

    zh: Annotated[str, Range(0, 500)] = ""
    en: Annotated[str, Range(0, 500)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPolicy:
    """R-ACC-07 to R-ACC-14."""

    methods: Annotated[tuple[LoginMethod, ...], Range(1, 9)] = tuple(LoginMethod)
    """Allowed methods in the order the client offers them."""
    factors: LoginFactors = LoginFactors.SINGLE
    """What makes a login by phone number complete."""
    environment_qr: bool = False
    """Intranet mode by the QR code of an environment (R-ACC-14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPolicy:
    """R-ACC-03, R-ACC-04, R-ACC-06."""

    automatic: bool = True
    """An unknown number gets an account at its first login."""
    explicit: bool = True
    """Registration with a password."""
    password: PasswordStep = PasswordStep.OFFERED
    """Password page of a new account without a password."""
    cancelled_number: CancelledNumber = CancelledNumber.FRESH
    """What a number of a cancelled account gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """Cost of Argon2id; a login re-hashes a password that was stored at another cost. Defaults: RFC 9106, 4."""

    time: Annotated[int, Range(1, 16)] = 3
    """Passes."""
    memory_kib: Annotated[int, Range(8_192, 1_048_576)] = 65_536
    """KiB of memory of one hash."""
    lanes: Annotated[int, Range(1, 8)] = 4
    """Parallel lanes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """R-ACC-05. `cosign.brands.passwords.check_password` evaluates it."""

    min_length: Annotated[int, Range(8, 64)] = 8
    """Characters."""
    max_length: Annotated[int, Range(8, 128)] = 64
    """Characters."""
    required_classes: Annotated[tuple[CharacterClass, ...], Range(0, 4)] = ()
    """Each of these must occur."""
    min_classes: Annotated[int, Range(1, 4)] = 3
    """So many different ones must occur."""
    forbidden: Annotated[tuple[Forbidden, ...], Range(0, 2)] = (Forbidden.PHONE_NUMBER, Forbidden.NAME)
    """What a password may not contain."""
    history: Annotated[int, Range(0, 24)] = 5
    """So many earlier passwords may not come back; 0 allows even the present one."""
    cost: Argon2Cost = field(default_factory=Argon2Cost)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesPolicy:
    """SMS codes of six digits (R-ACC-01, all numbers [prop]) and the image captcha (R-ACC-02)."""

    lifetime_seconds: Annotated[int, Range(60, 1_800)] = 300
    """How long a code is good."""
    resend_seconds: Annotated[int, Range(10, 3_600)] = 60
    """Time before another code is sent to the number."""
    tries: Annotated[int, Range(1, 10)] = 5
    """Wrong answers to one code."""
    daily: Annotated[int, Range(1, 100)] = 10
    """Codes to one number in 24 hours."""
    ticket_seconds: Annotated[int, Range(60, 3_600)] = 600
    """How long the verification ticket of a right code may be used, once."""
    address_factor: Annotated[int, Range(1, 1_000)] = 10
    """Codes in 24 hours for one address of callers, as a multiple of `daily`: offices and carriers share addresses."""
    installation_factor: Annotated[int, Range(1, 1_000)] = 2
    """Codes in 24 hours for one installation of the app, as a multiple of `daily`."""
    captcha_before_sms: bool = False
    """A code is sent only with a solved captcha."""
    captcha_seconds: Annotated[int, Range(30, 1_800)] = 300
    """How long a captcha is good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPolicy:
    """R-ACC-29, R-ACC-09."""

    bearer_seconds: Annotated[int, Range(60, 3_600)] = 900
    """Life of a bearer token."""
    refresh_days: Annotated[int, Range(1, 365)] = 30
    """Life of a refresh token; every refresh makes a new one."""
    half_seconds: Annotated[int, Range(60, 1_800)] = 300
    """Half-session of a two-step login, and the session that only takes a forced password."""
    challenge_seconds: Annotated[int, Range(30, 600)] = 120
    """Login challenges: certificate, biometric, PC."""
    single: bool = False
    """A login ends the account's sessions on other devices (SESSION_REPLACED)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesPolicy:
    """R-ACC-21, R-ACC-22, R-ACC-24, R-ACC-28."""

    most: Annotated[int, Range(1, 100)] = 10
    """Devices bound to one account."""
    notice: bool = True
    """A login on a new device is told to the user [prop]."""
    remember_pin: bool = False
    """The preference to remember the certificate password (R-ACC-28)."""
    biometric_unlock: bool = False
    """Biometrics may replace typing the certificate password (R-ACC-24)."""
    biometric_guide_days: Annotated[int, Range(0, 365)] = 15
    """How long "do not show again" holds for the guide page after login."""
    biometric_android: Version = "11"
    """Oldest Android whose fingerprint counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """R-IDV-01 to R-IDV-16."""

    methods: Annotated[tuple[IdentityMethod, ...], Range(1, 9)] = tuple(IdentityMethod)
    """In the order they are offered (R-IDV-02)."""
    documents: Annotated[tuple[DocumentType, ...], Range(1, 7)] = tuple(DocumentType)
    """Accepted documents (R-IDV-10)."""
    manual_documents: Annotated[tuple[DocumentType, ...], Range(0, 7)] = ()
    """Documents that always go to manual review."""
    manual_after_failure: bool = True
    """Manual review is offered once an automatic check failed (R-IDV-08, R-IDV-11)."""
    manual_files: Annotated[tuple[ManualFile, ...], Range(0, 5)] = (
        ManualFile.PORTRAIT,
        ManualFile.DOCUMENT_FRONT,
        ManualFile.DOCUMENT_BACK,
    )
    """What a manual review needs."""
    manual_hours: Annotated[int, Range(1, 240)] = 24
    """When a manual review is expected to be decided (R-ADM-03)."""
    attempts_a_day: Annotated[int, Range(1, 100)] = 5
    """Automatic attempts; then only manual review (R-IDV-15 [prop])."""
    manual_a_day: Annotated[int, Range(1, 100)] = 5
    """Manual submissions of one account within 24 hours (R-IDV-11)."""
    min_age: Annotated[int, Range(16, 99)] = 16
    """Years; below 16 nobody acts for himself (Civil Code of China, article 18)."""
    max_age: Annotated[int, Range(100, 150)] = 130
    """Years; a document of somebody older is taken for wrong."""
    expiry_warning_days: Annotated[int, Range(1, 365)] = 30
    """How long before the last day of a document its holder is told (R-IDV-10)."""
    email_required: bool = False
    """The user must give an e-mail address (section 7-55)."""
    name_change: bool = True
    """A verified user may change the name (R-IDV-12)."""
    reverify_new_device: bool = False
    """A verified person is checked again on a new device (R-IDV-13)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementsPolicy:
    """Documents whose current version must be accepted before an operation (R-ACC-15)."""

    register: Annotated[tuple[DocumentKind, ...], Range(0, 7)] = (
        DocumentKind.USER_AGREEMENT,
        DocumentKind.PRIVACY_POLICY,
    )
    """A new account, also one that a login makes."""
    login: Annotated[tuple[DocumentKind, ...], Range(0, 7)] = (
        DocumentKind.USER_AGREEMENT,
        DocumentKind.PRIVACY_POLICY,
    )
    """Every login."""
    verify_identity: Annotated[tuple[DocumentKind, ...], Range(0, 7)] = ()
    """A real-name check."""
    cancel_account: Annotated[tuple[DocumentKind, ...], Range(0, 7)] = (DocumentKind.CANCELLATION,)
    """The end of an account."""
    apply_certificate: Annotated[tuple[DocumentKind, ...], Range(0, 7)] = (
        DocumentKind.CA_SERVICE,
        DocumentKind.E_CERTIFICATION,
    )
    """An application for a certificate."""

    def required(self, operation: Operation) -> tuple[DocumentKind, ...]:
        """What `operation` needs."""
        kinds: tuple[DocumentKind, ...] = getattr(self, operation.value)
        return kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationPolicy:
    """R-ACC-25, R-ACC-26."""

    allowed: bool = True
    """Users may cancel their account."""
    grace_days: Annotated[int, Range(0, 90)] = 0
    """How long a confirmed cancellation can be taken back; 0 cancels at once."""
    appeal: bool = True
    """A verified, then cancelled account may be asked for again."""
    appeal_days: Days = 365
    """How long the sealed identity tombstone allows an appeal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewsPolicy:
    """R-ADM-01. When an identity review is due stands at `identity.manual_hours`."""

    identity_stages: Annotated[tuple[ReviewStage, ...], Range(1, 2)] = (ReviewStage.PLATFORM,)
    """Stages of a manual identity review (R-ADM-03)."""
    appeal_stages: Annotated[tuple[ReviewStage, ...], Range(1, 2)] = (ReviewStage.PLATFORM,)
    """Stages of the review of an account appeal (R-ADM-11)."""
    appeal_hours: Annotated[int, Range(1, 720)] = 72
    """When an appeal is expected to be decided [prop]."""
    number_change_stages: Annotated[tuple[ReviewStage, ...], Range(1, 2)] = (ReviewStage.PLATFORM,)
    """Stages of the review of a change of a lost number (R-ACC-33)."""
    number_change_hours: Annotated[int, Range(1, 720)] = 72
    """When such a change is expected to be decided [prop]."""
    claim_minutes: Annotated[int, Range(5, 480)] = 30
    """How long an item stays with the reviewer who claimed it [prop]."""
    correction_days: Annotated[int, Range(1, 365)] = 30
    """How long what was returned may be corrected [prop]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPlatform:
    """What the app of one platform must be (R-ACC-30)."""

    platform: Platform
    """Once per platform."""
    minimum_os: Version = ""
    """Oldest version of the operating system; empty takes all."""
    minimum_app: Version = ""
    """Older apps are refused with UPGRADE_REQUIRED; empty refuses none."""
    newest_app: Version = ""
    """What an app is compared with to offer an upgrade."""
    download_url: Url = ""
    """Where to get the newest app."""
    free_megabytes: Annotated[int, Range(0, 100_000)] = 0
    """Free storage the app needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry to a neighbour service (R-MSG-11)."""

    title: Text
    """What it is called."""
    url: Url
    """Where it is; not empty."""
    icon: Url = ""
    """Picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPolicy:
    """R-ACC-30, R-MSG-11."""

    platforms: Annotated[tuple[ClientPlatform, ...], Range(0, 4)] = tuple(
        ClientPlatform(platform=platform) for platform in Platform
    )
    """A platform that is not here is not served."""
    links: Annotated[tuple[Link, ...], Range(0, 50)] = ()
    """In the order they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody a user can reach (R-MSG-09)."""

    kind: ContactKind
    """Whom it reaches."""
    value: Annotated[str, Range(1, 200)]
    """Number, address or URL."""
    label: Text = field(default_factory=Text)
    """What to call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPolicy:
    """R-MSG-09."""

    hours: Text = field(default_factory=Text)
    """When support can be reached."""
    contacts: Annotated[tuple[Contact, ...], Range(0, 20)] = ()
    """In the order they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region and the trading platform chosen in it unless the user chooses another (R-ACC-31)."""

    code: Annotated[str, REGION]
    """A province or a city."""
    name: Text
    """What it is called."""
    platform: Annotated[str, SYSTEM] = ""
    """System identifier; empty means no default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """R-AUD-08. What is older is erased, except evidence that the law keeps."""

    login_history_days: Days = 180
    """Logins and their devices."""
    operation_log_days: Days = 1_095
    """Entries of the operation log."""
    messages_days: Days = 365
    """Messages in the inbox."""
    attempts_days: Days = 1_095
    """Real-name attempts and their files, except the one a verified person rests on."""
    evidence_years: Annotated[int, Range(5, 100)] = 5
    """Consents and identity evidence after an account ends: at least five years (R-AUD-08)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandPolicy:
    """Everything that differs between brands."""

    title: Text = field(default_factory=lambda: Text(zh="移动证书", en="Mobile certificates"))
    """Name of the app."""
    login: LoginPolicy = field(default_factory=LoginPolicy)
    registration: RegistrationPolicy = field(default_factory=RegistrationPolicy)
    password: PasswordPolicy = field(default_factory=PasswordPolicy)
    codes: CodesPolicy = field(default_factory=CodesPolicy)
    sessions: SessionsPolicy = field(default_factory=SessionsPolicy)
    lockout: LockoutPolicy = field(default_factory=LockoutPolicy)
    risk: RiskPolicy = field(default_factory=RiskPolicy)
    devices: DevicesPolicy = field(default_factory=DevicesPolicy)
    computers: ComputersPolicy = field(default_factory=ComputersPolicy)
    number_change: NumberChangePolicy = field(default_factory=NumberChangePolicy)
    identity: IdentityPolicy = field(default_factory=IdentityPolicy)
    agreements: AgreementsPolicy = field(default_factory=AgreementsPolicy)
    cancellation: CancellationPolicy = field(default_factory=CancellationPolicy)
    reviews: ReviewsPolicy = field(default_factory=ReviewsPolicy)
    modes: Annotated[tuple[Mode, ...], Range(1, 2)] = (Mode.MUTUAL_RECOGNITION,)
    """Entry modes; with more than one the user chooses (R-ACC-17)."""
    client: ClientPolicy = field(default_factory=ClientPolicy)
    support: SupportPolicy = field(default_factory=SupportPolicy)
    regions: Annotated[tuple[Region, ...], Range(0, 4_000)] = ()
    """Regions the user can choose from."""
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)


def is_brand(text: str) -> bool:
    """Whether `text` has the form of a brand's name; says nothing about existence."""
    return re.fullmatch(BRAND.pattern, text) is not None


def version_parts(text: str) -> tuple[int, int, int, int]:
    """A version as numbers that compare; missing ones are 0. Raises ValueError for anything else."""
    if not text or re.fullmatch(VERSION.pattern, text, re.ASCII) is None:
        raise ValueError("not a version")
    first, second, third, fourth, *_ = (*(int(part) for part in text.split(".")), 0, 0, 0, 0)
    return first, second, third, fourth
