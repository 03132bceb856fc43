"""Numbers of identity documents: how each type is written, and what its number tells.

    resident_id        GB 11643: 6 digits of the region, date of birth, 3 digits, check digit
    residence_permit   the same with region 810000 (Hong Kong), 820000 (Macao) or 830000 (Taiwan)
    hk_macao_permit    H or M and 8 digits; two more digits that count renewals are left away
    taiwan_permit      8 digits; two more digits that count renewals are left away
    foreign_resident   18 digits since 2023: 9, province, ISO 3166 numeric code, date of birth, 3 digits, check digit of
                       GB 11643; before that 15 characters: ISO 3166 alpha-3 code, 4 digits, YYMMDD, 2 digits, for
                       which no check digit is published
    overseas_chinese   ordinary passport of China: E and 8 digits, or E, a letter and 7 digits; G and 8 digits
    passport           5 to 9 letters and digits with at least one digit (ICAO Doc 9303 part 4)

Numbers that a renewal does not change stay one person's, so a renewed permit is recognised.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from stdnum.cn import ric

from cosign.brands import DocumentType
from cosign.errors import FieldInvalid
from cosign.identity.documents_countries import ALPHA_3, CHINESE, NUMERIC

_DASHES: Final = re.compile(r"[-‐-―−]")
_CITIZEN: Final = re.compile(r"[1-8]\d{16}[\dX]", re.ASCII)
_FOREIGN_18: Final = re.compile(r"9\d{16}[\dX]", re.ASCII)
_FOREIGN_15: Final = re.compile(r"([A-Z]{3})\d{4}(\d{6})\d{2}", re.ASCII)
_HK_MACAO: Final = re.compile(r"([HM]\d{8})(?:\d{2})?", re.ASCII)
_TAIWAN: Final = re.compile(r"(\d{8})(?:\d{2})?", re.ASCII)
_CHINESE_PASSPORT: Final = re.compile(r"[EG]\d{8}|E[A-HJ-NP-Z]\d{7}", re.ASCII)
_PASSPORT: Final = re.compile(r"(?=.*\d)[A-Z0-9]{5,9}", re.ASCII)

_CODES: Final = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65"
_PROVINCES: Final = frozenset(_CODES.split())
"""First two digits of GB/T 2260. Counties are not looked up: their codes change, and a number keeps the old one."""
_SETTLED: Final = frozenset({"71", "81", "82"})
"""Residents of the mainland whose number names Taiwan, Hong Kong or Macao."""
_PERMIT_REGIONS: Final = frozenset({"810000", "820000", "830000"})


@dataclass(frozen=True, slots=True, repr=False)
class Number:
    """A number that is well formed."""

    text: str
    """In the one form in which it is stored and found."""
    birth: dt.date | None = None
    """Where the number tells it."""
    country: str = ""
    """Alpha-3, where the number tells it."""


def compact(text: str) -> str:
    """Half-width, upper case, without blanks, dashes and brackets."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return _DASHES.sub("", "".join(folded.split())).replace("(", "").replace(")", "")


def parse_number(field: str, document_type: DocumentType, text: str, *, today: dt.date) -> Number:
    """Checks the number of a document.

    Args:
        field: Name of the field in the request.
        document_type: Which rules hold.
        text: As the user wrote it, at most 64 characters.
        today: The date in China; a birth after it is refused.

    Raises:
        FieldInvalid: Wrong form, region, date or check digit. It never holds the number.
    """
    if len(text) > 64:
        raise FieldInvalid(field, "must be at most 64 characters")
    return _RULES[document_type](field, compact(text), today)


def _resident(field: str, text: str, today: dt.date) -> Number:
    region = _citizen(field, text)
    if region in _PERMIT_REGIONS:
        raise FieldInvalid(field, "is the number of a residence permit")
    if region[:2] not in _PROVINCES | _SETTLED:
        raise FieldInvalid(field, "names no province")
    return Number(text, _birth(field, text[6:14], today))


