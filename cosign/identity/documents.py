"""Identity documents (证件): what a brand takes, and whether what a person claims can be true (R-IDV-10).

checked           one form of name and number, or the fault that is in them
check_allowed     whether a brand takes a type, and by this method
check_unexpired   whether a document is still valid

documents_numbers     numbers per type
documents_names       names
documents_countries   codes of countries
"""

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import Final

from cosign.brands import DocumentType, IdentityMethod
from cosign.brands.model import IdentityPolicy
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.identity.documents_countries import ISSUERS
from cosign.identity.documents_names import parse_name
from cosign.identity.documents_numbers import parse_number
from cosign.identity.faults import DocumentExpired, DocumentRefused
from cosign.identity.model import PersonData

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
"""Whose date decides about births and validity."""
LONG_TERM_AGE: Final = 46
"""From that age on resident cards are issued for ever (Resident Identity Card Law, article 5)."""


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """What holds for a type of document beside its number."""

    years: int
    """Longest validity that is issued."""
    chinese_name: bool = False
    """It shows no Latin name, or the Chinese one counts."""
    long_term: bool = False
    """It may be valid for ever."""
    country: bool = False
    """Its issuing country must be told."""


RULES: Final = {
    DocumentType.RESIDENT_ID: DocumentRule(years=20, chinese_name=True, long_term=True),
    DocumentType.RESIDENCE_PERMIT: DocumentRule(years=5),
    DocumentType.HK_MACAO_PERMIT: DocumentRule(years=10),
    DocumentType.TAIWAN_PERMIT: DocumentRule(years=5),
    DocumentType.FOREIGN_RESIDENT: DocumentRule(years=10),
    DocumentType.OVERSEAS_CHINESE: DocumentRule(years=10, chinese_name=True),
    DocumentType.PASSPORT: DocumentRule(years=15, country=True),
}


def today(clock: Clock) -> dt.date:
    """The date in China."""
    return clock.now().astimezone(CHINA).date()


def check_allowed(policy: IdentityPolicy, document_type: DocumentType, method: IdentityMethod) -> None:
    """Raises DocumentRefused when the brand does not take the type, or takes it by manual review only."""
    if document_type not in policy.documents:
        raise DocumentRefused("the brand does not take this type of document")
    if document_type in policy.manual_documents and method is not IdentityMethod.MANUAL:
        raise DocumentRefused("this type of document is looked at by a reviewer")


def checked(data: PersonData, *, policy: IdentityPolicy, clock: Clock, field: str = "person") -> PersonData:
    """Brings what a person claims into the form that is stored, and refuses what cannot be true.

    Args:
        data: As the person wrote it.
        policy: Of the brand; ages are what counts here, see `check_allowed` for types.
        clock: Present time.
        field: Path of the data in the request.

    Returns:
        `data` with name, number and country normalised, and the birth where the number tells it.

    Raises:
        FieldInvalid: A part is malformed or contradicts another one; it never holds personal data.
        DocumentExpired: The document is no longer valid.
    """
    rule, date = RULES[data.document_type], today(clock)
    name = parse_name(f"{field}.name", data.name, chinese_only=rule.chinese_name)
    number = parse_number(f"{field}.document_number", data.document_type, data.document_number, today=date)
    birth = _birth(f"{field}.birth", data.birth, number.birth)
    if birth is not None:
        _check_age(f"{field}.document_number", _age(birth, date), policy)
    _check_expiry(f"{field}.document_expiry", data, rule, birth, date)
    return dataclasses.replace(
        data,
        name=name,
        document_number=number.text,
        document_country=_country(f"{field}.document_country", data.document_country, rule),
        birth="" if birth is None else birth.isoformat(),
    )


def check_unexpired(expiry: dt.date | None, *, clock: Clock) -> None:
    """A document is valid on its last day. Raises DocumentExpired."""
    if expiry is not None and expiry < today(clock):
        raise DocumentExpired("the document is no longer valid")


def _country(field: str, text: str, rule: DocumentRule) -> str:
    country = text.strip().upper()
    if not rule.country:
        return ""
    if country not in ISSUERS:
        raise FieldInvalid(field, "must be the 3-letter code of the country that issued the passport, outside of China")
    return country


def _birth(field: str, text: str, told: dt.date | None) -> dt.date | None:
    if not text:
        return told
    try:
        birth = dt.date.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field, "must be a date as YYYY-MM-DD") from None
    if told is not None and birth != told:
        raise FieldInvalid(field, "is not the birth that the number tells")
    return birth


def _check_age(field: str, age: int, policy: IdentityPolicy) -> None:
    if age < policy.min_age:
        raise FieldInvalid(field, f"belongs to a person younger than {policy.min_age} years")
    if age > policy.max_age:
        raise FieldInvalid(field, f"belongs to a person older than {policy.max_age} years")


def _check_expiry(field: str, data: PersonData, rule: DocumentRule, birth: dt.date | None, date: dt.date) -> None:
    if data.long_term:
        if not rule.long_term or data.document_expiry is not None:
            raise FieldInvalid(field, "a document of this type has a last day, or a date was given as well")
        if birth is not None and _age(birth, date) < LONG_TERM_AGE:
            raise FieldInvalid(field, f"only cards of persons from {LONG_TERM_AGE} years on are valid for ever")
    elif data.document_expiry is not None:
        if data.document_expiry < date:
            raise DocumentExpired("the document is no longer valid")
        if data.document_expiry > _after(date, rule.years):
            raise FieldInvalid(field, f"a document of this type is valid for at most {rule.years} years")


def _age(birth: dt.date, date: dt.date) -> int:
    return date.year - birth.year - ((date.month, date.day) < (birth.month, birth.day))


def _after(date: dt.date, years: int) -> dt.date:
    """The same day so many years later, and the last one of February for its 29th, with a week for time zones."""
    try:
        later = date.replace(year=date.year + years)
    except ValueError:
        later = date.replace(year=date.year + years, day=28)
    return later + dt.timedelta(days=7)
