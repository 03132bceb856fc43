"""`CATALOGUE.md` and the numbered tests agree."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = Path(__file__).with_name("CATALOGUE.md")
LINE = re.compile(r"^\| (P?\d+) \|.*\| `([a-z0-9_/]+\.(?:py|rs))` \|$", re.MULTILINE)
NAME = re.compile(r"^(?:(?:async )?def test_|fn )((?:(?:rows?|p\d+|and)_|\d+_)+)", re.MULTILINE)
NUMBERED = ("tests/protocol", "tests/attacks", "tests/keyshare", "tests/cosign/signing", "tests/hsm")
"""Folders in which every number of a test's name is a number of the catalogue."""


def numbers(path: Path) -> set[str]:
    """Numbers in the names of a file's tests: `test_rows_6_7_…` has 6 and 7, `test_p1_p13_…` has P1 and P13."""
    found = set()
    for prefix in NAME.findall(path.read_text()):
        found |= {part.upper() for part in prefix.split("_") if re.fullmatch(r"p?\d+", part)}
    return found


def test_every_line_has_its_test() -> None:
    lines = LINE.findall(CATALOGUE.read_text())
    assert len(lines) > 120
    for number, file in lines:
        assert number in numbers(ROOT / file), f"{file} has no test for {number}"


def test_every_number_has_its_line() -> None:
    listed = {number for number, _ in LINE.findall(CATALOGUE.read_text())}
    for folder in NUMBERED:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            assert numbers(path) <= listed, path.name


def test_the_pattern_reads_names() -> None:
    """The guard itself: names with one number, several, and none."""
    names = ("row_4_a", "rows_6_7_b", "p1_p13_c", "15_d", "sm3")
    text = "".join(f"def test_{name}() -> None:\n" for name in names)
    assert NAME.findall(text) == ["row_4_", "rows_6_7_", "p1_p13_", "15_"]
