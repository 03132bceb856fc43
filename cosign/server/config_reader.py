"""Fills frozen dataclasses from a TOML document and the environment, and writes them back for display."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

from cosign.errors import ConfigInvalid

T = TypeVar("T")
_PREFIX: Final = "COSIGN_"
OF_PROGRAMS: Final = frozenset(
    {
        "COSIGN_AUTHORISER",
        "COSIGN_CONFIG",
        "COSIGN_DOCUMENT_NUMBER",
        "COSIGN_LANG",
        "COSIGN_LINK_TOKEN",
        "COSIGN_NEW_PASSWORD",
        "COSIGN_NEW_PIN",
        "COSIGN_PASSWORD",
        "COSIGN_PHONE_BRAND",
        "COSIGN_PHONE_HOME",
        "COSIGN_PIN",
        "COSIGN_SMS_CODE",
        "COSIGN_STAFF_CODE",
        "COSIGN_STAFF_HOME",
        "COSIGN_STAFF_INVITATION",
    }
)
"""Variables of our programs that are not entries of the configuration; those have two underscores."""
_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}


def read(shape: type[T], document: Mapping[str, object], environ: Mapping[str, str]) -> T:
    """Builds `shape` from `document`, overridden by `environ`. Raises ConfigInvalid."""
    merged: dict[str, Any] = dict(document)
    for name in sorted(environ):
        if not name.startswith(_PREFIX) or name in OF_PROGRAMS:
            continue
        section, separator, key = name.removeprefix(_PREFIX).lower().partition("__")
        if not separator:
            merged[section] = environ[name]
            continue
        table = merged.setdefault(section, {})
        if not isinstance(table, dict):
            raise ConfigInvalid(section, "must be a table")
        merged[section] = {**table, key: environ[name]}
    return _build(shape, merged, "")


def effective(config: Any) -> dict[str, Any]:
    """The configuration as plain values, passwords in URLs replaced."""
    result: dict[str, Any] = {}
    for entry in dataclasses.fields(config):
        value = getattr(config, entry.name)
        if dataclasses.is_dataclass(value):
            result[entry.name] = effective(value)
        elif isinstance(value, Path):
            result[entry.name] = str(value)
        elif isinstance(value, str) and "://" in value:
            result[entry.name] = _without_password(value)
        else:
            result[entry.name] = value
    return result


def _build(shape: type[T], table: Mapping[str, Any], path: str) -> T:
    hints = typing.get_type_hints(shape)
    values: dict[str, Any] = {}
    for key, value in table.items():
        dotted = f"{path}.{key}" if path else key
        if key not in hints:
            known = ", ".join(sorted(hints))
            raise ConfigInvalid(dotted, f"unknown key; known here: {known}")
        kind = hints[key]
        if dataclasses.is_dataclass(kind):
            if not isinstance(value, Mapping):
                raise ConfigInvalid(dotted, "must be a table")
            values[key] = _build(typing.cast(type[Any], kind), value, dotted)
        else:
            values[key] = _scalar(kind, value, dotted)
    return shape(**values)


def _scalar(kind: Any, value: object, dotted: str) -> object:
    """Checks or converts one value; text comes from the environment too, so numbers may be text."""
    optional = isinstance(kind, types.UnionType)
    if optional:
        kind = next(option for option in typing.get_args(kind) if option is not type(None))
        if value == "":
            return None
    if typing.get_origin(kind) is tuple:
        return _words(value, dotted)
    if kind is bool:
        if isinstance(value, str) and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        if isinstance(value, bool):
            return value
        raise ConfigInvalid(dotted, "must be true or false")
    if kind is str and isinstance(value, str):
        return value
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    if kind in {int, float} and not isinstance(value, bool) and isinstance(value, (int, float, str)):
        if kind is int and isinstance(value, float):
            raise ConfigInvalid(dotted, "must be a whole number")
        try:
            number = kind(value)
        except ValueError:
            raise ConfigInvalid(dotted, "must be a number") from None
        if number != number or number in {float("inf"), float("-inf")}:
            raise ConfigInvalid(dotted, "must be a finite number")
        return typing.cast(object, number)
    names = {str: "text", Path: "a path", int: "a whole number", float: "a number"}
    raise ConfigInvalid(dotted, f"must be {names.get(kind, str(kind))}")


def _words(value: object, dotted: str) -> tuple[str, ...]:
    """A list of texts; from the environment one text with commas."""
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) and item for item in items):
        raise ConfigInvalid(dotted, "must be a list of texts")
    return tuple(items)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}:***@{parts.netloc.rpartition('@')[2]}"))
