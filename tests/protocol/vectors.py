"""Access to the files of `tests/vectors`."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "vectors"
SCHEMA = FOLDER / "schema.json"


def files() -> list[Path]:
    """Every vector file."""
    return sorted(path for path in FOLDER.glob("*.json") if path != SCHEMA)


class Values:
    """Typed access to one group of values."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def text(self, key: str) -> str:
        value = self._values[key]
        assert isinstance(value, str)
        return value

    def texts(self, key: str) -> list[str]:
        return [str(item) for item in self._values[key]]

    def raw(self, key: str) -> bytes:
        return bytes.fromhex(self.text(key))

    def raws(self, key: str) -> list[bytes]:
        return [bytes.fromhex(item) for item in self._values[key]]

    def number(self, key: str) -> int:
        return int(self.text(key), 16)

    def numbers(self, key: str) -> list[int]:
        return [int(item, 16) for item in self._values[key]]

    def count(self, key: str) -> int:
        return int(self.text(key))

    def group(self, key: str) -> "Values":
        return Values(self._values[key])


class Vector:
    """One vector file."""

    def __init__(self, name: str) -> None:
        self.document = json.loads((FOLDER / f"{name}.json").read_text())
        self.inputs = Values(self.document["inputs"])
        self.intermediate = Values(self.document["intermediate"])
        self.outputs = Values(self.document["outputs"])
