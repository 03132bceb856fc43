"""Refuses source files longer than 400 lines: nobody reviews line 401."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.tree import ROOT, files, is_generated, report

CEILING: Final = 400


def too_long(root: Path = ROOT) -> Iterator[str]:
    """Yields one finding per hand-written .py, .pyi, .rs or .proto file above the ceiling.

    The stub of the native core is one interface in one file by nature of Python stubs and is exempt.
    """
    for path in files(".py", ".pyi", ".rs", ".proto", root=root):
        if is_generated(path) or path.name == "_core.pyi":
            continue
        with path.open(encoding="utf-8") as lines:
            count = sum(1 for _ in lines)
        if count > CEILING:
            yield f"{path.relative_to(root)}: {count} lines, the ceiling is {CEILING}; split it by topic"


if __name__ == "__main__":
    raise SystemExit(report("file_size", list(too_long())))
