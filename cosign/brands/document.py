"""Policy documents: TOML or JSON to `BrandPolicy` and back. Strict: unknown keys, types, bounds and forms.

    brand = "bxq"                    # or the name of a brand of the deployment's own
    preset = "bxq"                   # what is not said here comes from this preset
    etag = "3"                       # optional: refuse when another version is in force

    [policy.codes]
    resend_seconds = 90

A fault names the path of the entry, such as `policy.client.platforms[0].minimum_os`.
"""

import dataclasses
import enum
import json
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from cosign.brands.bounds import Form, Range
from cosign.brands.model import BrandPolicy, is_brand
from cosign.brands.presets import NEUTRAL, PRESETS
from cosign.brands.rules import check_policy
from cosign.errors import FieldInvalid

T = TypeVar("T")

MAX_BYTES: Final = 1 << 20
"""Of one document."""
_HEAD: Final = {"brand", "preset", "etag", "policy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A document that has been read and checked."""

    brand: str
    preset: str
    etag: str
    """The version it was made from, or empty."""
    policy: BrandPolicy


def read_document(content: bytes) -> PolicyDocument:
    """Reads a document; one that begins with `{` is JSON, everything else TOML.

    Raises:
        FieldInvalid: With the path of what is wrong.
    """
    table = _parse(content)
    for key in table.keys() - _HEAD:
        raise FieldInvalid(key, f"unknown key; known here: {', '.join(sorted(_HEAD))}")
    head = {key: table.get(key, "") for key in ("brand", "preset", "etag")}
    for key, value in head.items():
        if not isinstance(value, str):
            raise FieldInvalid(key, "must be text")
    brand = str(head["brand"])
    if not is_brand(brand):
        raise FieldInvalid("brand", "must be 2 to 16 lower-case letters and digits, a letter first")
    preset = str(head["preset"]) or (brand if brand in PRESETS else NEUTRAL)
    if preset not in PRESETS:
        raise FieldInvalid("preset", f"unknown preset; known: {', '.join(PRESETS)}")
    policy = read_policy(table.get("policy", {}), PRESETS[preset])
    return PolicyDocument(brand=brand, preset=preset, etag=str(head["etag"]), policy=policy)


def read_policy(table: object, base: BrandPolicy) -> BrandPolicy:
    """`base` with what `table` says, checked as a whole. Raises FieldInvalid."""
    policy = _merge(BrandPolicy, table, base, "policy")
    check_policy(policy)
    return policy


def as_table(policy: BrandPolicy) -> dict[str, Any]:
    """Plain values; `read_policy` makes the same policy of them."""
    return typing.cast(dict[str, Any], _plain(policy))


def differences(before: BrandPolicy, after: BrandPolicy) -> list[tuple[str, str, str]]:
    """Path, old and new value of every entry that differs, values as JSON."""
    old, new = dict(_entries(as_table(before), "")), dict(_entries(as_table(after), ""))
    return [(path, old.get(path, "-"), new.get(path, "-")) for path in old | new if old.get(path) != new.get(path)]


def _parse(content: bytes) -> Mapping[str, Any]:
    if len(content) > MAX_BYTES:
        raise FieldInvalid("document", f"must have at most {MAX_BYTES} bytes")
    try:
        text = content.decode()
        table = (
            json.loads(text, object_pairs_hook=_without_repeats)
            if text.lstrip().startswith("{")
            else tomllib.loads(text)
        )
    except (ValueError, RecursionError) as error:
        raise FieldInvalid("document", f"cannot be read: {error}") from None
    return typing.cast(Mapping[str, Any], table)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key occurs twice")
    return table


def _merge(shape: type[T], table: object, base: T | None, path: str) -> T:
    """Builds `shape`; what `table` leaves out comes from `base`, else from the defaults of the fields."""
    if not isinstance(table, Mapping):
        raise FieldInvalid(path, "must be a table")
    hints = typing.get_type_hints(shape, include_extras=True)
    if unknown := sorted(str(key) for key in table if key not in hints):
        raise FieldInvalid(f"{path}.{unknown[0]}", f"unknown key; known here: {', '.join(sorted(hints))}")
    values: dict[str, Any] = {}
    for field in dataclasses.fields(typing.cast(Any, shape)):
        inherited = getattr(base, field.name) if base is not None else None
        dotted = f"{path}.{field.name}"
        if field.name in table:
            values[field.name] = _value(hints[field.name], table[field.name], inherited, dotted)
        elif base is not None:
            values[field.name] = inherited
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise FieldInvalid(dotted, "is missing")
    return shape(**values)


def _value(hint: Any, value: object, inherited: Any, path: str) -> Any:
    rules: tuple[Any, ...] = ()
    if typing.get_origin(hint) is Annotated:
        hint, *rest = typing.get_args(hint)
        rules = tuple(rest)
    if dataclasses.is_dataclass(hint):
        return _merge(typing.cast(type[Any], hint), value, inherited, path)
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise FieldInvalid(path, "must be a list")
        _check(rules, len(value), "entries", path)
        (inner, _) = typing.get_args(hint)
        found = tuple(_value(inner, item, None, f"{path}[{index}]") for index, item in enumerate(value))
        if isinstance(inner, type) and issubclass(inner, enum.Enum) and len(set(found)) != len(found):
            raise FieldInvalid(path, "must not name anything twice")
        return found
    return _scalar(hint, value, rules, path)


def _scalar(hint: Any, value: object, rules: tuple[Any, ...], path: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError:
            raise FieldInvalid(path, f"must be one of {', '.join(str(item.value) for item in hint)}") from None
    if hint is bool:
        if not isinstance(value, bool):
            raise FieldInvalid(path, "must be true or false")
        return value
    if hint is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise FieldInvalid(path, "must be a whole number")
        _check(rules, value, "", path)
        return value
    if hint is str:
        if not isinstance(value, str) or any(ord(letter) < 32 or letter == "\x7f" for letter in value):
            raise FieldInvalid(path, "must be text without control characters")
        _check(rules, len(value), "characters", path)
        for rule in rules:
            if isinstance(rule, Form) and re.fullmatch(rule.pattern, value, re.ASCII) is None:
                raise FieldInvalid(path, f"must be {rule.name}")
        return value
    raise TypeError(f"{path}: no rule for {hint}")


def _check(rules: tuple[Any, ...], number: int, unit: str, path: str) -> None:
    for rule in rules:
        if isinstance(rule, Range) and not rule.least <= number <= rule.most:
            verb = "have" if unit else "be"
            raise FieldInvalid(path, f"must {verb} {rule.least} to {rule.most} {unit}".rstrip())


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.value if isinstance(value, enum.Enum) else value


def _entries(value: Any, path: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [(path, json.dumps(value, ensure_ascii=False))]
    return [entry for key, inner in value.items() for entry in _entries(inner, f"{path}.{key}" if path else key)]