def _permit(field: str, text: str, today: dt.date) -> Number:
    if _citizen(field, text) not in _PERMIT_REGIONS:
        raise FieldInvalid(field, "must begin with 810000, 820000 or 830000")
    return Number(text, _birth(field, text[6:14], today))


def _hk_macao(field: str, text: str, _today: dt.date) -> Number:
    found = _HK_MACAO.fullmatch(text)
    if found is None:
        raise FieldInvalid(field, "must be H or M and 8 digits")
    return Number(found[1])


def _taiwan(field: str, text: str, _today: dt.date) -> Number:
    found = _TAIWAN.fullmatch(text)
    if found is None:
        raise FieldInvalid(field, "must be 8 digits")
    return Number(found[1])


def _foreign_resident(field: str, text: str, today: dt.date) -> Number:
    if old := _FOREIGN_15.fullmatch(text):
        if old[1] not in NUMERIC.keys() - CHINESE:
            raise FieldInvalid(field, "names no country of ISO 3166")
        return Number(text, _birth_of_two_digits(field, old[2], today), old[1])
    if _FOREIGN_18.fullmatch(text) is None:
        raise FieldInvalid(field, "must be 18 digits that begin with 9, or 3 letters and 12 digits")
    _check_digit(field, text)
    country = ALPHA_3.get(text[3:6], "")
    if text[1:3] not in _PROVINCES:
        raise FieldInvalid(field, "names no province")
    if not country or country in CHINESE:
        raise FieldInvalid(field, "names no country of ISO 3166")
    return Number(text, _birth(field, text[6:14], today), country)


def _overseas_chinese(field: str, text: str, _today: dt.date) -> Number:
    if _CHINESE_PASSPORT.fullmatch(text) is None:
        raise FieldInvalid(field, "must be E or G and 8 digits, or E, a letter but I and O, and 7 digits")
    return Number(text, country="CHN")


def _passport(field: str, text: str, _today: dt.date) -> Number:
    if _PASSPORT.fullmatch(text) is None:
        raise FieldInvalid(field, "must be 5 to 9 letters and digits with at least one digit")
    return Number(text)


def _citizen(field: str, text: str) -> str:
    """The region of a well-formed number of GB 11643."""
    if _CITIZEN.fullmatch(text) is None:
        raise FieldInvalid(field, "must be 17 digits and a digit or X")
    _check_digit(field, text)
    return text[:6]


def _check_digit(field: str, text: str) -> None:
    if ric.calc_check_digit(text) != text[-1]:
        raise FieldInvalid(field, "has a wrong check digit")


def _birth(field: str, digits: str, today: dt.date) -> dt.date:
    try:
        birth = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise FieldInvalid(field, "holds no date of birth") from None
    if birth > today:
        raise FieldInvalid(field, "holds a date of birth in the future")
    return birth


def _birth_of_two_digits(field: str, digits: str, today: dt.date) -> dt.date:
    """The year is the last one that is not in the future."""
    century = today.year // 100 * 100
    for year in (century + int(digits[:2]), century - 100 + int(digits[:2])):
        try:
            birth = dt.date(year, int(digits[2:4]), int(digits[4:]))
        except ValueError:
            continue
        if birth <= today:
            return birth
    raise FieldInvalid(field, "holds no date of birth")


_RULES: Final[Mapping[DocumentType, Callable[[str, str, dt.date], Number]]] = {
    DocumentType.RESIDENT_ID: _resident,
    DocumentType.RESIDENCE_PERMIT: _permit,
    DocumentType.HK_MACAO_PERMIT: _hk_macao,
    DocumentType.TAIWAN_PERMIT: _taiwan,
    DocumentType.FOREIGN_RESIDENT: _foreign_resident,
    DocumentType.OVERSEAS_CHINESE: _overseas_chinese,
    DocumentType.PASSPORT: _passport,
}
