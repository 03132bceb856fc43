from pathlib import Path

import pytest

from tools import doc_links

PAGE = """# Page one

See [two](docs/two.md#second-part), [here](#page-one), `tools/tree.py` and `make check`.

```sh
make demo
```
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "tree.py").touch()
    (tmp_path / "Makefile").write_text("check: setup\n\ndemo: setup\n\nsetup:\n")
    (tmp_path / "docs" / "two.md").write_text("# Two\n\n## Second `part`\n")
    (tmp_path / "README.md").write_text(PAGE)
    return tmp_path


def test_a_true_page_passes(tree: Path) -> None:
    assert not list(doc_links.findings(tree))


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("docs/two.md", "docs/three.md", "no such file"),
        ("#second-part", "#third-part", "no such heading"),
        ("#page-one", "#page-two", "no such heading"),
        ("tools/tree.py", "tools/shrub.py", "names the file tools/shrub.py"),
        ("make check", "make believe", "names the make target believe"),
        ("make demo", "make love", "names the make target love"),
    ],
)
def test_each_kind_of_wrong_statement_is_found(tree: Path, old: str, new: str, finding: str) -> None:
    (tree / "README.md").write_text(PAGE.replace(old, new))
    (found,) = doc_links.findings(tree)
    assert finding in found
