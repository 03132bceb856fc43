"""Presets: the neutral brand and the seven apps of the requirements' Appendix A.

Only this module knows brands by name. Every entry that is not the default names its requirement; `7-n` is a row of
section 7 of the requirements. Entries the manuals leave open keep the default, which is the safer reading.
Both editions of 中标一证通 are one brand (7-54). Contacts and download addresses belong to the operator: none is here.
"""

from typing import Final

from cosign.brands.model import (
    AgreementsPolicy,
    BrandPolicy,
    CancellationPolicy,
    ClientPlatform,
    ClientPolicy,
    CodesPolicy,
    DevicesPolicy,
    IdentityPolicy,
    LoginPolicy,
    PasswordPolicy,
    RegistrationPolicy,
    SupportPolicy,
    Text,
)
from cosign.brands.words import (
    CharacterClass,
    DocumentKind,
    DocumentType,
    IdentityMethod,
    LoginFactors,
    LoginMethod,
    ManualFile,
    Mode,
    PasswordStep,
    Platform,
)

NEUTRAL: Final = "cosign"
"""The brand of calls that name none."""

_RESIDENT: Final = (DocumentType.RESIDENT_ID,)
_TERMS: Final = (DocumentKind.USER_AGREEMENT, DocumentKind.PRIVACY_POLICY)
_CERTIFICATE_TERMS: Final = (DocumentKind.CA_SERVICE, DocumentKind.E_CERTIFICATION)
_NO_CANCELLATION: Final = CancellationPolicy(allowed=False, appeal=False)
"""The manual shows no way to cancel (R-ACC-25)."""

_BXQ: Final = BrandPolicy(
    title=Text(zh="标信签", en="Biaoxinqian"),
    login=LoginPolicy(methods=(LoginMethod.PASSWORD, LoginMethod.SMS)),  # R-ACC-07, R-ACC-08, 7-1
    registration=RegistrationPolicy(automatic=False),  # R-ACC-04, Appendix A
    password=PasswordPolicy(  # R-ACC-05, 7-2
        required_classes=(CharacterClass.UPPER, CharacterClass.LOWER, CharacterClass.SPECIAL)
    ),
    identity=IdentityPolicy(
        methods=(IdentityMethod.MOTION_FACE, IdentityMethod.MANUAL),  # R-IDV-08, R-IDV-11
        documents=tuple(DocumentType),  # R-IDV-10: selector of document types
        manual_files=(ManualFile.ONE_INCH_PHOTO, ManualFile.HOLDING_VIDEO),  # R-IDV-11
        email_required=True,  # R-IDV-08, 7-55
        name_change=False,  # R-IDV-12 names NET only
    ),
    cancellation=_NO_CANCELLATION,
    client=ClientPolicy(  # R-ACC-30
        platforms=(
            ClientPlatform(platform=Platform.ANDROID, minimum_os="5.0"),
            ClientPlatform(platform=Platform.IOS, minimum_os="9.0"),
        )
    ),
)

_BZT: Final = BrandPolicy(
    title=Text(zh="标证通", en="Biaozhengtong"),
    login=LoginPolicy(methods=(LoginMethod.SMS, LoginMethod.PASSWORD)),  # Appendix A
    registration=RegistrationPolicy(
        automatic=True,  # R-ACC-03
        explicit=False,
        password=PasswordStep.OFFERED,  # R-ACC-06: may be skipped
    ),
    password=PasswordPolicy(max_length=16),  # R-ACC-05, Appendix A: 8 to 16, 3 classes
    identity=IdentityPolicy(
        methods=(IdentityMethod.CPCN_FACE, IdentityMethod.ALIPAY_FACE, IdentityMethod.BANK_FOUR),  # R-IDV-03 to 05
        documents=_RESIDENT,  # R-IDV-10 does not name it
        manual_after_failure=False,  # R-IDV-11 does not name it
        name_change=False,
    ),
    agreements=AgreementsPolicy(login=()),  # R-ACC-01 names it not among those with a tick before a code
    cancellation=_NO_CANCELLATION,
)

