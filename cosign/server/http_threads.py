"""One port of an HTTP server that answers in threads of its own; shared by downloads and callbacks."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cosign.server.config import parse_address


class HttpThreads:
    """To be subclassed by endpoints, which bring the handler."""

    def __init__(
        self,
        setting: str,
        listen: str,
        handler: type[BaseHTTPRequestHandler],
        *,
        name: str,
        context: ssl.SSLContext | None,
        shared_port: bool,
    ) -> None:
        """Binds `host:port`; port 0 takes any.

        Args:
            setting: Name of the configuration entry that `listen` comes from.
            listen: Where.
            handler: Answers one request.
            name: Of the thread.
            context: For TLS; None: plain HTTP.
            shared_port: Other workers listen on the same port.

        Raises:
            OSError: The port is taken.
        """
        server = type("Server", (ThreadingHTTPServer,), {"allow_reuse_port": shared_port, "daemon_threads": True})
        self._server: ThreadingHTTPServer = server(parse_address(setting, listen), handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._name = name
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        """Serves from now on."""
        threading.Thread(target=self._server.serve_forever, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Takes no more requests; those that run end with the process."""
        self._server.shutdown()
        self._server.server_close()
