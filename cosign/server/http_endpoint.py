"""The plain HTTP endpoint for scrapers and orchestrators, in a thread of its own.

/metrics   Prometheus exposition
/livez     200 while the process answers
/readyz    200 while the service can do its work, else 503
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cosign.server.config import parse_address

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def serve(listen: str, *, metrics: Callable[[], str], ready: Callable[[], bool]) -> int:
    """Serves on `host:port`; returns the port that was bound.

    Args:
        listen: Port 0 takes any.
        metrics: Makes the exposition.
        ready: Whether the service can do its work.

    Raises:
        OSError: The port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, metrics())
            elif path == "/livez":
                self._answer(200, "live\n")
            elif path == "/readyz":
                self._answer(*((200, "ready\n") if ready() else (503, "not ready\n")))
            else:
                self._answer(404, "not found\n")

        def _answer(self, status: int, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", _TEXT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not logged."""

    server = ThreadingHTTPServer(parse_address("metrics.listen", listen), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="cosign-http", daemon=True).start()
    return int(server.server_address[1])
