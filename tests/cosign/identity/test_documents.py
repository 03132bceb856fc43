import dataclasses
import datetime as dt

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cosign.brands import DocumentType, IdentityMethod
from cosign.brands.model import IdentityPolicy
from cosign.brands.presets import PRESETS
from cosign.errors import FieldInvalid
from cosign.identity.documents import CHINA, check_allowed, check_unexpired, checked, today
from cosign.identity.documents_countries import ALPHA_3, ISSUERS, NUMERIC
from cosign.identity.documents_numbers import parse_number
from cosign.identity.faults import DocumentExpired, DocumentRefused
from cosign.identity.model import PersonData
from tests.support.documents import document_number, foreign_number, resident_number
from tests.support.personal import MovableClock

CLOCK = MovableClock()
TODAY = today(CLOCK)
D = DocumentType
BIRTHS = st.dates(dt.date(1910, 1, 1), dt.date(2010, 12, 31))


def number(document_type: DocumentType, text: str) -> str:
    return parse_number("number", document_type, text, today=TODAY).text


def claim(document_type: DocumentType = D.RESIDENT_ID, **fields: object) -> PersonData:
    latin = document_type in (D.PASSPORT, D.FOREIGN_RESIDENT)
    data = PersonData(
        name="MUSTER, ERIKA" if latin else "试验人",
        document_type=document_type,
        document_number=document_number(document_type),
        document_country="D" if document_type is D.PASSPORT else "",
    )
    return dataclasses.replace(data, **fields)  # type: ignore[arg-type]


def taken(data: PersonData, **policy: int) -> PersonData:
    return checked(data, policy=IdentityPolicy(**policy), clock=CLOCK)  # type: ignore[arg-type]


@given(birth=BIRTHS, sequence=st.integers(0, 999), place=st.integers(0, 17), by=st.integers(1, 9))
@example(birth=dt.date(1980, 2, 29), sequence=0, place=17, by=1)
@settings(deadline=None)
def test_every_changed_digit_is_found(birth: dt.date, sequence: int, place: int, by: int) -> None:
    """R-IDV-10: MOD 11-2 finds every wrong digit, of residents, permits and permanent residents."""
    for document_type, good in (
        (D.RESIDENT_ID, resident_number(birth, sequence=sequence)),
        (D.RESIDENCE_PERMIT, resident_number(birth, region="830000", sequence=sequence)),
        (D.FOREIGN_RESIDENT, foreign_number(birth, sequence=sequence)),
    ):
        assert number(document_type, good) == good
        digit = 10 if good[place] == "X" else int(good[place])
        wrong = str((digit + by) % 10)
        assume(wrong != good[place])
        with pytest.raises(FieldInvalid):
            number(document_type, good[:place] + wrong + good[place + 1 :])


@given(birth=BIRTHS, first=st.integers(0, 15))
@settings(deadline=None)
def test_swapped_digits_are_found(birth: dt.date, first: int) -> None:
    """R-IDV-10: two neighbours that changed places are found."""
    good = resident_number(birth)
    swapped = good[:first] + good[first + 1] + good[first] + good[first + 2 :]
    assume(swapped != good)
    with pytest.raises(FieldInvalid):
        number(D.RESIDENT_ID, swapped)


@given(text=st.text(max_size=70), document_type=st.sampled_from(DocumentType))
@settings(deadline=None)
def test_any_text_is_read_or_refused(text: str, document_type: DocumentType) -> None:
    """R-IDV-10: nothing else comes out of a number, and what is accepted is accepted again unchanged."""
    try:
        found = number(document_type, text)
    except FieldInvalid:
        return
    assert number(document_type, found) == found


@pytest.mark.parametrize("document_type", list(DocumentType))
def test_each_type_takes_its_own_numbers(document_type: DocumentType) -> None:
    """R-IDV-10: full-width letters, lower case, blanks and dashes do not matter."""
    good = document_number(document_type)
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in good.lower())
    assert number(document_type, good) == number(document_type, f" {good[:4]} {good[4:]}-".lower()) == good
    assert number(document_type, wide) == good
    with pytest.raises(FieldInvalid):
        number(document_type, good + "7777")


