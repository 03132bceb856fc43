"""Notation of the vector files: hex digits, compressed points, long byte strings in short."""

import hashlib
from typing import Any, NamedTuple

from protocol.reference.curve import SM2, Curve, Point

Groups = tuple[dict[str, Any], dict[str, Any]]
"""`intermediate` and `outputs` of a file."""


class Long(NamedTuple):
    """A byte string shown as length, hash and beginning."""

    content: bytes


def long(content: bytes) -> Long:
    return Long(content)


def show(values: dict[str, Any], curve: Curve = SM2) -> dict[str, Any]:
    """Values in the notation of the files; points belong to `curve`."""
    return {key: _show(value, curve) for key, value in values.items()}


def _show(value: Any, curve: Curve) -> Any:
    match value:
        case Long(content):
            digest = hashlib.sha256(content).hexdigest()
            return {"bytes": str(len(content)), "sha256": digest, "head": content[:64].hex()}
        case Point():
            return curve.encode(value).hex()
        case bytes():
            return value.hex()
        case int():
            return f"{value:064x}"
        case dict():
            return show(value, curve)
        case list():
            return [_show(item, curve) for item in value]
        case _:
            assert isinstance(value, str)
            return value
