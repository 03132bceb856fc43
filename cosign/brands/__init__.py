"""Brand policies: what differs between the apps that one deployment serves.

    policy = brands.policy(account.brand)
    if policy.codes.captcha_before_sms: ...

Other areas use what is named here. Code asks the policy; it never compares the name of a brand.
"""

from cosign.brands.model import BrandPolicy
from cosign.brands.ports import Brands
from cosign.brands.words import (
    CancelledNumber,
    CharacterClass,
    ComputerConfirmation,
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
    RiskAnswer,
)

__all__ = [
    "BrandPolicy",
    "Brands",
    "CancelledNumber",
    "CharacterClass",
    "ComputerConfirmation",
    "DocumentKind",
    "DocumentType",
    "Forbidden",
    "IdentityMethod",
    "LoginFactors",
    "LoginMethod",
    "ManualFile",
    "Mode",
    "Operation",
    "PasswordStep",
    "Platform",
    "ReviewStage",
    "RiskAnswer",
]
