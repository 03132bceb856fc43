"""Checks that every step label cited anywhere (SIGN-9, TX-B4, CLONE-X …) is defined in `docs/specification.md`.

A label is defined where the specification prints it in bold, alone: `**SIGN-9**`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.tree import ROOT, files, is_generated, report

SPECIFICATION: Final = ROOT / "docs" / "specification.md"
FAMILIES: Final = "ENC|POK|HEDGE|HDR|KG|SIGN|DEC|RF|RS|PIN|TX|CLONE|OTS|EC|ECDH|E2E|SEAL|ACT|RPC"
LABEL: Final = re.compile(rf"(?<![\w-])(?:{FAMILIES})-(?:B?\d+|[ABX])(?![\w-]|\.\d)")
DEFINITION: Final = re.compile(rf"\*\*((?:{FAMILIES})-(?:B?\d+|[ABX]))\*\*")


def undefined(specification: str, root: Path = ROOT) -> Iterator[str]:
    """Yields one finding per place under `root` that cites a label the specification does not define."""
    defined = set(DEFINITION.findall(specification))
    for path in files(".py", ".pyi", ".rs", ".proto", ".md", root=root):
        if is_generated(path):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for label in LABEL.findall(line):
                if label not in defined:
                    yield f"{path.relative_to(root)}:{number}: {label} is not defined in the specification"


if __name__ == "__main__":
    raise SystemExit(report("spec_labels", list(undefined(SPECIFICATION.read_text(encoding="utf-8")))))
