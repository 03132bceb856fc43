"""The HTTP endpoint of uploads: GET with a signed link, nothing else (`cosign.uploads.links`).

Every refusal is 404, so that a link tells nothing but whether it works. Answers are attachments that no cache keeps and
no browser interprets.
"""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Final

from cosign.errors import OutageFault, ResourceNotFound
from cosign.server.http_threads import HttpThreads
from cosign.server.logging import Logger
from cosign.uploads.model import Upload

_SECONDS: Final = 30.0
"""How long a peer may keep one read or write waiting."""
MAX_DOWNLOADS: Final = 32
"""At once in this process; more are told to come back."""

Open = Callable[[str], tuple[Upload, Iterator[bytes]]]
"""Path and query of a request to what they may read; raises ResourceNotFound."""


class DownloadEndpoint(HttpThreads):
    """The endpoint in threads of its own."""

    def __init__(
        self, listen: str, read: Open, log: Logger, *, tls: ssl.SSLContext | None, shared_port: bool = False
    ) -> None:
        """Binds `host:port`; port 0 takes any. `shared_port`: other workers listen on the same one.

        Raises:
            OSError: The port is taken.
        """
        handler = _handler(read, log, threading.BoundedSemaphore(MAX_DOWNLOADS))
        super().__init__(
            "uploads.listen", listen, handler, name="cosign-downloads", context=tls, shared_port=shared_port
        )


def _handler(read: Open, log: Logger, places: threading.BoundedSemaphore) -> type[BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        server_version = "cosign"
        sys_version = ""
        timeout = _SECONDS

        def do_GET(self) -> None:
            if not places.acquire(blocking=False):
                self._refuse(503)
                return
            try:
                self._download()
            finally:
                places.release()

        def _download(self) -> None:
            try:
                upload, pieces = read(self.path)
                first = next(pieces, b"")
            except ResourceNotFound:
                self._refuse(404)
                return
            except OutageFault as fault:
                log.error("download_failed", reason=fault.reason, exc_info=fault)
                self._refuse(503)
                return
            self.close_connection = True
            self.send_response(200)
            for name, value in (*_HEADERS, ("Content-Type", upload.media_type.value)):
                self.send_header(name, value)
            self.send_header("Content-Length", str(upload.size))
            self.end_headers()
            try:
                self.wfile.write(first)
                for piece in pieces:
                    self.wfile.write(piece)
            except OutageFault as fault:  # the peer sees fewer bytes than announced
                log.error("download_failed", reason=fault.reason, exc_info=fault)
            except OSError:
                log.debug("download_broken_off")

        def _refuse(self, status: int) -> None:
            self.send_response(status)
            for name, value in _HEADERS:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Paths hold signatures of links: nothing is logged."""

    return Handler


_HEADERS: Final = (
    ("Cache-Control", "private, no-store"),
    ("Content-Disposition", "attachment"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
