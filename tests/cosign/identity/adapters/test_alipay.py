"""Alipay's protocol against a local server that checks signatures and signs its answers (R-IDV-04)."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from cosign.brands import DocumentType, IdentityMethod
from cosign.identity.adapters.alipay import AlipayFace, load_keys, signed_text, verified_node
from cosign.identity.faults import CallbackForged, ProviderDown
from cosign.identity.model import FailureReason, PersonData
from cosign.identity.ports import CheckRequest
from cosign.messages.adapters.http import Endpoint
from tests.support.documents import resident_number
from tests.support.personal import MovableClock

APP = "2021000000000000"
PERSON = PersonData(name="甲乙丙", document_type=DocumentType.RESIDENT_ID, document_number=resident_number())


class OpenPlatform:
    """What Alipay does: refuses unsigned requests, signs the node of its answer as it stands in the bytes."""

    def __init__(self, own: RSAPrivateKey, app: RSAPrivateKey) -> None:
        self.asked: list[dict[str, str]] = []
        self.results: dict[str, dict[str, str]] = {}
        self.forge = False
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                answer = platform.answer(dict(parse_qsl(self.rfile.read(length).decode())), own, app)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, asked: dict[str, str], own: RSAPrivateKey, app: RSAPrivateKey) -> bytes:
        app.public_key().verify(base64.b64decode(asked["sign"]), signed_text(asked).encode(), PKCS1v15(), SHA256())
        self.asked.append(asked)
        method, content = asked["method"], json.loads(asked["biz_content"])
        if method.endswith("initialize"):
            node = {"code": "10000", "msg": "Success", "certify_id": f"cert-{content['outer_order_no']}"}
        else:
            node = {"code": "10000", "msg": "Success", **self.results[content["certify_id"]]}
        # Spaces and order of Alipay's own: only the bytes count.
        text = json.dumps(node, ensure_ascii=False, indent=1)
        signed = "{}" if self.forge else text
        signature = base64.b64encode(own.sign(signed.encode(), PKCS1v15(), SHA256())).decode()
        return f'{{"{method.replace(".", "_")}_response": {text}, "sign":"{signature}"}}'.encode()


@pytest.fixture(scope="module")
def keys() -> tuple[RSAPrivateKey, RSAPrivateKey]:
    return generate_private_key(65537, 2048), generate_private_key(65537, 2048)


@pytest.fixture
def platform(keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> Iterator[OpenPlatform]:
    made = OpenPlatform(*keys)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def face(platform: OpenPlatform, keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> AlipayFace:
    return AlipayFace(
        app_id=APP,
        private_key=keys[1],
        alipay_key=keys[0].public_key(),
        endpoint=Endpoint(url=platform.url),
        clock=MovableClock(),
    )


def begin(face: AlipayFace) -> dict[str, str]:
    request = CheckRequest(
        provider_ref="idv_1", method=IdentityMethod.ALIPAY_FACE, person=PERSON, return_url="app://back"
    )
    return dict(face.begin(request).parameters)


def test_begin(face: AlipayFace, platform: OpenPlatform, keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> None:
    """R-IDV-04: a certify id, and a signed page that the app opens in Alipay."""
    session = begin(face)
    assert session["certify_id"] == "cert-idv_1"
    content = json.loads(platform.asked[0]["biz_content"])
    assert content["identity_param"] == {
        "identity_type": "CERT_INFO",
        "cert_type": "IDENTITY_CARD",
        "cert_name": PERSON.name,
        "cert_no": PERSON.document_number,
    }
    assert content["merchant_config"] == {"return_url": "app://back"}
    assert platform.asked[0]["timestamp"] == "2030-01-02 11:04:05"  # in China
    page = {name: values[0] for name, values in parse_qs(urlsplit(session["url"]).query).items()}
    assert page["method"] == "alipay.user.certify.open.certify"
    signature = base64.b64decode(page["sign"])
    keys[1].public_key().verify(signature, signed_text(page).encode(), PKCS1v15(), SHA256())
    assert unquote(session["app_url"]).endswith(session["url"])


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"passed": "T"}, (True, FailureReason.NONE)),
        ({"passed": "F", "fail_reason": "人脸不匹配"}, (False, FailureReason.FACE_MISMATCH)),
        ({"passed": "F"}, None),
        ({}, None),
    ],
    ids=["passed", "failed", "pending", "silent"],
)
def test_query(
    face: AlipayFace, platform: OpenPlatform, result: dict[str, str], expected: tuple[bool, FailureReason] | None
) -> None:
    """R-IDV-04: passed, not matched, or not done yet."""
    session = begin(face)
    platform.results[session["certify_id"]] = result
    outcome = face.query("idv_1", session)
    assert (None if outcome is None else (outcome.passed, outcome.reason)) == expected


def test_answers_of_others(face: AlipayFace, platform: OpenPlatform, keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> None:
    """R-IDV-04, R-IDV-17: an answer without Alipay's signature is none; a callback is always forged."""
    session = begin(face)
    platform.results[session["certify_id"]] = {"passed": "T"}
    platform.forge = True
    with pytest.raises(ProviderDown):
        face.query("idv_1", session)
    for content in (b"", b"[]", b'{"sign": "AAAA"}', b'{"x": {"code": "10000"}, "sign": "AAAA"}'):
        with pytest.raises(ProviderDown):
            verified_node(content, "x", keys[0].public_key())
    with pytest.raises(CallbackForged):
        face.callback({}, b"{}")


def test_an_error_of_the_platform(
    face: AlipayFace, platform: OpenPlatform, keys: tuple[RSAPrivateKey, RSAPrivateKey]
) -> None:
    """R-IDV-04: a code that is not 10000, and no connection, mean that another method is offered."""
    platform.results["cert-idv_1"] = {"code": "20000"}
    with pytest.raises(ProviderDown):
        face.query("idv_1", {"certify_id": "cert-idv_1"})
    platform.server.shutdown()
    platform.server.server_close()
    with pytest.raises(ProviderDown):
        begin(face)


def test_keys(keys: tuple[RSAPrivateKey, RSAPrivateKey]) -> None:
    private = keys[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public = keys[1].public_key().public_bytes(serialization.Encoding.PEM, spki)
    assert load_keys(private, public)[1] == keys[1].public_key()
    small = generate_private_key(65537, 1024).public_key().public_bytes(serialization.Encoding.PEM, spki)
    for bad, problem in ((b"", "PEM"), (small, "2048 bits"), (b"-----BEGIN PUBLIC KEY-----", "PEM")):
        with pytest.raises(ValueError, match=problem):
            load_keys(private, bad)
