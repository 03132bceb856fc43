"""A gateway for development: an HTTP server that speaks the protocol of `gateway`, with signed callbacks.

What it is asked decides, so that every outcome can be had. Names of persons:

    无人脸      no face              不匹配      another face          声不符      wrong digits
    已取消      the user goes back   不一致      the data disagree     已停机      the provider is down
    无结果      never decided        无回调      passes, tells nothing unless it is asked
    多回调      passes, tells everything three times, the beginning last

Everybody else passes. Cards are pictures of `specimen`; credentials are the JSON values of a card.
It keeps no personal data: a session holds what its result will be, and when.
"""

import base64
import binascii
import datetime as dt
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cosign.clock import Clock
from cosign.identity.adapters import specimen
from cosign.identity.adapters.signing import sign, verify
from cosign.identity.faults import CallbackForged

KEY: Final = "sandbox"
FOLDER: Final = "sandbox-identity"
"""In the state folder, shared by the processes of a node."""
DOWN: Final = "已停机"
_FAILURES: Final = {
    "无人脸": "no_face",
    "不匹配": "face_mismatch",
    "声不符": "voice_mismatch",
    "已取消": "cancelled",
    "不一致": "data_mismatch",
}
_NEVER: Final = "无结果"
_SILENT: Final = "无回调"
_OFTEN: Final = "多回调"
_BODY: Final = 32 * 1024 * 1024
_DIGITS: Final = "{:04d}"

Post = Callable[[str, bytes, Mapping[str, str]], object]
"""Sends a callback: URL or path, body, headers; raises nothing, for a result that gets lost is asked for."""
Later = Callable[[float, Callable[[], None]], None]
"""Does something in so many seconds."""


class Timers:
    """Implements `Later` until it is stopped."""

    def __init__(self) -> None:
        self._waiting: set[threading.Timer] = set()
        self._lock = threading.Lock()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """See `Later`."""

        def run() -> None:
            with self._lock:
                self._waiting.discard(timer)
            action()

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        with self._lock:
            self._waiting.add(timer)
        timer.start()

    def stop(self) -> None:
        """What has not begun is not done."""
        with self._lock:
            for timer in self._waiting:
                timer.cancel()
            self._waiting.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    ref: str
    reason: str
    """Empty: it passes."""
    ready_ms: int
    """When the result is there; 0: never."""
    callback_url: str
    times: int
    """How often the result is told."""

    def state(self, now_ms: int) -> dict[str, str]:
        if not self.ready_ms or now_ms < self.ready_ms:
            return {"state": "pending"}
        result = {"state": "failed", "reason": self.reason} if self.reason else {"state": "passed"}
        return {**result, "evidence": f"sandbox-{self.ref}"[:96]}


