"""What lists show (R-IDV-16)."""

import pytest

from cosign.personal import mask_document_number, mask_email, mask_name, mask_phone_number


@pytest.mark.parametrize(
    ("given", "shown"),
    [("12000000000", "120****0000"), ("+8612000000000", "+86120****0000"), ("1234567", "1******"), ("", "")],
)
def test_phone_numbers(given: str, shown: str) -> None:
    """R-IDV-16: first 3 and last 4."""
    assert mask_phone_number(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [("000000190001010000", "000000********0000"), ("E00000001", "E0*****01"), ("AB", "A*")],
)
def test_document_numbers(given: str, shown: str) -> None:
    """R-IDV-16: first 6 and last 4 of an ID number; of others a quarter at either end."""
    assert mask_document_number(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [("甲乙丙", "甲**"), ("欧阳乙", "欧阳*"), ("欧阳", "欧*"), ("Doe Jane Ann", "Doe **** ***"), ("", "")],
)
def test_names(given: str, shown: str) -> None:
    """R-IDV-16: the surname only."""
    assert mask_name(given) == shown


def test_mail_addresses() -> None:
    assert mask_email("someone@example.com") == "s***@example.com"
    assert mask_email("nothing") == "n***"
