from pathlib import Path

import pytest

from tools import requirement_status
from tools.requirement_status import GROUPS, Requirement

COUNTS = {"ACC": 33, "IDV": 17, "MSG": 11, "AUD": 9, "ADM": 25}
"""As many ids as each group has, numbered from 01."""


def test_every_requirement_has_a_test_or_a_reason() -> None:
    assert requirement_status.findings(requirement_status.requirements(), requirement_status.modules_by_id()) == []


def test_no_requirement_is_left_out() -> None:
    known = requirement_status.requirements()
    assert list(known) == [f"R-{group}-{number:02}" for group in GROUPS for number in range(1, COUNTS[group] + 1)]
    assert all(requirement.title for requirement in known.values())


@pytest.mark.parametrize(
    ("requirement", "tests", "finding"),
    [
        (Requirement("Title"), {}, "name it in the docstring of a test"),
        (Requirement("Title", not_built="later."), {"R-ACC-01": ["a/test_b.py"]}, "tested by a/test_b.py, so remove"),
        (Requirement("Title", not_built="later.", lacks="all"), {}, "remove `lacks`"),
        (Requirement("Title"), {"R-ACC-01": ["a"], "R-ACC-99": ["a/test_b.py"]}, "R-ACC-99: named by a/test_b.py"),
    ],
)
def test_what_does_not_fit_is_found(requirement: Requirement, tests: dict[str, list[str]], finding: str) -> None:
    (line,) = requirement_status.findings({"R-ACC-01": requirement}, tests)
    assert finding in line


def test_ids_are_read_from_docstrings_of_tests_only(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "area"
    folder.mkdir(parents=True)
    (folder / "test_one.py").write_text('"""R-ACC-02."""\n# R-ACC-03\nasync def test_a(): "R-ACC-01, R-MSG-11: x"\n')
    (folder / "test_two.py").write_text('class TestB:\n    """R-ACC-01: again R-ACC-01; X-R-ACC-011."""\n')
    (folder / "world.py").write_text('"""R-ACC-04."""\n')
    assert requirement_status.modules_by_id(tmp_path) == {
        "R-ACC-01": ["tests/area/test_one.py", "tests/area/test_two.py"],
        "R-ACC-02": ["tests/area/test_one.py"],
        "R-MSG-11": ["tests/area/test_one.py"],
    }


def test_the_page_has_one_line_for_each_id() -> None:
    known = {
        "R-ACC-02": Requirement("Second", not_built="nobody asked."),
        "R-ACC-01": Requirement("First", lacks="half of it."),
    }
    page = requirement_status.markdown(known, {"R-ACC-01": ["a/test_b.py", "c/test_d.py"]})
    assert [line for line in page.splitlines() if line.startswith("| R-")] == [
        "| R-ACC-01 | First | tested by `a/test_b.py`, `c/test_d.py`; without half of it. |",
        "| R-ACC-02 | Second | not built, because nobody asked. |",
    ]
