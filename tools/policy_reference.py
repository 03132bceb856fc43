"""Writes the generated parts of the brands page: every entry of a policy, and what each preset says differently."""

import ast
import dataclasses
import enum
import inspect
import json
import typing
from collections.abc import Iterator
from typing import Annotated, Any, Final

from cosign.brands import model
from cosign.brands.bounds import Form, Range
from cosign.brands.document import differences
from cosign.brands.model import BrandPolicy
from cosign.brands.presets import NEUTRAL, PRESETS

_NAMES: Final = {int: "number", str: "text", bool: "true or false"}


def entries() -> str:
    """Returns a Markdown table: entry, values, default and meaning."""
    rows = ["| Entry | Values | Default | Meaning |", "|---|---|---|---|"]
    rows += [f"| {' | '.join(cells)} |" for cells in _entries(BrandPolicy, "")]
    return "\n".join(rows) + "\n"


def presets() -> str:
    """Returns a Markdown table: preset, entry and value, where a preset is not the neutral brand."""
    rows = ["| Preset | Entry | Value |", "|---|---|---|"]
    for brand, policy in PRESETS.items():
        for path, _, value in differences(PRESETS[NEUTRAL], policy) if brand != NEUTRAL else ():
            rows.append(f"| `{brand}` | `{path}` | `{_short(value)}` |")
    return "\n".join(rows) + "\n"


def _short(value: str) -> str:
    """Without what a table of a list leaves empty."""
    found = json.loads(value)
    if isinstance(found, list):
        found = [{key: one for key, one in item.items() if one} if isinstance(item, dict) else item for item in found]
    return json.dumps(found, ensure_ascii=False)


def _entries(shape: type[Any], path: str) -> Iterator[tuple[str, str, str, str]]:
    meanings = _docstrings(shape)
    hints = typing.get_type_hints(shape, include_extras=True)
    for field in dataclasses.fields(shape):
        hint, dotted = hints[field.name], f"{path}{field.name}"
        if dataclasses.is_dataclass(hint) and hint is not model.Text:
            yield from _entries(typing.cast(type[Any], hint), f"{dotted}.")
            continue
        yield f"`{dotted}`", _values(hint), _default(field), meanings.get(field.name, "")
        inner = _listed(hint)
        if inner is not None:
            yield from _entries(inner, f"{dotted}[].")


def _values(hint: Any) -> str:
    rules: tuple[Any, ...] = ()
    if typing.get_origin(hint) is Annotated:
        hint, *rest = typing.get_args(hint)
        rules = tuple(rest)
    bounds = "".join(f", {rule.least} to {rule.most}" for rule in rules if isinstance(rule, Range))
    form = next((rule.name for rule in rules if isinstance(rule, Form)), "")
    if hint is model.Text:
        return "`zh`, `en`: text, up to 500"
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        words = _words(inner) or "tables"
        return f"list{bounds}: {words}"
    return form or _words(hint) or f"{_NAMES[hint]}{bounds}"


def _words(hint: Any) -> str:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return ", ".join(f"`{word.value}`" for word in hint)
    return ""


def _listed(hint: Any) -> type[Any] | None:
    if typing.get_origin(hint) is Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) is tuple and dataclasses.is_dataclass(typing.get_args(hint)[0]):
        return typing.cast(type[Any], typing.get_args(hint)[0])
    return None


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default is not dataclasses.MISSING:
        value = field.default
    elif field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    else:
        return "needed"
    if isinstance(value, model.Text):
        return f"`{value.en}`" if value.en else "–"
    if isinstance(value, tuple):
        if not value:
            return "–"
        if isinstance(value[0], enum.Enum):
            every = list(type(value[0]))
            return "all" if list(value) == every and len(every) > 1 else ", ".join(f"`{one.value}`" for one in value)
        return f"{len(value)} tables"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.value if isinstance(value, enum.Enum) else value}`" if value != "" else "–"


def _docstrings(shape: type[Any]) -> dict[str, str]:
    node = typing.cast(ast.ClassDef, ast.parse(inspect.getsource(shape)).body[0])
    found = {}
    for item, following in zip(node.body, [*node.body[1:], None], strict=True):
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and is_text:
            text = typing.cast(ast.Constant, typing.cast(ast.Expr, following).value).value
            found[item.target.id] = " ".join(str(text).split())
    return found


if __name__ == "__main__":
    import sys

    sys.stdout.write(entries() + "\n" + presets())
