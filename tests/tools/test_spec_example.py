import pytest

from tools import spec_example
from tools.tree import ROOT

PAGE = f"before\n{spec_example.BEGIN}stale{spec_example.END}\nafter\n"


def test_the_example_replaces_what_stood_between_the_markers() -> None:
    filled = spec_example.fill(PAGE)
    assert "stale" not in filled
    assert filled.startswith("before\n")
    assert filled.endswith("after\n")
    assert spec_example.fill(filled) == filled


def test_lost_markers_are_an_error() -> None:
    with pytest.raises(ValueError, match="markers"):
        spec_example.fill("no markers here")


def test_a_changed_vector_changes_the_example() -> None:
    values = spec_example.load()
    assert spec_example.render(values) != spec_example.render({**values, "rho": "00" * 32})


def test_the_specification_shows_the_current_vector() -> None:
    text = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
    assert spec_example.fill(text) == text