_EPT: Final = BrandPolicy(
    title=Text(zh="新点标证通", en="Epoint Biaozhengtong"),
    login=LoginPolicy(methods=(LoginMethod.ONE_TAP, LoginMethod.SMS, LoginMethod.PASSWORD)),  # Appendix A
    registration=RegistrationPolicy(
        automatic=True,  # R-ACC-03
        explicit=False,
        password=PasswordStep.OFFERED,  # R-ACC-06: set during registration
    ),
    password=PasswordPolicy(max_length=16),  # R-ACC-05, Appendix A: 8 to 16, 3 classes
    identity=IdentityPolicy(
        methods=(IdentityMethod.CPCN_FACE, IdentityMethod.ALIPAY_FACE, IdentityMethod.BANK_FOUR),  # R-IDV-03 to 05
        documents=_RESIDENT,
        manual_after_failure=False,
        name_change=False,
    ),
    cancellation=_NO_CANCELLATION,
    support=SupportPolicy(  # R-MSG-09
        hours=Text(
            zh="周一至周五 8:00-17:00（法定节假日除外）", en="Monday to Friday 8:00-17:00 except public holidays"
        )
    ),
)

_ZB: Final = BrandPolicy(
    title=Text(zh="中标一证通", en="Zhongbiao Yizhengtong"),
    login=LoginPolicy(  # Appendix A
        methods=(
            LoginMethod.SMS,
            LoginMethod.CERTIFICATE,
            LoginMethod.WECHAT,
            LoginMethod.ALIPAY,
            LoginMethod.ONE_TAP,
        )
    ),
    registration=RegistrationPolicy(automatic=True, explicit=False, password=PasswordStep.NONE),  # R-ACC-03
    identity=IdentityPolicy(
        methods=(IdentityMethod.OCR_FACE,),  # R-IDV-06, R-IDV-07
        documents=_RESIDENT,
        manual_after_failure=False,
        name_change=False,
    ),
    cancellation=CancellationPolicy(allowed=True, appeal=True),  # R-ACC-25, R-ACC-26
    client=ClientPolicy(  # R-ACC-30
        platforms=(
            ClientPlatform(platform=Platform.ANDROID, free_megabytes=100),
            ClientPlatform(platform=Platform.IOS, minimum_os="12.0", free_megabytes=100),
            ClientPlatform(platform=Platform.MINI_PROGRAM),  # 7-65
        )
    ),
)

_XSS: Final = BrandPolicy(
    title=Text(zh="掌上信手书", en="Zhangshang Xinshoushu"),
    login=LoginPolicy(  # Appendix A; biometrics replace the certificate password here, not the login (R-ACC-24)
        methods=(LoginMethod.ONE_TAP, LoginMethod.SMS, LoginMethod.NETWORK_ID),
        environment_qr=True,  # R-ACC-14
    ),
    registration=RegistrationPolicy(automatic=True, explicit=False, password=PasswordStep.NONE),  # R-ACC-03
    devices=DevicesPolicy(remember_pin=True, biometric_unlock=True),  # R-ACC-28, R-ACC-24
    identity=IdentityPolicy(
        methods=(IdentityMethod.MOTION_FACE,),  # R-IDV-08
        documents=tuple(DocumentType),  # R-IDV-10: 7 types, automatic
        manual_after_failure=False,
        name_change=False,
        reverify_new_device=True,  # R-IDV-13
    ),
    agreements=AgreementsPolicy(
        verify_identity=(DocumentKind.RELEASE_TO_CA,),  # R-IDV-16
        apply_certificate=_CERTIFICATE_TERMS,
    ),
    cancellation=CancellationPolicy(allowed=True, appeal=False),  # R-ACC-25; R-ACC-26 names ZB only
    client=ClientPolicy(  # R-ACC-30: HarmonyOS up to 4.3 runs the Android app
        platforms=(
            ClientPlatform(platform=Platform.ANDROID, minimum_os="7.0"),
            ClientPlatform(platform=Platform.IOS, minimum_os="12.0"),
            ClientPlatform(platform=Platform.HARMONYOS, minimum_os="5.0"),
        )
    ),
)

