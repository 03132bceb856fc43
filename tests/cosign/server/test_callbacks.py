"""The endpoint for providers that call back: what reaches an area, and what never does."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from cosign.errors import ConcurrentOperation, DatabaseUnavailable, FieldInvalid, ResourceNotFound
from cosign.server.callbacks import MAX_BODY, CallbackAnswer, CallbackRequest, Callbacks, CallbackServer


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def error(self, event: str, **values: object) -> None:
        self.lines.append(f"{event} {values}")


class Served:
    """A server with one area below `/area/` that fails as the rest of the path says."""

    def __init__(self) -> None:
        self.log = Log()
        self.seen: list[CallbackRequest] = []
        self.callbacks = Callbacks(self.log)  # type: ignore[arg-type]
        self.callbacks.register("/area/", self._take)
        self.server = CallbackServer("127.0.0.1:0", self.callbacks, context=None)
        self.server.start()

    def _take(self, request: CallbackRequest) -> CallbackAnswer:
        self.seen.append(request)
        faults: dict[str, Exception] = {
            "forged": ResourceNotFound("no such address"),
            "field": FieldInvalid("a", "b"),
            "outage": DatabaseUnavailable("gone"),
            "conflict": ConcurrentOperation("busy", retry_after_ms=1),
            "bug": RuntimeError("bug"),
        }
        if request.rest in faults:
            raise faults[request.rest]
        return CallbackAnswer(200, b'{"code":0}')

    def request(self, path: str, body: bytes = b"x", method: str = "POST") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers={"X-Signature": "s"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.stop()


def test_an_area_gets_what_follows_its_prefix(served: Served) -> None:
    assert served.request("/area/secret/1?a=b", b"body") == (200, b'{"code":0}')
    request = served.seen[-1]
    assert (request.rest, request.query, request.body) == ("secret/1", "a=b", b"body")
    assert request.headers["x-signature"] == "s"
    assert "secret" not in repr(request)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/area", 404),
        ("/other/1", 404),
        ("/area/forged", 404),
        ("/area/field", 400),
        ("/area/outage", 503),
        ("/area/conflict", 503),
        ("/area/bug", 500),
    ],
)
def test_a_refusal_tells_nothing_but_its_status(served: Served, path: str, status: int) -> None:
    assert served.request(path) == (status, b"")


def test_what_is_no_post_or_too_long_reaches_nobody(served: Served) -> None:
    before = len(served.seen)
    assert served.request("/area/1", method="GET")[0] == 501
    assert served.request("/area/1", b"", method="PUT")[0] == 501
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=60) as connection:
        connection.sendall(f"POST /area/1 HTTP/1.1\r\nHost: a\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.0 413")
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=60) as connection:
        connection.sendall(b"POST /area/1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.0 411")
    assert len(served.seen) == before


def test_how_providers_reach_it(served: Served) -> None:
    assert served.server.url == f"http://127.0.0.1:{served.server.port}"
    public = CallbackServer("127.0.0.1:0", served.callbacks, context=None, public_url="https://callbacks.example.com/")
    public.start()
    public.stop()
    assert public.url == "https://callbacks.example.com"


def test_paths_are_not_logged(served: Served) -> None:
    served.request("/area/bug")
    assert not any("/area/bug" in line for line in served.log.lines)


def test_a_prefix_is_registered_once(served: Served) -> None:
    for prefix in ("/area/", "other/", "/other"):
        with pytest.raises(ValueError, match="cannot be registered"):
            served.callbacks.register(prefix, served._take)
