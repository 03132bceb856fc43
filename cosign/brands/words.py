"""Closed sets a brand policy chooses from. Values are stored and shown to clients; they never change."""

import enum


class LoginMethod(enum.StrEnum):
    """How a login begins."""

    SMS = "sms"
    """SMS code (R-ACC-08)."""
    PASSWORD = "password"  # noqa: S105 - a word of the policy
    """Phone number and password (R-ACC-07)."""
    ONE_TAP = "one_tap"
    """The SIM's own number, by a carrier token (R-ACC-10)."""
    CERTIFICATE = "certificate"
    """Document number and certificate passphrase: a co-signed challenge (R-ACC-11)."""
    WECHAT = "wechat"
    """R-ACC-12."""
    ALIPAY = "alipay"
    """R-ACC-12."""
    NETWORK_ID = "network_id"
    """National network identity credential (R-ACC-13)."""
    BIOMETRIC = "biometric"
    """A device key behind fingerprint or face (R-ACC-24)."""
    PC_QR = "pc_qr"
    """A PC shows a QR code, a phone with a session approves it."""


class LoginFactors(enum.StrEnum):
    """What makes a login by phone number complete (R-ACC-09, section 7-1)."""

    SINGLE = "single"
    """Any one of the methods."""
    SMS_THEN_PASSWORD = "sms+password"  # noqa: S105 - a word of the policy
    """The code opens a half-session that only takes the password."""
    PASSWORD_THEN_SMS = "password+sms"  # noqa: S105 - a word of the policy
    """The password opens a half-session that only takes the code."""


class ComputerConfirmation(enum.StrEnum):
    """What a phone shows to approve the login of a computer."""

    DEVICE = "device"
    """Its session and its device key."""
    BIOMETRIC = "biometric"
    """Also the key behind fingerprint or face (R-ACC-24)."""
    PIN = "pin"
    """Also a co-signature of a key of the account, which needs the PIN."""


class RiskAnswer(enum.StrEnum):
    """What becomes of a login that looks unusual, mildest first."""

    ALLOW = "allow"
    CODE = "code"
    """The number is proved too: a password gets an SMS code as second step; other ways end, and SMS is offered."""
    REFUSE = "refuse"


class PasswordStep(enum.StrEnum):
    """Whether a new account without a password gets a password page (R-ACC-06)."""

    NONE = "none"
    OFFERED = "offered"
    REQUIRED = "required"
    """The account stays REGISTERED until the password is set."""


class CancelledNumber(enum.StrEnum):
    """What a number of a cancelled account gets at the next registration (R-ACC-03)."""

    FRESH = "fresh"
    """A new account."""
    APPEAL = "appeal"
    """An offer to appeal first (R-ACC-26); a new account only when the user insists."""


class CharacterClass(enum.StrEnum):
    """Classes of password characters (R-ACC-05)."""

    UPPER = "upper"
    LOWER = "lower"
    DIGIT = "digit"
    SPECIAL = "special"


class Forbidden(enum.StrEnum):
    """What a password may not contain (R-ACC-05)."""

    PHONE_NUMBER = "phone_number"
    NAME = "name"


class IdentityMethod(enum.StrEnum):
    """Real-name checks (section 5.2, `Attempt.method`)."""

    CPCN_FACE = "cpcn_face"
    """R-IDV-03."""
    ALIPAY_FACE = "alipay_face"
    """R-IDV-04."""
    BANK_FOUR = "bank4"
    """Name, document number, card and the phone number at the bank (R-IDV-05)."""
    CARRIER_THREE = "carrier3"
    """Name, document number and phone number at the carrier (section 1.2)."""
    OCR_FACE = "ocr_digits_face"
    """R-IDV-06 and R-IDV-07."""
    MOTION_FACE = "motion_face"
    """R-IDV-08."""
    SMS_DOCUMENT = "sms_doc"
    """SMS code and images, no face: a lower level (R-IDV-09)."""
    NETWORK_ID = "network_id"
    """R-ACC-13."""
    MANUAL = "manual"
    """R-IDV-11."""


class DocumentType(enum.StrEnum):
    """Identity documents (R-IDV-10, section 5.2)."""

    RESIDENT_ID = "resident_id"
    """居民身份证"""
    RESIDENCE_PERMIT = "residence_permit"
    """港澳台居民居住证"""
    HK_MACAO_PERMIT = "hk_macao_permit"
    """港澳居民来往内地通行证 (回乡证)"""
    TAIWAN_PERMIT = "taiwan_permit"
    """台湾居民来往大陆通行证 (台胞证)"""
    FOREIGN_RESIDENT = "foreign_resident"
    """外国人永久居留身份证"""
    OVERSEAS_CHINESE = "overseas_chinese"
    """华侨护照"""
    PASSPORT = "passport"
    """Foreign passport (外国护照)."""


class ManualFile(enum.StrEnum):
    """Files of a manual review (R-IDV-11, section 5.2)."""

    PORTRAIT = "portrait"
    ONE_INCH_PHOTO = "one_inch_photo"
    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    HOLDING_VIDEO = "holding_video"


class ReviewStage(enum.StrEnum):
    """Who decides a stage of a review (R-ADM-01)."""

    PLATFORM = "platform"
    """A reviewer of the platform (平台审核)."""
    RECHECK = "recheck"
    """A senior reviewer of the platform (平台复核)."""
    CA = "ca"
    """A reviewer of the CA (CA审核)."""


class DocumentKind(enum.StrEnum):
    """Versioned texts (R-ACC-15, R-MSG-10)."""

    USER_AGREEMENT = "user_agreement"
    PRIVACY_POLICY = "privacy_policy"
    CA_SERVICE = "ca_service"
    """CA service agreement."""
    E_CERTIFICATION = "e_certification"
    """Electronic certification agreement."""
    RELEASE_TO_CA = "release_to_ca"
    """Release of personal information to the CA (R-IDV-16)."""
    CANCELLATION = "cancellation"
    """Account-cancellation notice (R-ACC-25)."""
    OPERATION_PRIVACY = "op_privacy"
    """Per-operation privacy agreement."""
    ABOUT = "about"
    """Read only, never accepted."""


class Operation(enum.StrEnum):
    """Operations that may need accepted documents; the names of the fields of `AgreementsPolicy`."""

    REGISTER = "register"
    LOGIN = "login"
    VERIFY_IDENTITY = "verify_identity"
    CANCEL_ACCOUNT = "cancel_account"
    APPLY_CERTIFICATE = "apply_certificate"


class Mode(enum.StrEnum):
    """Entry modes (R-ACC-17)."""

    MUTUAL_RECOGNITION = "recognition"
    """CA互认"""
    E_SIGN = "e_sign"


class Platform(enum.StrEnum):
    """What a client runs on (R-ACC-30)."""

    ANDROID = "android"
    IOS = "ios"
    HARMONYOS = "harmonyos"
    MINI_PROGRAM = "mini_program"


class ContactKind(enum.StrEnum):
    """Whom a contact reaches (R-MSG-09)."""

    HOTLINE = "hotline"
    FIRST_REVIEWER = "first_reviewer"
    SECOND_REVIEWER = "second_reviewer"
    EMAIL = "email"
    CHAT = "chat"
