"""R-ACC-05: every rule that a password breaks is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosign.brands.model import PasswordPolicy
from cosign.brands.passwords import PasswordRule, check_password, classes_of
from cosign.brands.presets import PRESETS
from cosign.brands.words import CharacterClass

R = PasswordRule
NUMBER = "+86 555 " + "0100 2345"
"""Not a number of any network."""


@pytest.mark.parametrize(
    ("brand", "password", "broken"),
    [
        ("bxq", "Abcdefg!", []),
        ("bxq", "abcdefg!", [R.UPPER_MISSING, R.TOO_FEW_CLASSES]),
        ("bxq", "Abcdefg1", [R.SPECIAL_MISSING]),
        ("bxq", "", [R.TOO_SHORT, R.UPPER_MISSING, R.LOWER_MISSING, R.SPECIAL_MISSING, R.TOO_FEW_CLASSES]),
        ("net", "Abcdefg1", []),
        ("net", "abcd&123", []),
        ("net", "abcdefg1", [R.TOO_FEW_CLASSES]),
        ("net", "Abcdefg1" * 2 + "x", [R.TOO_LONG]),
        ("sxq", "Abcdefg1", []),
        ("sxq", "Abcdefg!", [R.DIGIT_MISSING]),
        ("bzt", "Abcdef1", [R.TOO_SHORT]),
        ("ept", "abcdefgh", [R.TOO_FEW_CLASSES]),
    ],
)
def test_rules_of_the_apps(brand: str, password: str, broken: list[PasswordRule]) -> None:
    assert check_password(PRESETS[brand].password, password) == broken


def test_number_name_confirmation_and_control_characters() -> None:
    policy = PasswordPolicy()
    broken = check_password(policy, "xX1-0100-2345\t张三", confirmation="other", phone_number=NUMBER, name="张 三")
    assert broken == [R.CHARACTER_INVALID, R.HOLDS_PHONE_NUMBER, R.HOLDS_NAME, R.CONFIRMATION_DIFFERS]
    assert check_password(policy, "Xx1-ZhangSan", name="zhang san") == [R.HOLDS_NAME]
    assert check_password(policy, "Xx1-00000000", phone_number="", name="") == []
    assert check_password(policy, "Xx1-李00000000", name="李") == []


def test_what_is_not_forbidden_may_occur() -> None:
    policy = PasswordPolicy(forbidden=())
    assert check_password(policy, "Ab!01002345", phone_number=NUMBER, name="Ab") == []


def test_a_composed_and_a_decomposed_letter_count_the_same() -> None:
    policy = PasswordPolicy(min_classes=1)
    assert check_password(policy, "e\u0301" * 7) == [R.TOO_SHORT]


def test_the_classes() -> None:
    assert classes_of("aA1!") == set(CharacterClass)
    assert classes_of("密码") == {CharacterClass.SPECIAL}
    assert classes_of("٣") == {CharacterClass.DIGIT}


@given(st.text(max_size=80), st.text(max_size=20), st.text(max_size=20))
def test_every_text_gets_an_answer(password: str, number: str, name: str) -> None:
    broken = check_password(PasswordPolicy(), password, phone_number=number, name=name)
    assert broken == [rule for rule in PasswordRule if rule in broken]
    assert R.USED_BEFORE not in broken
