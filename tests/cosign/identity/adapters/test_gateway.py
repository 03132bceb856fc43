"""The gateway's protocol over HTTP, and the sandbox that speaks it."""

import dataclasses
import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping

import pytest

from cosign.brands import DocumentType, IdentityMethod
from cosign.clock import SystemClock
from cosign.identity.adapters import sandbox, specimen
from cosign.identity.adapters.gateway import CALLBACK_PATH, CALLBACK_PREFIX, Gateway
from cosign.identity.adapters.signing import KEY, SIGNATURE, TIME
from cosign.identity.faults import CallbackForged, CardUnreadable, DocumentExpired, ProviderDown
from cosign.identity.model import FailureReason, PersonData
from cosign.identity.ports import CheckRequest
from cosign.messages.adapters.http import Answer, Endpoint
from cosign.server.callbacks import CallbackAnswer, CallbackRequest, Callbacks, CallbackServer
from cosign.server.logging import make_logger
from tests.support.documents import resident_number

SECRET = "s" * 32
SECONDS = 30.0


class Received:
    """Callbacks as the endpoint got them."""

    def __init__(self) -> None:
        self.events: list[dict[str, str]] = []
        self.gateway: Gateway | None = None

    def take(self, request: CallbackRequest) -> CallbackAnswer:
        assert self.gateway is not None
        try:
            self.gateway.callback(request.headers, request.body)
        except CallbackForged:
            return CallbackAnswer(401)
        self.events.append(json.loads(request.body))
        return CallbackAnswer(200)


@pytest.fixture(scope="module")
def received() -> Received:
    return Received()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, received: Received) -> Iterator[Gateway]:
    clock, folder = SystemClock(), tmp_path_factory.mktemp("sandbox")
    callbacks = Callbacks(make_logger())
    callbacks.register(CALLBACK_PREFIX, received.take)
    endpoint = CallbackServer("127.0.0.1:0", callbacks, context=None)

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
        base = url.removesuffix(CALLBACK_PATH)
        Endpoint(url=base).exchange("POST", CALLBACK_PATH, body, headers)

    server = sandbox.SandboxGateway(folder, SECRET, clock, delay=dt.timedelta(0), post=post)
    server.start()
    endpoint.start()
    made = Gateway(
        endpoint=Endpoint(url=server.url),
        key=sandbox.KEY,
        secret=lambda: SECRET,
        clock=clock,
        callback_url=endpoint.url + CALLBACK_PATH,
    )
    received.gateway = made
    yield made
    server.stop()
    endpoint.stop()


def request(
    name: str = "甲乙丙", method: IdentityMethod = IdentityMethod.CPCN_FACE, ref: str = "idv_1"
) -> CheckRequest:
    person = PersonData(name=name, document_type=DocumentType.RESIDENT_ID, document_number=resident_number())
    return CheckRequest(provider_ref=ref, method=method, person=person)


def test_a_session_and_its_callbacks(gateway: Gateway, received: Received) -> None:
    """R-IDV-03, R-IDV-17: a session by HTTP, its result by signed callbacks and by query, both the same."""
    session = gateway.begin(request("多回调")).parameters
    assert session["url"].endswith("/face/idv_1")
    end = time.monotonic() + SECONDS
    while len(received.events) < 4:
        assert time.monotonic() < end, "no callbacks"
        time.sleep(0.01)
    assert [one["state"] for one in received.events] == ["passed"] * 3 + ["pending"]
    outcome = gateway.query("idv_1", session)
    assert outcome is not None
    assert outcome.passed
    assert outcome.evidence == received.events[0]["evidence"]
    assert gateway.begin(request("不匹配")).parameters == session


def test_another_secret_is_refused(gateway: Gateway) -> None:
    """R-IDV-17: whoever does not have the secret gets nothing from a gateway."""
    with pytest.raises(ProviderDown):
        dataclasses.replace(gateway, secret=lambda: "another").begin(request())


def test_digits(gateway: Gateway) -> None:
    """R-IDV-07: the card method shows digits to be read aloud."""
    assert len(gateway.begin(request("无回调", IdentityMethod.OCR_FACE, "idv_2")).parameters["digits"]) == 4


def test_cards(gateway: Gateway) -> None:
    """R-IDV-06: a specimen is read; anything else is unreadable; an old one has expired."""
    front = specimen.draw({"name": "甲乙丙", "document_number": resident_number()})
    card = gateway.read(front, specimen.draw({"authority": "某局", "document_expiry": "2999-12-31"}))
    assert (card.name, card.document_expiry, card.long_term) == ("甲乙丙", dt.date(2999, 12, 31), False)
    assert gateway.read(front, specimen.draw({"authority": "某局"})).long_term
    with pytest.raises(CardUnreadable):
        gateway.read(front, b"no picture")
    with pytest.raises(DocumentExpired):
        gateway.read(front, specimen.draw({"authority": "某局", "document_expiry": "2001-12-31"}))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(200, b"[]"),
        Answer(200, b'{"state": "odd"}'),
        Answer(200, b'{"state": "pending"}'),
    ],
    ids=["status", "no-object", "odd-state", "no-result"],
)
def test_answers_nobody_can_use(gateway: Gateway, answer: Answer) -> None:
    """R-IDV-02: what is no result of a single call counts as an outage."""

    class Odd(Endpoint):
        def exchange(self, *_: object, **__: object) -> Answer:
            return answer

    with pytest.raises(ProviderDown):
        dataclasses.replace(gateway, endpoint=Odd(url="http://127.0.0.1")).check(request())


def test_an_unknown_reason_gives_no_hint(gateway: Gateway) -> None:
    """R-IDV-05: a word of the gateway that we do not know counts as a mismatch."""

    class Strict(Endpoint):
        def exchange(self, *_: object, **__: object) -> Answer:
            return Answer(200, b'{"state": "failed", "reason": "name_ok_number_wrong"}')

    outcome = dataclasses.replace(gateway, endpoint=Strict(url="http://127.0.0.1")).check(request())
    assert outcome.reason is FailureReason.DATA_MISMATCH


def test_the_endpoint_refuses(gateway: Gateway, received: Received) -> None:
    """R-IDV-17: unsigned or elsewhere: nothing is taken."""
    before = len(received.events)
    base = gateway.callback_url.removesuffix(CALLBACK_PATH)
    endpoint = Endpoint(url=base)
    unsigned = {KEY: sandbox.KEY, TIME: "1", SIGNATURE: "0" * 64}
    assert endpoint.exchange("POST", CALLBACK_PATH, b"{}", unsigned).status == 401
    assert endpoint.exchange("POST", "/elsewhere", b"{}", unsigned).status == 404
    assert len(received.events) == before