@pytest.mark.parametrize(
    ("document_type", "text", "problem"),
    [
        (D.RESIDENT_ID, resident_number(region="810000", sequence=7), "residence permit"),
        (D.RESIDENT_ID, resident_number(region="770101", sequence=7), "province"),
        (D.RESIDENT_ID, resident_number(dt.date(2040, 1, 1), sequence=7), "future"),
        (D.RESIDENT_ID, "11010119990229001" + "X", "check digit"),
        (D.RESIDENT_ID, "110101800229001", "17 digits"),
        (D.RESIDENCE_PERMIT, resident_number(sequence=7), "810000"),
        (D.HK_MACAO_PERMIT, "T12345678", "H or M"),
        (D.TAIWAN_PERMIT, "1234567", "8 digits"),
        (D.FOREIGN_RESIDENT, foreign_number(country="999", sequence=7), "country"),
        (D.FOREIGN_RESIDENT, foreign_number(country="156", sequence=7), "country"),
        (D.FOREIGN_RESIDENT, "XYZ110080022916", "country"),
        (D.FOREIGN_RESIDENT, "USA110080023016", "date of birth"),
        (D.OVERSEAS_CHINESE, "EI1234567", "but I and O"),
        (D.PASSPORT, "ABCDEFG", "one digit"),
        (D.PASSPORT, "A1234567890", "5 to 9"),
    ],
)
def test_bad_numbers_say_what_is_wrong(document_type: DocumentType, text: str, problem: str) -> None:
    """R-IDV-10: the fault tells the rule, never the number."""
    with pytest.raises(FieldInvalid, match=problem) as fault:
        number(document_type, text)
    assert text not in str(fault.value)


def test_a_renewed_permit_keeps_its_number() -> None:
    """R-IDV-10: the digits that count renewals are left away, so that one person has one number."""
    assert number(D.HK_MACAO_PERMIT, "h1234567803") == "H12345678"
    assert number(D.TAIWAN_PERMIT, "12345678 02") == "12345678"


def test_permanent_residents_of_both_forms() -> None:
    """R-IDV-10: the cards of before 2023 and those since."""
    old = parse_number("number", D.FOREIGN_RESIDENT, "usa110080022916", today=TODAY)
    new = parse_number("number", D.FOREIGN_RESIDENT, foreign_number(), today=TODAY)
    assert (old.country, old.birth) == (new.country, new.birth) == ("USA", dt.date(1980, 2, 29))
    young = parse_number("number", D.FOREIGN_RESIDENT, "USA110020022916", today=TODAY)
    assert young.birth == dt.date(2020, 2, 29)


def test_countries() -> None:
    """R-IDV-10: ISO 3166-1 has 249 countries; Chinese holders have other documents."""
    assert len(NUMERIC) == len(ALPHA_3) == 249
    assert (ALPHA_3["840"], ALPHA_3["276"], NUMERIC["SGP"]) == ("USA", "DEU", "702")
    assert {"D", "GBR", "XXA"} <= ISSUERS
    for country in ("CHN", "TWN", "ZZZ", ""):
        with pytest.raises(FieldInvalid, match="document_country"):
            taken(claim(D.PASSPORT, document_country=country))
    assert taken(claim(D.PASSPORT, document_country=" usa ")).document_country == "USA"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("张 三", "张三"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("𠮷田", "𠮷田"),
    ],
)
def test_chinese_names(written: str, stored: str) -> None:
    """R-IDV-10: middle dots of every keyboard become one."""
    assert taken(claim(name=written)).name == stored


@pytest.mark.parametrize(
    ("written", "stored"),
    [("Ｏ’Brien  anna-maría", "O'BRIEN ANNA-MARÍA"), ("smith, john jr.", "SMITH, JOHN JR."), ("山田太郎", "山田太郎")],
)
def test_names_of_passports(written: str, stored: str) -> None:
    """R-IDV-10: Latin names in upper case."""
    assert taken(claim(D.PASSPORT, name=written)).name == stored


@pytest.mark.parametrize(
    "name", ["张", "张·", "·张三", "张··三", "张三1", "Zhang San", "张San", "张\u200b三", "三" * 51]
)
def test_bad_names(name: str) -> None:
    """R-IDV-10: a resident card shows 2 to 50 Chinese characters."""
    with pytest.raises(FieldInvalid, match=r"person\.name"):
        taken(claim(name=name))


