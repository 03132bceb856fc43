from tools import sections, spec_example
from tools.tree import ROOT


def test_a_changed_vector_changes_the_example() -> None:
    values = spec_example.load()
    assert spec_example.render(values) != spec_example.render({**values, "rho": "00" * 32})


def test_the_specification_shows_the_current_vector() -> None:
    text = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
    assert sections.replace(text, "worked example", spec_example.render(spec_example.load())) == text
