"""The HTTP endpoint for providers that call back: POST to an address that an area has registered, nothing else.

An area registers a prefix, for example `/sms/aliyun/`; what follows the prefix is its own affair, and so is the proof
that a request is genuine. What no area knows is 404.
"""

import http.server
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Final

from cosign.errors import CosignFault, FieldInvalid, OutageFault, ResourceNotFound
from cosign.server.http_threads import HttpThreads
from cosign.server.logging import Logger

MAX_BODY: Final = 256 * 1024
"""Bytes."""
MAX_REQUESTS: Final = 16
"""At once in this process; more are told to come back."""
_SECONDS: Final = 10.0
"""How long a peer may keep one read or write waiting."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CallbackRequest:
    """A request that came to an address of ours."""

    rest: str
    """What follows the prefix in the path; without the query."""
    query: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """The answer to it."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"


Take = Callable[[CallbackRequest], CallbackAnswer]
"""Runs on a thread of the endpoint. ResourceNotFound becomes 404, FieldInvalid 400, an outage or a conflict 503."""


class Callbacks:
    """The registered addresses; for any thread once all are registered."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._takes: dict[str, Take] = {}

    def register(self, prefix: str, take: Take) -> None:
        """Gives requests below `prefix` to `take`; it begins and ends with `/`. Raises ValueError if it is taken."""
        if prefix in self._takes or not (prefix.startswith("/") and prefix.endswith("/")):
            raise ValueError(f"the prefix {prefix} cannot be registered")
        self._takes[prefix] = take

    def post(self, target: str, headers: Mapping[str, str], body: bytes) -> CallbackAnswer:
        """The answer to a POST to `target`, path and query. Nothing of the path is logged: it may hold a secret."""
        path, _, query = target.partition("?")
        for prefix, take in self._takes.items():
            if path.startswith(prefix):
                request = CallbackRequest(rest=path.removeprefix(prefix), query=query, headers=headers, body=body)
                return self._answer(prefix, take, request)
        return CallbackAnswer(404)

    def _answer(self, prefix: str, take: Take, request: CallbackRequest) -> CallbackAnswer:
        try:
            return take(request)
        except ResourceNotFound:
            return CallbackAnswer(404)
        except FieldInvalid:
            return CallbackAnswer(400)
        except OutageFault as fault:
            self._log.error("callback_failed", task=prefix, reason=fault.reason, exc_info=fault)
            return CallbackAnswer(503)
        except CosignFault:
            return CallbackAnswer(503)
        except Exception as fault:
            self._log.error("callback_failed", task=prefix, exc_info=fault)
            return CallbackAnswer(500)


class CallbackServer(HttpThreads):
    """The endpoint in threads of its own."""

    def __init__(
        self,
        listen: str,
        callbacks: Callbacks,
        *,
        context: ssl.SSLContext | None,
        public_url: str = "",
        shared_port: bool = False,
    ) -> None:
        """Binds `host:port`; port 0 takes any. `shared_port`: other workers listen on the same one.

        Raises:
            OSError: The port is taken.
        """
        handler = _handler(callbacks, threading.BoundedSemaphore(MAX_REQUESTS))
        super().__init__(
            "callbacks.listen", listen, handler, name="cosign-callbacks", context=context, shared_port=shared_port
        )
        scheme = "http" if context is None else "https"
        self.url = public_url.rstrip("/") or f"{scheme}://{listen.rpartition(':')[0]}:{self.port}"
        """How providers reach it, without a path."""


def _handler(callbacks: Callbacks, places: threading.BoundedSemaphore) -> type[BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = "cosign"
        sys_version = ""
        timeout = _SECONDS

        def do_POST(self) -> None:
            self.close_connection = True
            length = self.headers.get("content-length", "")
            if not (length.isascii() and length.isdigit() and len(length) <= 9):
                self._send(CallbackAnswer(411))
            elif int(length) > MAX_BODY:
                self._send(CallbackAnswer(413))
            elif not places.acquire(blocking=False):
                self._send(CallbackAnswer(503))
            else:
                try:
                    body = self.rfile.read(int(length))
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    if len(body) == int(length):
                        self._send(callbacks.post(self.path, headers, body))
                finally:
                    places.release()

        def _send(self, answer: CallbackAnswer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Paths hold secrets: nothing is logged."""

    return Handler
