"""`cosignctl sandbox card`: specimens of identity cards that the sandbox can read."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cosign.cli.cosignctl_output import emit, reporting
from cosign.errors import FieldInvalid
from cosign.identity.adapters import specimen

_FRONT = ("name", "document_number", "sex", "birth", "ethnic_group", "address")
_BACK = ("authority", "document_expiry")


def card(
    person: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="JSON file: name, document_number, document_expiry, …")
    ],
    front: Annotated[Path, typer.Option(help="PNG file to write: the portrait side.")],
    back: Annotated[Path, typer.Option(help="PNG file to write: the emblem side.")],
) -> None:
    """Draw both sides of a specimen. Without a date of expiry it never expires."""
    with reporting():
        try:
            values = json.loads(person.read_text(encoding="utf-8"))
            given = {str(name): str(value) for name, value in values.items()}
        except (ValueError, AttributeError):
            raise FieldInvalid("person", "must be a file with one JSON object") from None
        given = {"sex": "F", "ethnic_group": "汉", "address": "-", "authority": "-"} | given
        for path, names in ((front, _FRONT), (back, _BACK)):
            path.write_bytes(specimen.draw({name: given[name] for name in names if name in given}))
    emit({"front": str(front), "back": str(back)}, lambda: f"wrote {front} and {back}")
