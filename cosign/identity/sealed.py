"""Data of persons as JSON texts, to be sealed."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from cosign.brands import DocumentType
from cosign.identity.model import PersonData

_NAMES: Final = [field.name for field in fields(PersonData)]


def person_json(data: PersonData) -> str:
    """Everything that is not empty."""
    document: dict[str, object] = {}
    for name in _NAMES:
        value = getattr(data, name)
        if value:
            document[name] = value.isoformat() if isinstance(value, dt.date) else value
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def person_data(text: str) -> PersonData:
    """What `person_json` wrote. Raises ValueError, TypeError for anything else."""
    values = json.loads(text)
    values["document_type"] = DocumentType(values["document_type"])
    values.setdefault("name", "")
    values.setdefault("document_number", "")
    if "document_expiry" in values:
        values["document_expiry"] = dt.date.fromisoformat(values["document_expiry"])
    return PersonData(**values)


def session_json(session: Mapping[str, str]) -> str:
    """What the phone needs for the provider."""
    return json.dumps(dict(session), sort_keys=True)


def session_of(text: str) -> dict[str, str]:
    """What `session_json` wrote."""
    return {str(name): str(value) for name, value in json.loads(text).items()}
