"""Providers call a real server back over HTTPS, at the one endpoint for all of them; all of it is one start.

The gateway of identity checks and the SMS provider run in the test: `cosignd` reaches them by HTTP, and they it.
"""

import datetime as dt
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cosign.client.phone import About, Phone
from cosign.clock import SystemClock
from cosign.identity.adapters import gateway, sandbox
from cosign.identity.adapters.signing import sign
from demo.programs import Server, free_port
from tests.cosign.messages.fake_provider import Provider, provider
from tests.end_to_end.test_accounts import BRAND, open_phone
from tests.support.documents import resident_number

NAME = "甲乙丙"
SILENT = "无回调"
SECRET, REPORT_SECRET = "i" * 32, "r" * 32
SECONDS = 60.0
DELAY = dt.timedelta(minutes=4)
"""How long the gateway has no result: less than signatures are good for, more than a test takes."""


class AdvancedClock(SystemClock):
    """The clock of the gateway, which may be put forward."""

    ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.ahead

    def now_ms(self) -> int:
        return super().now_ms() + round(self.ahead.total_seconds() * 1000)


@dataclass
class World:
    """A server and both of its providers."""

    callbacks: str
    """Host and port."""
    sms: Provider
    clock: AdvancedClock
    server: Server = field(init=False)
    due: list[Callable[[], None]] = field(default_factory=list)
    """Callbacks of the gateway that wait to be sent."""
    sent: list[tuple[str, bytes, Mapping[str, str], int]] = field(default_factory=list)
    """Path, body, headers and status of each callback of the gateway."""

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """One request to the endpoint."""
        context = ssl.create_default_context(cafile=self.server.ca)
        connection = http.client.HTTPSConnection(self.callbacks, timeout=SECONDS, context=context)
        try:
            connection.request("POST", path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def told(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """What the gateway posts."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == f"https://{self.callbacks}"
        self.sent.append((parts.path, body, headers, self.post(parts.path, body, headers)[0]))

    def signed(self, event: Mapping[str, str], secret: str = SECRET) -> int:
        """Posts an event that is signed now."""
        body = json.dumps(dict(event)).encode()
        headers = sign(secret, sandbox.KEY, "POST", gateway.CALLBACK_PATH, body, clock=self.clock)
        return self.post(gateway.CALLBACK_PATH, body, headers)[0]

    def report(self, secret: str, key: str, success: bool) -> tuple[int, bytes]:
        """Posts a delivery report of an SMS."""
        content = [{"phone_number": "", "success": success, "err_code": "", "biz_id": "", "out_id": key}]
        return self.post(f"/sms/aliyun/{secret}", json.dumps(content).encode())

    def codes(self) -> list[tuple[str, str]]:
        """Keys and codes of the SMS so far."""
        queries = [parse_qs(urlsplit(one.path).query) for one in list(self.sms.requests)]
        found = [query for query in queries if "TemplateParam" in query]
        return [(query["OutId"][0], json.loads(query["TemplateParam"][0])["code"]) for query in found]

    def log_in(self, phone: Phone, number: str) -> str:
        """Logs in by a code; returns the key of its SMS."""
        before = len(self.codes())
        phone.login.send_code(brand=BRAND, phone_number=number, purpose="login")
        wait(lambda: len(self.codes()) > before)
        key, code = self.codes()[-1]
        proved = phone.login.verify_code(brand=BRAND, phone_number=number, purpose="login", code=code)
        phone.login.login_sms(ticket=proved, about=About(label="Maker-One-15"))
        return key


def wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """Starts everything."""
    state = folder / "state"
    state.mkdir()
    texts = {
        "identity-secret": SECRET,
        "sms-secret": "s" * 32,
        "report-secret": REPORT_SECRET,
        "templates.toml": '[sign_names]\ndefault = "甲"\n[zh]\ncode = "SMS_100000001"\n',
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    with provider() as sms:
        sms.answers = [(200, {"Code": "OK", "BizId": "1"})]
        world = World(callbacks=f"127.0.0.1:{free_port()}", sms=sms, clock=AdvancedClock())
        pretender = sandbox.SandboxGateway(
            folder / "gateway",
            SECRET,
            world.clock,
            delay=DELAY,
            post=world.told,
            later=lambda _, action: world.due.append(action),
        )
        settings: dict[str, Any] = {
            "CALLBACKS__LISTEN": world.callbacks,
            "IDENTITY__PROVIDER": "gateway",
            "IDENTITY__ENDPOINT": pretender.url,
            "IDENTITY__KEY": sandbox.KEY,
            "IDENTITY__SECRET_FILE": folder / "identity-secret",
            "IDENTITY__QUERY_AFTER_SECONDS": 1,
            "SMS__PROVIDER": "aliyun",
            "SMS__ENDPOINT": sms.url,
            "SMS__ACCESS_KEY_ID": "key",
            "SMS__SECRET_FILE": folder / "sms-secret",
            "SMS__TEMPLATES": folder / "templates.toml",
            "SMS__REPORT_SECRET_FILE": folder / "report-secret",
        }
        world.server = Server(state, {f"COSIGN_{name}": str(value) for name, value in settings.items()})
        pretender.start()
        world.server.start()
        try:
            yield world
        finally:
            world.server.kill()
            pretender.stop()


def test_providers_call_back(tmp_path: Path) -> None:
    """R-IDV-17, R-MSG-05: a signed result and a delivery report count; forged, replayed and unknown ones do not."""
    with running(tmp_path) as world:
        with open_phone(world.server, tmp_path / "first") as phone:
            key = world.log_in(phone, f"139{51:08d}")
            check_results(world, phone)
        check_reports(world, key)
        with open_phone(world.server, tmp_path / "second") as phone:
            world.log_in(phone, f"139{52:08d}")
            check_lost_result(world, phone)


def check_results(world: World, phone: Phone) -> None:
    """Results of a check by face."""
    attempt = phone.identity.start("cpcn_face", name=NAME, document_number=resident_number())
    genuine = {"event_id": "e1", "ref": attempt.attempt_id, "state": "passed", "evidence": "1"}
    assert world.signed(genuine, secret="f" * 32) == 401
    assert world.post(gateway.CALLBACK_PATH, json.dumps(genuine).encode())[0] == 401
    assert world.signed(genuine | {"ref": "idv_nothing"}) == 200
    assert world.post("/identity/palmist", b"{}")[0] == 404
    assert world.post("/nothing", b"{}")[0] == 404
    assert phone.identity.status().state == "provider_pending"

    (tell,) = world.due
    tell()
    ((path, body, headers, status),) = world.sent
    assert status == 200
    assert phone.identity.status().state == "verified"
    assert world.post(path, body, headers)[0] == 200
    assert world.post(path, body.replace(b"passed", b"failed"), headers)[0] == 401
    assert world.signed(genuine | {"event_id": "e2", "state": "failed", "reason": "no_face"}) == 200
    assert [one.state for one in phone.identity.attempts()] == ["verified"]
    assert [one.kind for one in phone.inbox().messages()].count("identity_verified") == 1


def check_reports(world: World, key: str) -> None:
    """Reports of an SMS."""
    assert world.report("f" * 32, key, success=False)[0] == 404
    assert world.post(f"/sms/aliyun/{REPORT_SECRET}", b"{}")[0] == 400
    assert world.report(REPORT_SECRET, "unknown", success=True)[0] == 200
    status, answer = world.report(REPORT_SECRET, key, success=True)
    assert (status, json.loads(answer)["code"]) == (200, 0)
    assert world.report(REPORT_SECRET, key, success=False)[0] == 200
    wait(lambda: key in world.server.control("--json", "outbox", "deliveries", "--state", "delivered"))


def check_lost_result(world: World, phone: Phone) -> None:
    """Nobody calls back and nobody asks: the server does."""
    phone.identity.start("cpcn_face", name=SILENT, document_number=resident_number())
    world.clock.ahead = DELAY
    wait(lambda: phone.identity.status().state == "verified")