@pytest.mark.parametrize(
    ("document_type", "birth", "days", "long_term"),
    [
        (D.RESIDENT_ID, dt.date(1980, 1, 1), None, True),
        (D.RESIDENT_ID, dt.date(2000, 1, 1), 20 * 365, False),
        (D.RESIDENT_ID, dt.date(2000, 1, 1), 0, False),
    ],
)
def test_validity(document_type: DocumentType, birth: dt.date, days: int | None, long_term: bool) -> None:
    """R-IDV-10: the last day counts; cards are valid for ever from 46 years on."""
    expiry = None if days is None else TODAY + dt.timedelta(days=days)
    data = claim(document_type, document_number=resident_number(birth), document_expiry=expiry, long_term=long_term)
    assert taken(data).birth == birth.isoformat()
    check_unexpired(expiry, clock=CLOCK)


def test_bad_validity() -> None:
    """R-IDV-10: expired, too long for the type, or for ever where that is not issued."""
    yesterday = TODAY - dt.timedelta(days=1)
    with pytest.raises(DocumentExpired):
        taken(claim(document_expiry=yesterday))
    with pytest.raises(DocumentExpired):
        check_unexpired(yesterday, clock=CLOCK)
    for data in (
        claim(D.TAIWAN_PERMIT, document_expiry=TODAY + dt.timedelta(days=6 * 365)),
        claim(D.PASSPORT, long_term=True),
        claim(document_number=resident_number(dt.date(2000, 1, 1)), long_term=True),
        claim(long_term=True, document_expiry=TODAY),
    ):
        with pytest.raises(FieldInvalid, match="document_expiry"):
            taken(data)


def test_age_and_birth() -> None:
    """R-IDV-10: children do not act for themselves, and birth and number agree."""
    with pytest.raises(FieldInvalid, match="younger"):
        taken(claim(document_number=resident_number(TODAY - dt.timedelta(days=15 * 365))))
    with pytest.raises(FieldInvalid, match="older"):
        taken(claim(document_number=resident_number(dt.date(1890, 1, 1))))
    with pytest.raises(FieldInvalid, match=r"person\.birth"):
        taken(claim(birth="1980-02-28"))
    with pytest.raises(FieldInvalid, match=r"person\.birth"):
        taken(claim(D.PASSPORT, birth="29/02/1980"))


def test_ages_are_the_brand_s() -> None:
    """R-IDV-10: a brand may serve adults only, or the very old; the youngest and the oldest day count."""
    eighteen = TODAY.replace(year=TODAY.year - 18)
    at_eighteen = claim(document_number=resident_number(eighteen))
    taken(at_eighteen, min_age=18)
    with pytest.raises(FieldInvalid, match="younger than 18"):
        taken(claim(document_number=resident_number(eighteen + dt.timedelta(days=1))), min_age=18)
    old = claim(document_number=resident_number(TODAY.replace(year=TODAY.year - 121)))
    taken(old)
    with pytest.raises(FieldInvalid, match="older than 120"):
        taken(old, max_age=120)


def test_the_date_is_that_of_china() -> None:
    """R-IDV-10: at 17:00 UTC the next day has begun."""
    clock = MovableClock()
    clock.moment = dt.datetime(2030, 1, 1, 17, tzinfo=dt.UTC)
    assert today(clock) == dt.date(2030, 1, 2) == clock.now().astimezone(CHINA).date()


def test_what_brands_take() -> None:
    """R-IDV-10: five types of SXQ of which four go to a reviewer, one of NET, seven of XSS."""
    assert sum(len(PRESETS[brand].identity.documents) for brand in ("sxq", "net", "xss")) == 5 + 1 + 7
    reviewed = PRESETS["sxq"].identity
    check_allowed(reviewed, D.RESIDENT_ID, IdentityMethod.MOTION_FACE)
    check_allowed(reviewed, D.PASSPORT, IdentityMethod.MANUAL)
    with pytest.raises(DocumentRefused):
        check_allowed(reviewed, D.PASSPORT, IdentityMethod.MOTION_FACE)
    with pytest.raises(DocumentRefused):
        check_allowed(IdentityPolicy(documents=(D.RESIDENT_ID,)), D.PASSPORT, IdentityMethod.MANUAL)
