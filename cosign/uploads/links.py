"""Signed, short-lived links: whoever has one may read one upload until it ends; nothing else is checked then.

https://files.example/uploads/upl_…?expires=1893553445&signature=…
"""

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from cosign.clock import Clock
from cosign.errors import ResourceNotFound

LIFETIME: Final = dt.timedelta(minutes=5)
PATH: Final = "/uploads/"
_MAC_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was made."""

    url: str
    expires_at: dt.datetime


class Links:
    """Makes and checks links. `mac` is a keyed function of the core: bytes to 32 bytes."""

    def __init__(self, mac: Callable[[bytes], bytes], clock: Clock, *, base_url: str) -> None:
        """`base_url` is how the outside reaches the endpoint, without a path."""
        self._mac = mac
        self._clock = clock
        self._base_url = base_url.rstrip("/")

    def make(self, upload_id: str) -> Link:
        """A link that is good for five minutes. The caller has checked who asks."""
        expires_at = (self._clock.now() + LIFETIME).replace(microsecond=0)
        expires = round(expires_at.timestamp())
        signature = base64.urlsafe_b64encode(self._tag(upload_id, expires)).decode().rstrip("=")
        query = urlencode({"expires": expires, "signature": signature})
        return Link(f"{self._base_url}{PATH}{upload_id}?{query}", expires_at)

    def check(self, target: str) -> str:
        """The upload that path and query of a request may read.

        Raises:
            ResourceNotFound: No link of ours, altered, or past its end: the answer is the same.
        """
        parts = urlsplit(target)
        upload_id = parts.path.removeprefix(PATH)
        query = parse_qs(parts.query)
        try:
            (expires,), (signature,) = query["expires"], query["signature"]
            given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
            moment = int(expires)
        except (KeyError, ValueError, binascii.Error):
            raise ResourceNotFound("no such link") from None
        sound = expires.isascii() and expires.isdigit() and len(expires) <= 12 and parts.path.startswith(PATH)
        if not sound or not hmac.compare_digest(given, self._tag(upload_id, moment)):
            raise ResourceNotFound("no such link")
        if moment * 1000 <= self._clock.now_ms():
            raise ResourceNotFound("the link has ended")
        return upload_id

    def _tag(self, upload_id: str, expires: int) -> bytes:
        fields = (b"UPLOAD/link", upload_id.encode(), expires.to_bytes(8))
        return self._mac(b"".join(len(field).to_bytes(4) + field for field in fields))[:_MAC_BYTES]
