"""Checks that the documentation names only what exists.

For every Markdown file: relative links and their anchors, files of the tree named in backticks, and make targets.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.tree import ROOT, files, report

LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN: Final = re.compile(r"`([^`\n]+)`")
FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
HEADING: Final = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)
TREE_PATH: Final = re.compile(
    r"(?:protocol|keyshare|hsm|cosign|proto|tools|tests|benchmarks|demo|docs|\.ci)/[\w./-]*\w/?"
)
MAKE: Final = re.compile(r"(?:^|\s)make ((?:[a-z-]+)(?: [a-z-]+)*)")
TARGET: Final = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


def anchor(heading: str) -> str:
    """Returns the anchor that Markdown renderers give a heading."""
    plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", lambda match: match.group(1) or "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")


def anchors(text: str) -> set[str]:
    """Returns the anchors of all headings outside code blocks."""
    return {anchor(heading) for heading in HEADING.findall(FENCE.sub("", text))}


def broken_links(path: Path, text: str) -> Iterator[str]:
    """Yields links to files or headings that do not exist."""
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            yield f"link to {target}: no such file"
        elif fragment and file.suffix == ".md" and fragment not in anchors(file.read_text(encoding="utf-8")):
            yield f"link to {target}: no such heading"


def missing_names(text: str, root: Path, targets: set[str]) -> Iterator[str]:
    """Yields files in backticks and make targets that do not exist."""
    for span in CODE_SPAN.findall(FENCE.sub("", text)):
        if TREE_PATH.fullmatch(span) and not (root / span).exists():
            yield f"names the file {span}, which does not exist"
    commands = [*CODE_SPAN.findall(FENCE.sub("", text)), *(block.group() for block in FENCE.finditer(text))]
    for command in commands:
        for words in MAKE.findall(command):
            for target in words.split():
                if target not in targets:
                    yield f"names the make target {target}, which does not exist"


def findings(root: Path = ROOT) -> Iterator[str]:
    """Yields one finding per wrong statement in any Markdown file under `root`."""
    targets = set(TARGET.findall((root / "Makefile").read_text(encoding="utf-8")))
    for path in files(".md", root=root):
        text = path.read_text(encoding="utf-8")
        for finding in (*broken_links(path, text), *missing_names(text, root, targets)):
            yield f"{path.relative_to(root)}: {finding}"


if __name__ == "__main__":
    raise SystemExit(report("doc_links", list(findings())))
