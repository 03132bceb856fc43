"""Page tokens: opaque, authenticated, bound to the caller and the filter.

token = base64url(u8 version ‖ cursor ‖ first 16 bytes of MAC over (method, caller, filter, cursor))
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cosign.errors import FieldInvalid, PageTokenInvalid

DEFAULT_SIZE: Final = 50
MAX_SIZE: Final = 200
_VERSION: Final = b"\x01"
_MAC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class PageScope:
    """What a token is good for."""

    method: str
    caller: str
    filter: str


class Pager:
    """Makes and checks page tokens. `mac` is a keyed function of the core: bytes to 32 bytes."""

    def __init__(self, mac: Callable[[bytes], bytes]) -> None:
        self._mac = mac

    def token(self, scope: PageScope, cursor: str) -> str:
        """Returns the token that continues after `cursor`; empty for an empty cursor."""
        if not cursor:
            return ""
        body = _VERSION + cursor.encode()
        return base64.urlsafe_b64encode(body + self._tag(scope, body)).decode().rstrip("=")

    def cursor(self, scope: PageScope, token: str) -> str:
        """Returns the cursor inside `token`; empty for an empty token.

        Raises:
            PageTokenInvalid: Altered, or made for another caller, method or filter.
        """
        if not token:
            return ""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise PageTokenInvalid from None
        body, tag = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not body.startswith(_VERSION) or not hmac.compare_digest(tag, self._tag(scope, body)):
            raise PageTokenInvalid
        return body[1:].decode()

    def _tag(self, scope: PageScope, body: bytes) -> bytes:
        fields = (b"PAGE", scope.method.encode(), scope.caller.encode(), scope.filter.encode(), body)
        encoded = b"".join(len(field).to_bytes(4) + field for field in fields)
        return self._mac(encoded)[:_MAC_BYTES]


def page_size(requested: int) -> int:
    """Checks `page_size` of a request: 0 means 50, at most 200. Raises FieldInvalid."""
    if requested == 0:
        return DEFAULT_SIZE
    if not 1 <= requested <= MAX_SIZE:
        raise FieldInvalid("page_size", f"must be between 1 and {MAX_SIZE}, or 0")
    return requested