_NET: Final = BrandPolicy(
    title=Text(zh="网证通互认APP", en="NETCA Recognition"),
    login=LoginPolicy(
        methods=(LoginMethod.SMS, LoginMethod.BIOMETRIC),  # Appendix A; R-ACC-24: biometric is the default once on
        factors=LoginFactors.SMS_THEN_PASSWORD,  # R-ACC-09
    ),
    registration=RegistrationPolicy(automatic=True, explicit=False, password=PasswordStep.REQUIRED),  # R-ACC-03, 06
    password=PasswordPolicy(max_length=16, min_classes=3),  # R-ACC-05: 8 to 16, 3 of 4 classes
    codes=CodesPolicy(captcha_before_sms=True),  # R-ACC-02
    devices=DevicesPolicy(biometric_guide_days=15, biometric_android="11"),  # R-ACC-24
    identity=IdentityPolicy(
        methods=(IdentityMethod.SMS_DOCUMENT,),  # R-IDV-09
        documents=_RESIDENT,
        manual_after_failure=False,
        name_change=True,  # R-IDV-12
    ),
    agreements=AgreementsPolicy(
        verify_identity=(DocumentKind.PRIVACY_POLICY,),  # R-IDV-09: "start verification" means consent
        apply_certificate=(*_CERTIFICATE_TERMS, DocumentKind.OPERATION_PRIVACY),  # section 1.1: before each operation
    ),
    cancellation=_NO_CANCELLATION,
)

_SXQ: Final = BrandPolicy(
    title=Text(zh="数信签", en="Shuxinqian"),
    login=LoginPolicy(methods=(LoginMethod.PASSWORD, LoginMethod.SMS)),  # Appendix A
    registration=RegistrationPolicy(automatic=False),  # R-ACC-04
    password=PasswordPolicy(  # R-ACC-05: 8 to 16, upper, lower, digits
        max_length=16, required_classes=(CharacterClass.UPPER, CharacterClass.LOWER, CharacterClass.DIGIT)
    ),
    identity=IdentityPolicy(
        methods=(IdentityMethod.MOTION_FACE, IdentityMethod.MANUAL),  # R-IDV-08, R-IDV-11
        documents=(  # R-IDV-10: 5 types
            DocumentType.RESIDENT_ID,
            DocumentType.PASSPORT,
            DocumentType.HK_MACAO_PERMIT,
            DocumentType.TAIWAN_PERMIT,
            DocumentType.FOREIGN_RESIDENT,
        ),
        manual_documents=(  # R-IDV-10: always manual unless it is an ID card
            DocumentType.PASSPORT,
            DocumentType.HK_MACAO_PERMIT,
            DocumentType.TAIWAN_PERMIT,
            DocumentType.FOREIGN_RESIDENT,
        ),
        manual_files=(ManualFile.DOCUMENT_FRONT, ManualFile.DOCUMENT_BACK, ManualFile.PORTRAIT),  # R-IDV-11
        manual_hours=2,  # R-IDV-11: 1 to 2 hours
        name_change=False,
    ),
    agreements=AgreementsPolicy(
        login=(),  # R-ACC-01, as above
        register=_TERMS,  # R-ACC-15
    ),
    cancellation=CancellationPolicy(allowed=True, appeal=False),  # R-ACC-25
    modes=(Mode.MUTUAL_RECOGNITION, Mode.E_SIGN),  # R-ACC-17
)

PRESETS: Final[dict[str, BrandPolicy]] = {
    NEUTRAL: BrandPolicy(),
    "bxq": _BXQ,
    "bzt": _BZT,
    "ept": _EPT,
    "zb": _ZB,
    "xss": _XSS,
    "net": _NET,
    "sxq": _SXQ,
}
