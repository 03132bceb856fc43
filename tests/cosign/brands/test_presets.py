"""The presets say what the requirements' Appendix A says, and fit their own rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosign.brands import (
    CharacterClass,
    DocumentType,
    IdentityMethod,
    LoginFactors,
    LoginMethod,
    Mode,
    PasswordStep,
    Platform,
)
from cosign.brands.document import as_table, read_policy
from cosign.brands.presets import NEUTRAL, PRESETS
from cosign.brands.rules import problems
from tools.tree import ROOT, files, is_generated

APPS = {"bxq", "bzt", "ept", "zb", "xss", "net", "sxq"}


def test_seven_apps_and_the_neutral_brand() -> None:
    assert PRESETS.keys() == APPS | {NEUTRAL}


@pytest.mark.parametrize("brand", PRESETS)
def test_every_preset_fits_the_rules_of_documents(brand: str) -> None:
    """What a preset holds could also stand in a document: bounds and forms are kept."""
    assert list(problems(PRESETS[brand])) == []
    assert read_policy(as_table(PRESETS[brand]), PRESETS[NEUTRAL]) == PRESETS[brand]


@pytest.mark.parametrize(
    ("brand", "automatic", "step", "methods", "factors"),
    [
        ("bxq", False, PasswordStep.OFFERED, "password sms", LoginFactors.SINGLE),
        ("bzt", True, PasswordStep.OFFERED, "sms password", LoginFactors.SINGLE),
        ("ept", True, PasswordStep.OFFERED, "one_tap sms password", LoginFactors.SINGLE),
        ("zb", True, PasswordStep.NONE, "sms certificate wechat alipay one_tap", LoginFactors.SINGLE),
        ("xss", True, PasswordStep.NONE, "one_tap sms network_id", LoginFactors.SINGLE),
        ("net", True, PasswordStep.REQUIRED, "sms biometric", LoginFactors.SMS_THEN_PASSWORD),
        ("sxq", False, PasswordStep.OFFERED, "password sms", LoginFactors.SINGLE),
    ],
)
def test_registration_and_login(
    brand: str, automatic: bool, step: PasswordStep, methods: str, factors: LoginFactors
) -> None:
    """R-ACC-03, R-ACC-04, R-ACC-06, R-ACC-09: rows 1 and 2 of Appendix A."""
    policy = PRESETS[brand]
    assert policy.registration.automatic is automatic
    assert policy.registration.password is step
    assert policy.login.methods == tuple(LoginMethod(word) for word in methods.split())
    assert policy.login.factors is factors
    assert policy.login.environment_qr is (brand == "xss")


@pytest.mark.parametrize(
    ("brand", "longest", "required", "classes"),
    [
        ("bxq", 64, {CharacterClass.UPPER, CharacterClass.LOWER, CharacterClass.SPECIAL}, 3),
        ("bzt", 16, set(), 3),
        ("ept", 16, set(), 3),
        ("net", 16, set(), 3),
        ("sxq", 16, {CharacterClass.UPPER, CharacterClass.LOWER, CharacterClass.DIGIT}, 3),
    ],
)
def test_passwords(brand: str, longest: int, required: set[CharacterClass], classes: int) -> None:
    """R-ACC-05: row 3 of Appendix A."""
    rules = PRESETS[brand].password
    assert (rules.min_length, rules.max_length) == (8, longest)
    assert (set(rules.required_classes), rules.min_classes) == (required, classes)


@pytest.mark.parametrize("brand", sorted(APPS))
def test_codes(brand: str) -> None:
    """R-ACC-01, R-ACC-02: five minutes, a minute, five tries, ten a day; a captcha only where the app shows one."""
    codes = PRESETS[brand].codes
    assert (codes.lifetime_seconds, codes.resend_seconds, codes.tries, codes.daily) == (300, 60, 5, 10)
    assert codes.captcha_before_sms is (brand == "net")


@pytest.mark.parametrize(
    ("brand", "methods", "documents", "manual"),
    [
        ("bxq", "motion_face manual", 7, 0),
        ("bzt", "cpcn_face alipay_face bank4", 1, 0),
        ("ept", "cpcn_face alipay_face bank4", 1, 0),
        ("zb", "ocr_digits_face", 1, 0),
        ("xss", "motion_face", 7, 0),
        ("net", "sms_doc", 1, 0),
        ("sxq", "motion_face manual", 5, 4),
    ],
)
def test_real_name_checks(brand: str, methods: str, documents: int, manual: int) -> None:
    """R-IDV-02, R-IDV-10, R-IDV-11: rows "real-name methods" and "foreign documents" of Appendix A."""
    identity = PRESETS[brand].identity
    assert identity.methods == tuple(IdentityMethod(word) for word in methods.split())
    assert len(identity.documents) == documents
    assert len(identity.manual_documents) == manual
    assert DocumentType.RESIDENT_ID in identity.documents
    assert DocumentType.RESIDENT_ID not in identity.manual_documents
    assert identity.email_required is (brand == "bxq")
    assert identity.reverify_new_device is (brand == "xss")


def test_minimum_systems() -> None:
    """R-ACC-30: Android 5.0 and iOS 9.0 (BXQ), 7.0, 12.0 and HarmonyOS 5.0 (XSS), iOS 12.0 and 100 MB (ZB)."""

    def least(brand: str) -> dict[Platform, str]:
        return {entry.platform: entry.minimum_os for entry in PRESETS[brand].client.platforms}

    assert least("bxq") == {Platform.ANDROID: "5.0", Platform.IOS: "9.0"}
    assert least("xss") == {Platform.ANDROID: "7.0", Platform.IOS: "12.0", Platform.HARMONYOS: "5.0"}
    assert least("zb")[Platform.IOS] == "12.0"
    assert {entry.free_megabytes for entry in PRESETS["zb"].client.platforms} >= {100}


def test_modes_cancellation_and_hours() -> None:
    """R-ACC-17, R-ACC-25, R-ACC-26, R-ACC-28, R-MSG-09."""
    assert set(PRESETS["sxq"].modes) == set(Mode)
    assert {brand for brand in APPS if PRESETS[brand].cancellation.allowed} == {"zb", "xss", "sxq"}
    assert {brand for brand in APPS if PRESETS[brand].cancellation.appeal} == {"zb"}
    assert {brand for brand in APPS if PRESETS[brand].devices.remember_pin} == {"xss"}
    assert "8:00-17:00" in PRESETS["ept"].support.hours.en


# --- code asks the policy ---


def named_brands(source: str) -> Iterator[int]:
    """Lines on which a name of an app is compared, matched, looked up or used as a key."""
    for node in ast.walk(ast.parse(source)):
        inside: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            inside = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            inside = [node.value]
        elif isinstance(node, ast.Dict):
            inside = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.Subscript):
            inside = [node.slice]
        elif isinstance(node, ast.Call):
            inside = [*node.args, *(keyword.value for keyword in node.keywords)]
        for part in inside:
            constants = [part, *(part.elts if isinstance(part, ast.Set | ast.Tuple | ast.List) else [])]
            if any(isinstance(one, ast.Constant) and one.value in APPS for one in constants):
                yield part.lineno


@pytest.mark.parametrize(
    "source",
    [
        "if brand == 'net': pass",
        "x = brand in ('zb', 'other')",
        "x = {'sxq': 1}[brand]",
        "x = table['xss']",
        "match brand:\n    case 'ept':\n        pass",
        "policy('bxq')",
        "f(brand='bzt')",
    ],
)
def test_the_guard_finds_names(source: str) -> None:
    assert list(named_brands(source))


@pytest.mark.parametrize("source", ["x = 'net'", "x = policy(account.brand)", "if kind == 'network': pass"])
def test_the_guard_lets_policies_pass(source: str) -> None:
    assert not list(named_brands(source))


def test_code_asks_the_policy_and_never_for_the_brand() -> None:
    presets = ROOT / "cosign" / "brands" / "presets.py"
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files(".py", root=ROOT / "cosign")
        if path != presets and not is_generated(path)
        for line in named_brands(Path(path).read_text(encoding="utf-8"))
    ]
    assert found == []
