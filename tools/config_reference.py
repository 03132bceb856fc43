"""Writes the table of configuration keys of the operations guide from the dataclasses that define them."""

import ast
from collections.abc import Iterator
from typing import Final

from tools.tree import ROOT

FOLDER: Final = ROOT / "cosign" / "server"
ROOT_CLASS: Final = "Config"


def source() -> str:
    """Text of all modules that define sections."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("config*.py")))


def render(source: str) -> str:
    """Returns a Markdown table: key, type, default and meaning of every key."""
    classes = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    rows = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"]
    for key, kind, default, meaning in _fields(classes[ROOT_CLASS]):
        if kind not in classes:
            rows.append(_row(key, kind, default, meaning))
    for section, kind, _, _ in _fields(classes[ROOT_CLASS]):
        for key, inner_kind, default, meaning in _fields(classes[kind]) if kind in classes else ():
            rows.append(_row(f"{section}.{key}", inner_kind, default, meaning))
    return "\n".join(rows) + "\n"


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str, str, str]]:
    """Yields name, type, default and the docstring that follows each field of a dataclass."""
    for item, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            default = ast.unparse(item.value) if item.value is not None else ""
            yield item.target.id, ast.unparse(item.annotation), default, _docstring(following)


def _docstring(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return ""


def _row(key: str, kind: str, default: str, meaning: str) -> str:
    shown = default.removeprefix("Path(").removesuffix(")").replace("'", '"')
    cells = f"`{key}`", kind.replace(" | None", ", optional"), f"`{shown}`" if shown != "None" else "–", meaning
    return "| " + " | ".join(cells) + " |"
