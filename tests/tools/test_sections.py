import pytest

from tools import sections

PAGE = "before\n<!-- table: begin -->\nstale\n<!-- table: end -->\nafter\n"


def test_only_what_stands_between_the_markers_changes() -> None:
    filled = sections.replace(PAGE, "table", "fresh\n")
    assert "stale" not in filled
    assert filled.startswith("before\n")
    assert filled.endswith("after\n")
    assert sections.replace(filled, "table", "fresh\n") == filled


@pytest.mark.parametrize("lost", ["<!-- table: begin -->\n", "<!-- table: end -->\n"])
def test_lost_markers_are_an_error(lost: str) -> None:
    with pytest.raises(sections.MarkersLost, match="table"):
        sections.replace(PAGE.replace(lost, ""), "table", "fresh")
