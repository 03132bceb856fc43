"""PKCS#11 URIs (RFC 7512), as far as they name a token, its keys, the module and where the PIN is.

    pkcs11:token=cosign;object=cosign-kek?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/cosign/pin

A PIN never stands in a URI: `pin-value` is refused, and `pin-source` names a file or an open descriptor.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "serial", "object", "manufacturer", "model"})
_QUERY: Final = frozenset({"module-path", "pin-source"})
_LABEL_BYTES: Final = 32
_ESCAPES: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class UriInvalid(ValueError):
    """The text is no PKCS#11 URI that names what is needed. Never quotes a PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUri:
    """A parsed URI. `token` or `serial`, `object` and `module_path` are always there."""

    token: str | None
    """Label of the token, at most 32 bytes."""
    serial: str | None
    """Serial number of the token."""
    object: str
    """Common part of the labels of our objects."""
    module_path: Path
    pin_file: Path | None = None
    pin_fd: int | None = None
    """Descriptor that this process inherited; with neither file nor descriptor the PIN is asked for."""
    manufacturer: str | None = None
    model: str | None = None

    @classmethod
    def parse(cls, text: str) -> "TokenUri":
        """Reads a URI.

        Raises:
            UriInvalid: Something is missing, given twice, unknown, or would reveal a PIN.
        """
        if not text.startswith(SCHEME):
            raise UriInvalid(f"a PKCS#11 URI starts with {SCHEME}")
        path, _, query = text.removeprefix(SCHEME).partition("?")
        named = _attributes(path, ";", _PATH) | _attributes(query, "&", _QUERY)
        if "token" not in named and "serial" not in named:
            raise UriInvalid("the URI names no token: give token= or serial=")
        for required in ("object", "module-path"):
            if required not in named:
                raise UriInvalid(f"the URI has no {required}=")
        if len(named.get("token", "").encode()) > _LABEL_BYTES:
            raise UriInvalid("a token label has at most 32 bytes")
        module = Path(named["module-path"])
        if not module.is_absolute():
            raise UriInvalid("module-path must be an absolute path")
        pin_file, pin_fd = _pin_source(named.get("pin-source"))
        return cls(
            token=named.get("token"),
            serial=named.get("serial"),
            object=named["object"],
            module_path=module,
            pin_file=pin_file,
            pin_fd=pin_fd,
            manufacturer=named.get("manufacturer"),
            model=named.get("model"),
        )

    def __str__(self) -> str:
        name = f"token {self.token}" if self.token is not None else f"token with serial {self.serial}"
        return f"{name} of {self.module_path}"


def _attributes(part: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in filter(None, part.split(separator)):
        name, equals, value = item.partition("=")
        if name == "pin-value":
            raise UriInvalid("a PIN may not stand in the URI; use pin-source=file:/path")
        if name not in known or not equals:
            raise UriInvalid(f"the URI has an attribute that is not known here: {name}")
        if name in found:
            raise UriInvalid(f"the URI gives {name} twice")
        if not value or _ESCAPES.search(value):
            raise UriInvalid(f"the value of {name} is empty or badly escaped")
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise UriInvalid(f"the value of {name} is not UTF-8") from None
        if not found[name].isprintable():
            raise UriInvalid(f"the value of {name} holds control characters")
    return found


def _pin_source(source: str | None) -> tuple[Path | None, int | None]:
    if source is None:
        return None, None
    kind, colon, rest = source.partition(":")
    if colon and kind == "fd" and rest.isascii() and rest.isdigit() and len(rest) <= 6:
        return None, int(rest)
    path = Path(rest.removeprefix("//") if kind == "file" and colon else source)
    if path.is_absolute():
        return path, None
    raise UriInvalid("pin-source must be file:/absolute/path or fd:NUMBER")
