"""Refresh tokens: nothing of them is stored.

    token = session id . generation . base64url(MAC over both and the device id)

The MAC is made by the core, so a stolen table holds nothing that opens a session. The row of a session keeps the
number of its newest token: a genuine token with a lower number is a repeat, and shows that somebody has a copy.
"""

import base64
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cosign.errors import SessionEnded

_FORM: Final = re.compile(r"(ses_[0-9A-HJKMNP-TV-Z]{26})\.([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class RefreshToken:
    """A token that was read; whether it is genuine `RefreshTokens.check` tells."""

    session_id: str
    generation: int
    tag: str


class RefreshTokens:
    """Makes and checks refresh tokens. `mac` is a keyed function of the core: bytes to 32 bytes."""

    def __init__(self, mac: Callable[[bytes], bytes]) -> None:
        self._mac = mac

    def token(self, session_id: str, device_id: str, generation: int) -> str:
        """The token number `generation` of a session."""
        return f"{session_id}.{generation}.{self._tag(session_id, device_id, generation)}"

    def check(self, token: RefreshToken, device_id: str) -> None:
        """Raises SessionEnded unless `token` was made for a session of this device."""
        right = self._tag(token.session_id, device_id, token.generation)
        if not hmac.compare_digest(right, token.tag):
            raise SessionEnded("no such session")

    def _tag(self, session_id: str, device_id: str, generation: int) -> str:
        fields = (b"REFRESH", session_id.encode(), device_id.encode(), generation.to_bytes(8))
        encoded = b"".join(len(field).to_bytes(4) + field for field in fields)
        return base64.urlsafe_b64encode(self._mac(encoded)).decode().rstrip("=")


def read_token(text: str) -> RefreshToken:
    """Takes a refresh token apart. Raises SessionEnded for anything that is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise SessionEnded("no such session")
    return RefreshToken(match[1], int(match[2]), match[3])
