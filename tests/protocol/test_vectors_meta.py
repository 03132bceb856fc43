"""The vector files themselves: shape, names, and that every one of them is used."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from tests.protocol.recompute import RECOMPUTE
from tests.protocol.vectors import FOLDER, SCHEMA, files


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_the_file_has_the_shape_of_the_schema(path: Path) -> None:
    document = json.loads(path.read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert document["name"] == path.stem


def test_the_schema_refuses_other_shapes() -> None:
    schema = json.loads(SCHEMA.read_text())
    good = json.loads(files()[0].read_text())
    for bad in ({**good, "extra": "1"}, {**good, "outputs": {}}, {**good, "inputs": {"n": 1}}, {"name": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_every_file_is_recomputed_and_every_name_has_a_file() -> None:
    assert {path.stem for path in files()} == set(RECOMPUTE)


def test_every_published_file_has_a_source() -> None:
    text = (FOLDER / "SOURCE.md").read_text()
    named = set(re.findall(r"`([a-z0-9_*]+)`", text))
    for path in files():
        assert any(re.fullmatch(name.replace("*", ".*"), path.stem) for name in named), path.stem
