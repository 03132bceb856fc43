"""Well-formed numbers of identity documents, made up at random; none belongs to a known person."""

import datetime as dt
import secrets

from stdnum.cn import ric

from cosign.brands import DocumentType


def resident_number(birth: dt.date = dt.date(1980, 2, 29), *, region: str = "110101", sequence: int = -1) -> str:
    """A number of GB 11643: also of residence permits, with their `region`."""
    order = secrets.randbelow(1000) if sequence < 0 else sequence
    body = f"{region}{birth:%Y%m%d}{order:03d}"
    return body + ric.calc_check_digit(body + "0")


def foreign_number(birth: dt.date = dt.date(1980, 2, 29), *, country: str = "840", sequence: int = -1) -> str:
    """A permanent residence number of the form of 2023."""
    return resident_number(birth, region=f"931{country[:3]}"[:6], sequence=sequence)


def document_number(document_type: DocumentType) -> str:
    """A number of any type."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return {
        DocumentType.RESIDENT_ID: resident_number(),
        DocumentType.RESIDENCE_PERMIT: resident_number(region="810000"),
        DocumentType.HK_MACAO_PERMIT: f"H{digits}",
        DocumentType.TAIWAN_PERMIT: digits,
        DocumentType.FOREIGN_RESIDENT: foreign_number(),
        DocumentType.OVERSEAS_CHINESE: f"E{digits}",
        DocumentType.PASSPORT: f"C{digits}",
    }[document_type]
