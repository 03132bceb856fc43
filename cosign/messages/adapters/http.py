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


class Unanswered(Exception):
    """A request got no answer."""

    def __init__(self, sent: bool) -> None:
        """`sent`: the provider may have seen it."""
        super().__init__("no answer")
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered."""

    status: int
    content: bytes
    retry_after_ms: int = 0

    @property
    def later(self) -> bool:
        """Whether the status asks to come again."""
        return self.status == 429 or self.status >= 500

    def document(self) -> dict[str, Any] | None:
        """The JSON object, or None if it is none."""
        try:
            document = json.loads(self.content)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None


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
        try:
            answer = self.exchange("POST", target, body, headers)
        except Unanswered:
            raise DeliveryDelayed("unreachable") from None
        if answer.later:
            raise DeliveryDelayed(f"http_{answer.status}", retry_after_ms=answer.retry_after_ms)
        document = answer.document()
        if document is None:
            raise DeliveryDelayed("unreadable_answer")
        return answer.status, document

    def exchange(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Sends one request and returns the answer as it came.

        Raises:
            Unanswered: No connection, no answer in time, or one of more than MAX_ANSWER bytes.
        """
        parts, end = urlsplit(self.url), time.monotonic() + self.timeout
        connection = self._connection(parts.hostname or "", parts.port, secure=parts.scheme == "https")
        sent = False
        try:
            connection.connect()
            sent = True
            connection.request(method, target, body=body, headers=dict(headers))
            with connection.getresponse() as answer:
                return Answer(answer.status, _read(answer, end), _retry_after(answer))
        except (OSError, http.client.HTTPException):
            raise Unanswered(sent) from None
        finally:
            connection.close()

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
