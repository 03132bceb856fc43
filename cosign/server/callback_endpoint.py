"""The HTTP endpoint for callbacks of providers: POST /identity/callbacks/<provider>.

    200   it was taken, whatever became of it: the provider shall not repeat it
    401   not genuine
    404   no such provider
    503   it cannot be stored now: the provider repeats it

Plain HTTP: a proxy ends TLS; callbacks are signed.
"""

import http.server
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from cosign.errors import ResourceNotFound
from cosign.identity.faults import CallbackForged
from cosign.server.config import parse_address
from cosign.server.logging import Logger

PREFIX: Final = "/identity/callbacks/"
MAX_BODY: Final = 64 * 1024
MAX_CALLBACKS: Final = 16
"""At once in this process; more are told to come back."""
_SECONDS: Final = 10.0
"""How long a peer may keep one read or write waiting."""
_NAME: Final = 16

Receive = Callable[[str, Mapping[str, str], bytes], str]
"""Provider, headers with names in lower case, body; returns what became of it."""


class CallbackEndpoint:
    """The endpoint in threads of its own."""

    def __init__(self, listen: str, receive: Receive, log: Logger, *, shared_port: bool = False) -> None:
        """Binds `host:port`; port 0 takes any. `shared_port`: other workers listen on the same one.

        Raises:
            OSError: The port is taken.
        """
        handler = _handler(receive, log, threading.BoundedSemaphore(MAX_CALLBACKS))
        server = type("Server", (ThreadingHTTPServer,), {"allow_reuse_port": shared_port, "daemon_threads": True})
        self._server: ThreadingHTTPServer = server(parse_address("identity.listen", listen), handler)
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Serves from now on."""
        threading.Thread(target=self._server.serve_forever, name="cosign-callbacks", daemon=True).start()

    def stop(self) -> None:
        """Takes no more requests; those that run end with the process."""
        self._server.shutdown()
        self._server.server_close()


def _handler(receive: Receive, log: Logger, places: threading.BoundedSemaphore) -> type[BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = "cosign"
        sys_version = ""
        timeout = _SECONDS

        def do_POST(self) -> None:
            if not places.acquire(blocking=False):
                self._answer(503)
                return
            try:
                self._answer(self._receive())
            finally:
                places.release()

        def _receive(self) -> int:
            name, length = self.path.removeprefix(PREFIX), self.headers.get("content-length", "")
            if not self.path.startswith(PREFIX) or not name.isascii() or not name.isalpha() or len(name) > _NAME:
                return 404
            if not length.isascii() or not length.isdigit() or len(length) > 9 or int(length) > MAX_BODY:
                return 413
            headers = {key.lower(): value for key, value in self.headers.items()}
            try:
                became = receive(name, headers, self.rfile.read(int(length)))
            except CallbackForged as fault:
                log.warning("identity_callback_forged", provider=name, problem=str(fault))
                return 401
            except ResourceNotFound:
                return 404
            except Exception as fault:  # the provider repeats it
                log.error("identity_callback_failed", provider=name, exc_info=fault)
                return 503
            log.info("identity_callback", provider=name, result=became)
            return 200

        def _answer(self, status: int) -> None:
            self.close_connection = True
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Logged above, without what the peer wrote."""

    return Handler
