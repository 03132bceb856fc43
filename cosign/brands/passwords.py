"""The password rules of a brand (R-ACC-05): a pure function that names every rule a password breaks."""

import enum
import re
import unicodedata
from typing import Final

from cosign.brands.model import PasswordPolicy
from cosign.brands.words import CharacterClass, Forbidden


class PasswordRule(enum.StrEnum):
    """What a password can break; callers see these words."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    UPPER_MISSING = "upper_missing"
    LOWER_MISSING = "lower_missing"
    DIGIT_MISSING = "digit_missing"
    SPECIAL_MISSING = "special_missing"
    TOO_FEW_CLASSES = "too_few_classes"
    CHARACTER_INVALID = "character_invalid"
    """A control character, or something that is no character."""
    HOLDS_PHONE_NUMBER = "holds_phone_number"
    HOLDS_NAME = "holds_name"
    USED_BEFORE = "used_before"
    """For whoever keeps the history: `check_password` cannot know it."""
    CONFIRMATION_DIFFERS = "confirmation_differs"


_MISSING: Final = {
    CharacterClass.UPPER: PasswordRule.UPPER_MISSING,
    CharacterClass.LOWER: PasswordRule.LOWER_MISSING,
    CharacterClass.DIGIT: PasswordRule.DIGIT_MISSING,
    CharacterClass.SPECIAL: PasswordRule.SPECIAL_MISSING,
}
_TAIL: Final = 8
"""So many digits of the end of the phone number may not stand in a password, nor the whole number."""


def check_password(
    policy: PasswordPolicy, password: str, *, confirmation: str | None = None, phone_number: str = "", name: str = ""
) -> list[PasswordRule]:
    """Returns every rule that `password` breaks, in the order of `PasswordRule`; an empty list is a good password.

    Args:
        policy: The rules of the brand.
        password: Any text. Its length is counted in characters after NFC, the form that is hashed.
        confirmation: The second entry; None where the client has no second field.
        phone_number: Of the account, or empty.
        name: The verified name, or empty; names of one character are not looked for.
    """
    text = unicodedata.normalize("NFC", password)
    broken: set[PasswordRule] = set()
    if len(text) < policy.min_length:
        broken.add(PasswordRule.TOO_SHORT)
    if len(text) > policy.max_length:
        broken.add(PasswordRule.TOO_LONG)
    found = classes_of(text)
    broken |= {_MISSING[wanted] for wanted in policy.required_classes if wanted not in found}
    if len(found) < policy.min_classes:
        broken.add(PasswordRule.TOO_FEW_CLASSES)
    if any(unicodedata.category(letter)[0] == "C" for letter in text):
        broken.add(PasswordRule.CHARACTER_INVALID)
    if Forbidden.PHONE_NUMBER in policy.forbidden and _holds_number(text, phone_number):
        broken.add(PasswordRule.HOLDS_PHONE_NUMBER)
    plain_name = "".join(unicodedata.normalize("NFC", name).split()).casefold()
    if Forbidden.NAME in policy.forbidden and len(plain_name) > 1 and plain_name in text.casefold():
        broken.add(PasswordRule.HOLDS_NAME)
    if confirmation is not None and confirmation != password:
        broken.add(PasswordRule.CONFIRMATION_DIFFERS)
    return [rule for rule in PasswordRule if rule in broken]


def classes_of(text: str) -> set[CharacterClass]:
    """The classes that occur in `text`; letters of scripts without case and everything else count as special."""
    return {_class_of(letter) for letter in text}


def _class_of(letter: str) -> CharacterClass:
    if letter.isupper():
        return CharacterClass.UPPER
    if letter.islower():
        return CharacterClass.LOWER
    return CharacterClass.DIGIT if letter.isdecimal() else CharacterClass.SPECIAL


def _holds_number(text: str, phone_number: str) -> bool:
    digits = re.sub(r"\D", "", phone_number)[-11:]
    return len(digits) >= _TAIL and digits[-_TAIL:] in re.sub(r"[\s-]", "", text)
