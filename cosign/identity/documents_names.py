"""Names as they stand in documents: Chinese with or without `·`, or Latin."""

import re
import unicodedata
from typing import Final

from cosign.errors import FieldInvalid

LONGEST: Final = 50
_DOTS: Final = re.compile("\\s*[·•‧∙⋅・･．]\\s*")
"""Middle dots that keyboards and readers put into transliterated names; `·` (U+00B7) is stored."""
_HAN: Final = "〇㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
_CHINESE: Final = re.compile(f"[{_HAN}]+(?:·[{_HAN}]+)*")
_BETWEEN_HAN: Final = re.compile(f"(?<=[{_HAN}])\\s+(?=[{_HAN}])")
_LETTER: Final = "[A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u024f\u1e00-\u1eff]"
_LATIN: Final = re.compile(f"{_LETTER}+(?:(?: |, |\\. ?|-|'){_LETTER}+)*\\.?")


def parse_name(field: str, text: str, *, chinese_only: bool = False) -> str:
    """Checks a name and returns it in the one form in which it is stored.

    Half-width, one blank between words, none between Chinese characters, Latin letters in upper case, `·` for any dot
    between Chinese characters.

    Args:
        field: Name of the field in the request.
        text: As the user wrote it.
        chinese_only: The document holds no Latin name.

    Raises:
        FieldInvalid: Not 2 to 50 characters, or neither a Chinese nor a Latin name. It never holds the name.
    """
    if len(text) > 4 * LONGEST:
        raise FieldInvalid(field, f"must be 2 to {LONGEST} characters")
    # Chinese full stops and dots first: NFKC would make a plain dot of some of them.
    name = _DOTS.sub("·", text.strip()) if re.search(f"[{_HAN}]", text) else text
    name = unicodedata.normalize("NFKC", name).replace("’", "'").replace("`", "'").upper()
    name = _BETWEEN_HAN.sub("", " ".join(name.split()))
    if not 2 <= len(name) <= LONGEST:
        raise FieldInvalid(field, f"must be 2 to {LONGEST} characters")
    if _CHINESE.fullmatch(name):
        return name
    if chinese_only:
        raise FieldInvalid(field, "must be the Chinese name on the document")
    if _LATIN.fullmatch(name) is None:
        raise FieldInvalid(field, "must be a Chinese or a Latin name, not both")
    return name
