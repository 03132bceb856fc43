"""Environment codes: what an intranet QR code holds, and the descriptor a phone gets for it (R-ACC-14). No I/O.

    code = "COSIGN-ENV1." ‖ base64url(JSON {brand, endpoint, expires_ms, id, name}) ‖ "." ‖ base64url(signature)

The signature is r‖s of the server's identity key over H("ENV/descriptor", the five entries), suite P256. A phone that
pinned the identity key checks it itself; the server checks it before it looks anything up.
"""

import base64
import binascii
import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cosign.brands.faults import EnvironmentInvalid
from cosign.clock import from_ms, to_ms
from cosign.errors import FieldInvalid
from protocol import _core
from protocol.errors import ProtocolError

LABEL: Final = "ENV/descriptor"
PREFIX: Final = "COSIGN-ENV1."
MAX_CODE: Final = 2_000
MAX_LIFETIME: Final = dt.timedelta(days=3_650)
_SUITE: Final = "P256"
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9.\[\]:-]{1,249}:\d{1,5}")
_ENTRIES: Final = ("brand", "endpoint", "expires_ms", "id", "name")

Sign = Callable[[str, list[bytes]], bytes]
"""`ServerCore.sign_statement`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An intranet environment."""

    environment_id: str
    brand: str
    name: str
    """1 to 64 characters."""
    endpoint: str
    """`host:port`."""
    created_at: dt.datetime
    expires_at: dt.datetime
    disabled_at: dt.datetime | None = None

    def fields(self) -> list[bytes]:
        """What the signature covers."""
        texts = (self.environment_id, self.brand, self.name, self.endpoint)
        return [text.encode() for text in texts] + [to_ms(self.expires_at).to_bytes(8)]


def encode_code(environment: Environment, sign: Sign) -> str:
    """The text of the QR code."""
    entries = {
        "brand": environment.brand,
        "endpoint": environment.endpoint,
        "expires_ms": to_ms(environment.expires_at),
        "id": environment.environment_id,
        "name": environment.name,
    }
    body = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{PREFIX}{_b64(body)}.{_b64(sign(LABEL, environment.fields()))}"


def decode_code(code: str, identity_public_key: bytes, now: dt.datetime) -> Environment:
    """The environment a code speaks of; nothing but the code is looked at.

    Args:
        code: Text of the QR code.
        identity_public_key: Of the server, 33 bytes.
        now: Present time.

    Raises:
        EnvironmentInvalid: Wrong form, wrong signature, or past its time.
    """
    if len(code) > MAX_CODE or not code.startswith(PREFIX) or code.count(".") != 2:
        raise EnvironmentInvalid("not a code of an environment")
    _, body, signature = code.split(".")
    try:
        entries = json.loads(_unb64(body))
        if not isinstance(entries, dict) or tuple(sorted(entries)) != _ENTRIES:
            raise ValueError
        texts = [entries[key] for key in ("id", "brand", "name", "endpoint")]
        moment = entries["expires_ms"]
        if not all(isinstance(text, str) for text in texts) or type(moment) is not int or not 0 <= moment < 1 << 48:
            raise ValueError
        environment = Environment(
            environment_id=texts[0],
            brand=texts[1],
            name=texts[2],
            endpoint=texts[3],
            created_at=from_ms(0),
            expires_at=from_ms(moment),
        )
        _core.ecdsa_p256_verify(identity_public_key, _core.h(_SUITE, LABEL, environment.fields()), _unb64(signature))
    except (ValueError, KeyError, RecursionError, ProtocolError):
        raise EnvironmentInvalid("the code was altered or comes from another service") from None
    if environment.expires_at <= now:
        raise EnvironmentInvalid("the code has expired")
    return environment


def check_endpoint(endpoint: str) -> str:
    """Returns `endpoint` if it is `host:port`. Raises FieldInvalid."""
    if _ENDPOINT.fullmatch(endpoint) is None or not 1 <= int(endpoint.rpartition(":")[2]) <= 65_535:
        raise FieldInvalid("endpoint", "must be host:port")
    return endpoint


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
