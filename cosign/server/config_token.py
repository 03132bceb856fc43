"""Section `token` of the configuration."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cosign.errors import ConfigInvalid

if TYPE_CHECKING:
    from cosign.server.config import Config

SOFTWARE: Final = "software"
PKCS11: Final = "pkcs11"
_MODES: Final = ("auto", "aes-gcm", "derived-key")
_CHECK_VALUE: Final = re.compile(r"([1-9][0-9]{0,9})=([0-9a-f]{6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSection:
    """What protects the server shares (specification, section 8)."""

    kind: str = SOFTWARE
    """`software`, refused in production, or `pkcs11`."""
    folder: Path | None = None
    """Folder of the software token and of the head log; empty means `token` in the state folder."""
    uri: str = ""
    """`pkcs11`: RFC 7512 URI with `token` or `serial`, `object`, `module-path` and `pin-source=file:/…` or `fd:N`."""
    mode: str = "auto"
    """`pkcs11`: `aes-gcm`, `derived-key`, or `auto` for what was chosen when the token was made ready."""
    check_values: str = ""
    """`pkcs11`: check values of the KEK versions that must be there, such as `1=35c5e7 2=f29000` (SEAL-4)."""
    sessions: int = 4
    """`pkcs11`: calls to the token at the same time, each in a session of its own."""
    waiting: int = 64
    """`pkcs11`: calls that may wait for a session; more are told HSM_BUSY."""
    deadline_seconds: float = 5.0
    """`pkcs11`: time after which a call is given up."""
    probe_seconds: float = 5.0
    """`pkcs11`: how often a lost token is tried again and a new KEK version is looked for."""
    settle_seconds: float = 60.0
    """`pkcs11`: how long after a rotation the KEK version before stays; the same on all nodes, 6 probes or more."""


def check_token(config: "Config") -> None:
    """Raises ConfigInvalid unless the section is in range and fits the environment."""
    token = config.token
    if token.kind not in (SOFTWARE, PKCS11):
        raise ConfigInvalid("token.kind", f"must be {SOFTWARE} or {PKCS11}")
    if token.kind == SOFTWARE and config.production:
        raise ConfigInvalid("token.kind", "the software token protects nothing; production refuses it")
    if (token.kind == PKCS11) != bool(token.uri):
        raise ConfigInvalid("token.uri", f"goes together with token.kind = {PKCS11}")
    if "pin-value" in token.uri:
        raise ConfigInvalid("token.uri", "a PIN may not stand in the configuration; use pin-source=file:/path")
    if token.mode not in _MODES:
        raise ConfigInvalid("token.mode", f"must be one of {', '.join(_MODES)}")
    expected_check_values(token)
    positive = {
        "token.sessions": token.sessions,
        "token.waiting": token.waiting,
        "token.deadline_seconds": token.deadline_seconds,
        "token.probe_seconds": token.probe_seconds,
    }
    for key, value in positive.items():
        if not value > 0:
            raise ConfigInvalid(key, "must be greater than 0")
    if token.settle_seconds < 6 * token.probe_seconds:
        raise ConfigInvalid("token.settle_seconds", "must be 6 times token.probe_seconds or more")


def expected_check_values(token: TokenSection) -> dict[int, bytes]:
    """KEK version to check value, as configured. Raises ConfigInvalid."""
    found: dict[int, bytes] = {}
    for item in token.check_values.split():
        if (match := _CHECK_VALUE.fullmatch(item)) is None:
            raise ConfigInvalid("token.check_values", f"{item!r} is not VERSION=6 hexadecimal digits")
        found[int(match[1])] = bytes.fromhex(match[2])
    return found
