from pathlib import Path

from tools import personal_data

# Put together at run time, so that this file passes the guard it tests.
MOBILE = "138" + "0013" + "8000"
IDENTITY = "110101" + "19900307" + "002"
RIGHT_DIGIT = next(digit for digit in "0123456789X" if personal_data.has_right_check_digit(IDENTITY + digit))


def test_numbers_of_real_form_are_found(tmp_path: Path) -> None:
    (tmp_path / "fixture.json").write_text(f'{{"mobile": "{MOBILE}", "identity": "{IDENTITY}{RIGHT_DIGIT}"}}')
    assert len(list(personal_data.findings(tmp_path))) == 2


def test_made_up_numbers_pass(tmp_path: Path) -> None:
    wrong = "1" if RIGHT_DIGIT != "1" else "2"
    (tmp_path / "fixture.json").write_text(f'{{"identity": "{IDENTITY}{wrong}", "time_ms": 1700000000000}}')
    assert not list(personal_data.findings(tmp_path))


def test_a_finding_does_not_repeat_the_number(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(MOBILE)
    (finding,) = personal_data.findings(tmp_path)
    assert MOBILE not in finding
