"""A bucket behind HTTP that checks every signature by itself, and fails when it is told to."""

import datetime as dt
import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS_KEY = "EXAMPLEACCESSKEY"
SECRET_KEY = "example/secret+key"
REGION = "test-1"


class Bucket:
    """What it holds, and how it shall fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.failures: list[int] = []
        """Statuses of the next answers; 0 breaks the connection off, -1 in the middle of an answer."""
        self.calls: list[str] = []
        self.address = ""


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A running bucket called `files`."""
    made = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self._admitted(body):
                bucket.objects[self.path] = body
                self._answer(200)

        def do_GET(self) -> None:
            if not self._admitted(b""):
                return
            content = bucket.objects.get(self.path)
            if content is None:
                self._answer(404)
            elif bucket.failures and bucket.failures[0] == -1:
                bucket.failures.pop()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
            else:
                self._answer(200, content)

        def do_DELETE(self) -> None:
            if self._admitted(b""):
                self._answer(404 if bucket.objects.pop(self.path, None) is None else 204)

        def _admitted(self, body: bytes) -> bool:
            bucket.calls.append(f"{self.command} {self.path}")
            if bucket.failures and bucket.failures[0] >= 0:
                status = bucket.failures.pop(0)
                if status == 0:
                    self.close_connection = True
                else:
                    self._answer(status)
                return False
            if not self._is_signed(body):
                self._answer(403)
                return False
            return True

        def _is_signed(self, body: bytes) -> bool:
            algorithm, _, fields = self.headers["authorization"].partition(" ")
            given = dict(part.split("=", 1) for part in fields.split(","))
            access_key, date, region, service, end = given["Credential"].split("/")
            names = given["SignedHeaders"].split(";")
            time = self.headers["x-amz-date"]
            age = dt.datetime.now(dt.UTC) - dt.datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
            payload = hashlib.sha256(body).hexdigest()
            lines = [self.command, self.path, "", *(f"{name}:{self.headers[name]}" for name in names), ""]
            canonical = "\n".join([*lines, ";".join(names), payload]).encode()
            text = f"{algorithm}\n{time}\n{date}/{region}/s3/aws4_request\n{hashlib.sha256(canonical).hexdigest()}"
            key = f"AWS4{SECRET_KEY}".encode()
            for part in (date, REGION, "s3", "aws4_request", text):
                key = hmac.digest(key, part.encode(), "sha256")
            return (
                (access_key, service, end, region) == (ACCESS_KEY, "s3", "aws4_request", REGION)
                and abs(age) < dt.timedelta(minutes=15)
                and self.headers["x-amz-content-sha256"] == payload
                and {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names)
                and key.hex() == given["Signature"]
            )

        def _answer(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    return Handler
