"""PEM text of one public key (RFC 7468)."""

import base64
from typing import Final

from protocol.errors import MalformedMessage

_BEGIN: Final = "-----BEGIN PUBLIC KEY-----"
_END: Final = "-----END PUBLIC KEY-----"


def pem(der: bytes) -> str:
    """DER of a SubjectPublicKeyInfo to PEM text."""
    text = base64.b64encode(der).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def unpem(text: str) -> bytes:
    """PEM text to DER. Raises MalformedMessage."""
    lines = text.strip().splitlines()
    if len(lines) < 3 or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise MalformedMessage("not one PEM public key")
    try:
        return base64.b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
    except ValueError:
        raise MalformedMessage("not base64") from None
