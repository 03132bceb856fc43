"""Writes docs/requirements-status.md: which tests show each requirement, or why it is not built.

Titles and reasons stand in docs/requirements.toml, the tests name the ids in their docstrings.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.tree import ROOT, files

SOURCE: Final = Path("docs/requirements.toml")
GROUPS: Final = {
    "ACC": "Accounts, login, devices, account security",
    "IDV": "Real-name checks (实名认证)",
    "MSG": "Messages, notices, help, customer service",
    "AUD": "Logs and reports",
    "ADM": "Review, approval, administration",
}
HEAD: Final = """# Status of requirements

Made by `make gen` from `docs/requirements.toml` (titles, and reasons where nothing is built) and the docstrings of \
the tests, which name the ids; do not edit. Groups that are not listed belong to areas that come \
later: enterprises, certificates, seals, orders, tasks.

A test shows what it says, not that every sentence of a requirement is fulfilled; what a requirement lacks that is \
built in part stands in the column of its tests.
"""

_ID: Final = re.compile(rf"\bR-(?:{'|'.join(GROUPS)})-\d\d\b")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One id of docs/requirements.toml."""

    title: str
    not_built: str = ""
    """Continues "not built, because"; empty when it is built."""
    lacks: str = ""
    """Continues "without": what a requirement that is built lacks."""


def requirements(root: Path = ROOT) -> dict[str, Requirement]:
    """The requirements by id."""
    document = tomllib.loads((root / SOURCE).read_text(encoding="utf-8"))
    return {name: Requirement(**entry) for name, entry in document.items()}


def modules_by_id(root: Path = ROOT) -> dict[str, list[str]]:
    """The test modules whose docstrings name an id, by id; sorted."""
    found: dict[str, set[str]] = {}
    for path in files(".py", root=root / "tests"):
        if path.name.startswith("test_"):
            for name in _named(path.read_text(encoding="utf-8")):
                found.setdefault(name, set()).add(path.relative_to(root).as_posix())
    return {name: sorted(modules) for name, modules in found.items()}


def findings(known: Mapping[str, Requirement], tests: Mapping[str, list[str]]) -> list[str]:
    """One line per id that has neither a test nor a reason, has both, or that nobody knows."""
    lines = []
    for name, requirement in known.items():
        if name in tests and requirement.not_built:
            lines.append(f"{name}: tested by {tests[name][0]}, so remove `not_built` from {SOURCE}")
        elif name not in tests and not requirement.not_built:
            lines.append(f"{name}: name it in the docstring of a test, or give a reason as `not_built` in {SOURCE}")
        if requirement.lacks and requirement.not_built:
            lines.append(f"{name}: what is not built lacks everything; remove `lacks` from {SOURCE}")
    lines += [f"{name}: named by {tests[name][0]}, but not in {SOURCE}" for name in tests if name not in known]
    return sorted(lines)


def markdown(known: Mapping[str, Requirement], tests: Mapping[str, list[str]]) -> str:
    """The whole page, one line per id."""
    parts = [HEAD]
    for group, title in GROUPS.items():
        parts.append(f"\n## {group}: {title}\n\n| Requirement | Title | Status |\n|---|---|---|\n")
        for name in sorted(name for name in known if name.startswith(f"R-{group}-")):
            parts.append(f"| {name} | {known[name].title} | {_status(known[name], tests.get(name, []))} |\n")
    return "".join(parts)


def _status(requirement: Requirement, modules: list[str]) -> str:
    if requirement.not_built:
        return f"not built, because {requirement.not_built}"
    if not modules:
        return "open"
    told = "tested by " + ", ".join(f"`{module}`" for module in modules)
    return f"{told}; without {requirement.lacks}" if requirement.lacks else told


def _named(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _ID.findall(ast.get_docstring(node, clean=False) or "")
