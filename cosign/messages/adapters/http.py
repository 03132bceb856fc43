"""One HTTP request to a provider, with a deadline and a bound on the answer."""

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from cosign.store.delivery import DeliveryDelayed

MAX_ANSWER: Final = 65_536
"""Bytes."""
_CHUNK: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider listens."""

    url: str
    """`https://host/path`; plain HTTP is for providers on the same machine."""
    timeout: float = 10.0
    """Seconds for the whole request."""
    trust: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)

    @property
    def host(self) -> str:
        """As it stands in the header `host`."""
        return urlsplit(self.url).netloc

    def post(self, target: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Sends `body` to `target`, path and query; returns status and the JSON object of the answer.

        Raises:
            DeliveryDelayed: No connection, no answer in time, an answer that is no JSON object, or a status that asks
                to come again (429, 5xx).
        """
        parts, end = urlsplit(self.url), time.monotonic() + self.timeout
        connection = self._connection(parts.hostname or "", parts.port, secure=parts.scheme == "https")
        try:
            connection.request("POST", target, body=body, headers=dict(headers))
            with connection.getresponse() as answer:
                content = _read(answer, end)
        except (OSError, http.client.HTTPException):
            raise DeliveryDelayed("unreachable") from None
        finally:
            connection.close()
        if answer.status == 429 or answer.status >= 500:
            raise DeliveryDelayed(f"http_{answer.status}", retry_after_ms=_retry_after(answer))
        try:
            document = json.loads(content)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise DeliveryDelayed("unreadable_answer")
        return answer.status, document

    def _connection(self, host: str, port: int | None, *, secure: bool) -> http.client.HTTPConnection:
        if secure:
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=self.trust())
        return http.client.HTTPConnection(host, port, timeout=self.timeout)


def _read(answer: http.client.HTTPResponse, end: float) -> bytes:
    content = b""
    while len(content) <= MAX_ANSWER:
        if time.monotonic() > end:
            raise TimeoutError
        chunk = answer.read1(_CHUNK)
        if not chunk:
            return content
        content += chunk
    raise http.client.HTTPException("the answer is too long")


def _retry_after(answer: http.client.HTTPResponse) -> int:
    seconds = answer.getheader("retry-after", "")
    return int(seconds) * 1000 if seconds.isascii() and seconds.isdigit() and len(seconds) <= 5 else 0