class SandboxGateway:
    """The server, in threads of its own."""

    def __init__(
        self,
        folder: Path,
        secret: str,
        clock: Clock,
        *,
        delay: dt.timedelta,
        post: Post,
        later: Later | None = None,
    ) -> None:
        """Binds a port of this machine; `delay` is how long a user takes before the camera."""
        self._folder = folder
        self._secret = secret
        self._clock = clock
        self._delay = delay
        self._post = post
        self._timers = Timers()
        self._later = later or self._timers.later
        self._serving = False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        server = type("Server", (ThreadingHTTPServer,), {"daemon_threads": True})
        self._server: ThreadingHTTPServer = server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Serves from now on."""
        self._serving = True
        threading.Thread(target=self._server.serve_forever, name="cosign-sandbox-identity", daemon=True).start()

    def stop(self) -> None:
        """Sends no more callbacks and takes no more requests."""
        self._timers.stop()
        if self._serving:
            self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        """Status and document of the answer to one request."""
        try:
            verify(self._secret, KEY, "POST", path, headers, body, clock=self._clock)
        except CallbackForged:
            return 401, {"error": "signature"}
        try:
            document = json.loads(body)
            if document.get("name") == DOWN:
                return 503, {"error": "down"}
            match path:
                case "/v1/faces":
                    return 200, self._begin(document)
                case "/v1/faces/query":
                    return 200, self._query(str(document["ref"]))
                case "/v1/elements":
                    reason = _FAILURES.get(document["name"], "")
                    result = {"state": "failed", "reason": "data_mismatch"} if reason else {"state": "passed"}
                    return 200, {**result, "evidence": f"sandbox-{document['ref']}"[:96]}
                case "/v1/cards":
                    return 200, self._card(document)
                case "/v1/credentials":
                    return 200, _credential(document)
                case _:
                    return 404, {"error": "path"}
        except (ValueError, TypeError, KeyError, AttributeError):
            return 400, {"error": "malformed"}

    def _begin(self, document: Mapping[str, str]) -> dict[str, str]:
        ref, name, now_ms = document["ref"], document["name"], self._clock.now_ms()
        session = self._read(ref)
        if session is None:
            session = _Session(
                ref=ref,
                reason=_FAILURES.get(name, ""),
                ready_ms=0 if name == _NEVER else now_ms + round(self._delay.total_seconds() * 1000),
                callback_url="" if name == _SILENT else document.get("callback_url", ""),
                times=3 if name == _OFTEN else 1,
            )
            self._path(ref).write_text(json.dumps(asdict(session)), encoding="utf-8")
            if session.ready_ms and session.callback_url:
                self._later(self._delay.total_seconds(), lambda: self._tell(session))
        digits = {"digits": _DIGITS.format(sum(ref.encode()) % 10_000)} if document.get("liveness") == "digits" else {}
        return {"url": f"{self.url}/face/{ref}", "token": ref, **digits}

    def _query(self, ref: str) -> dict[str, str]:
        session = self._read(ref)
        return {"state": "pending"} if session is None else session.state(self._clock.now_ms())

    def _card(self, document: Mapping[str, str]) -> dict[str, Any]:
        try:
            sides = [specimen.read(base64.b64decode(document[side], validate=True)) for side in ("front", "back")]
        except (ValueError, binascii.Error):
            return {"state": "unreadable"}
        card: dict[str, Any] = {**sides[0], **sides[1]}
        if not card.get("document_number") or "authority" not in card:
            return {"state": "unreadable"}
        expiry = card.get("document_expiry", "")
        if expiry and dt.date.fromisoformat(expiry) < self._clock.now().date():
            return {"state": "expired"}
        return {"state": "read", "card": {**card, "long_term": not expiry}}

    def _tell(self, session: _Session) -> None:
        result = replace(session, ready_ms=1).state(self._clock.now_ms())
        events = [{"event_id": f"{session.ref}-result", "ref": session.ref, **result}] * session.times
        if session.times > 1:
            events.append({"event_id": f"{session.ref}-begun", "ref": session.ref, "state": "pending"})
        for event in events:
            body = json.dumps(event).encode()
            path = urlsplit(session.callback_url).path
            self._post(session.callback_url, body, sign(self._secret, KEY, "POST", path, body, clock=self._clock))

    def _path(self, ref: str) -> Path:
        if not ref.isascii() or not ref.replace("_", "").isalnum():
            raise ValueError("not a name")
        return self._folder / f"{ref}.json"

    def _read(self, ref: str) -> _Session | None:
        try:
            return _Session(**json.loads(self._path(ref).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None


def _credential(document: Mapping[str, str]) -> dict[str, Any]:
    try:
        person = json.loads(document["credential"])
    except ValueError:
        return {"state": "failed", "reason": "data_mismatch"}
    if not isinstance(person, dict) or not person.get("name") or not person.get("document_number"):
        return {"state": "failed", "reason": "data_mismatch"}
    return {"state": "passed", "evidence": f"sandbox-{document['ref']}"[:96], "person": person}


def _handler(gateway: SandboxGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "cosign-sandbox"
        timeout = 30

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, document = gateway.answer(self.path, headers, self.rfile.read(min(length, _BODY)))
            body = json.dumps(document, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests hold personal data: nothing is logged."""

    return Handler
