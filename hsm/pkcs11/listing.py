"""Finding objects in a token that other nodes change at the same time."""

from collections.abc import Mapping
from typing import Any, Final

from pkcs11 import Attribute
from pkcs11 import exceptions as p11

LOOKS: Final = 10
"""How often the same thing is looked for that others change meanwhile."""


def listed(session: Any, wanted: Mapping[Attribute, object]) -> list[Any]:
    """The objects with these attributes. python-pkcs11 reads each one that it found, and another node may have
    destroyed it by then; the list is read again."""
    for _ in range(LOOKS - 1):
        try:
            return list(session.get_objects(dict(wanted)))
        except p11.ObjectHandleInvalid:
            continue
    return list(session.get_objects(dict(wanted)))
