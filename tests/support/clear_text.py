"""Looks for clear texts where they must not be: database files, tables, logs, objects of a store.

    everything = dump(engine) | files(tmp_path)
    assert_absent(everything, "12000000000", "张某某")

A text is looked for as UTF-8, UTF-16, hexadecimal, base64 and as JSON writes it.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Engine, inspect, text


def files(*places: Path) -> dict[str, bytes]:
    """Every file at or under `places`, with the journals of SQLite."""
    found: dict[str, bytes] = {}
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file():
                found[str(path)] = path.read_bytes()
    return found


def dump(engine: Engine) -> dict[str, bytes]:
    """Every table of a database, whatever its kind: one line per value."""
    found: dict[str, bytes] = {}
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"'))
            found[f"table {table}"] = b"\n".join(_bytes(value) for row in rows for value in row)
    return found


def assert_absent(places: Mapping[str, bytes], *clear_texts: str) -> None:
    """Fails if one of `clear_texts` stands in one of `places`; says where, in which form and the first characters."""
    found = [
        f"{place}: {clear[:3]}… as {form}"
        for place, content in places.items()
        for clear in clear_texts
        for form, needle in _forms(clear)
        if needle in content
    ]
    assert not found, found


def _forms(clear: str) -> Iterator[tuple[str, bytes]]:
    raw = clear.encode()
    yield "UTF-8", raw
    yield "UTF-16", clear.encode("utf-16-le")
    yield "hexadecimal", raw.hex().encode()
    yield "hexadecimal", raw.hex().upper().encode()
    yield "JSON", json.dumps(clear).strip('"').encode()
    for offset in range(3):  # base64 depends on where the text begins; its ends on what stands beside it
        coded = base64.b64encode(bytes(offset) + raw)[(4, 4, 4)[offset] if offset else 0 : len(raw) // 3 * 4]
        if len(coded) >= 8:
            yield "base64", coded


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return str(value).encode()
