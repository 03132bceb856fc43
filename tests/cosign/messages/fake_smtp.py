"""A mail server on this machine that speaks enough SMTP: EHLO, STARTTLS, AUTH PLAIN and LOGIN, MAIL, RCPT, DATA."""

import base64
import datetime as dt
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "mailer", "not-a-real-password"


def certificate(folder: Path) -> Path:
    """A PEM file with key and self-signed certificate for `localhost`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class MailServer:
    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: str = ""
    """Answer to RCPT instead of 250."""
    refuse_data: str = ""


@contextmanager
def mail_server(pem: Path, *, tls: bool = False) -> Iterator[MailServer]:
    made = MailServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, ValueError):
                self._talk()

        def finish(self) -> None:
            for stream in (self.wfile, self.rfile, self.connection):
                with suppress(OSError, ValueError):
                    stream.close()

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")
            self.wfile.flush()

        def _secure(self) -> None:
            plain = (self.rfile, self.wfile)
            self.connection = context.wrap_socket(self.connection, server_side=True)
            for stream in plain:
                stream.close()
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")

        def _talk(self) -> None:
            secure = tls
            if tls:
                self._secure()
            self._say("220 localhost")
            authenticated = False
            while line := self.rfile.readline().decode().strip():
                word = line.upper()
                if word.startswith("EHLO"):
                    self._say("250-localhost")
                    if not secure:
                        self._say("250-STARTTLS")
                    self._say("250 AUTH PLAIN")
                elif word == "STARTTLS":
                    self._say("220 go ahead")
                    self._secure()
                    secure = True
                elif word.startswith("AUTH PLAIN"):
                    given = base64.b64decode(line.split()[2]).decode().split("\0")[1:]
                    authenticated = given == [USER, PASSWORD]
                    self._say("235 welcome" if authenticated else "535 wrong")
                elif word.startswith("MAIL"):
                    self._say("250 ok" if authenticated else "530 who are you")
                elif word.startswith("RCPT"):
                    made.recipients.append(line)
                    self._say(made.refuse or "250 ok")
                elif word == "DATA":
                    self._say("354 go on")
                    lines: list[bytes] = []
                    while (part := self.rfile.readline().rstrip(b"\r\n")) != b".":
                        lines.append(part)
                    if not made.refuse_data:
                        made.mails.append(b"\n".join(lines))
                        made.encrypted.append(secure)
                    self._say(made.refuse_data or "250 taken")
                elif word == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
