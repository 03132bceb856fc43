"""Alipay's identity verification (支付宝身份认证) over its open platform, signed with RSA2 (SHA256withRSA).

    alipay.user.certify.open.initialize   name and number      -> certify_id
    alipay.user.certify.open.certify      a signed URL, which the app opens in Alipay
    alipay.user.certify.open.query        certify_id           -> passed T or F

Alipay sends no callback: the app comes back and the server asks. Every answer is signed by Alipay over the bytes of its
JSON node, and is believed only then.
"""

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from cosign.clock import Clock
from cosign.identity.faults import CallbackForged, ProviderDown
from cosign.identity.model import FailureReason, Outcome
from cosign.identity.ports import Callback, CheckRequest, ProviderSession
from cosign.messages.adapters.http import Endpoint, Unanswered

NAME: Final = "alipay"
URL: Final = "https://openapi.alipay.com"
_PATH: Final = "/gateway.do"
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_OPEN_APP: Final = "alipays://platformapi/startapp?appId=20000067&url="
"""Opens a page inside the Alipay app."""
_DONE: Final = "10000"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayFace:
    """Implements `FaceProvider`."""

    app_id: str
    private_key: RSAPrivateKey
    """Of the application."""
    alipay_key: RSAPublicKey
    """Of Alipay, as the open platform shows it for this application."""
    endpoint: Endpoint
    clock: Clock

    def begin(self, request: CheckRequest) -> ProviderSession:
        """See the port."""
        content = {
            "outer_order_no": request.provider_ref,
            "biz_code": "FACE",
            "identity_param": {
                "identity_type": "CERT_INFO",
                "cert_type": "IDENTITY_CARD",
                "cert_name": request.person.name,
                "cert_no": request.person.document_number,
            },
            "merchant_config": {"return_url": request.return_url},
        }
        certify_id = str(self._call("alipay.user.certify.open.initialize", content).get("certify_id") or "")
        if not certify_id:
            raise ProviderDown
        page = self._signed("alipay.user.certify.open.certify", {"certify_id": certify_id})
        url = f"{self.endpoint.url}{_PATH}?{urlencode(page)}"
        return ProviderSession(
            parameters={"certify_id": certify_id, "url": url, "app_url": _OPEN_APP + quote(url, safe="")}
        )

    def query(self, provider_ref: str, session: Mapping[str, str]) -> Outcome | None:
        """See the port."""
        certify_id = session["certify_id"]
        answer = self._call("alipay.user.certify.open.query", {"certify_id": certify_id})
        if answer.get("passed") == "T":
            return Outcome(passed=True, evidence=certify_id[:96])
        if not answer.get("fail_reason"):  # F without a reason: the user has not finished
            return None
        return Outcome(passed=False, reason=FailureReason.FACE_MISMATCH, evidence=certify_id[:96])

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """See the port. Alipay sends none, so whoever does is somebody else."""
        raise CallbackForged("this provider sends no callbacks")

    def _call(self, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
        body = urlencode(self._signed(method, content)).encode()
        headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
        try:
            answer = self.endpoint.exchange("POST", f"{_PATH}?charset=utf-8", body, headers)
        except Unanswered:
            raise ProviderDown from None
        if answer.status != 200:
            raise ProviderDown
        node = verified_node(answer.content, f"{method.replace('.', '_')}_response", self.alipay_key)
        if node.get("code") != _DONE:
            raise ProviderDown
        return node

    def _signed(self, method: str, content: Mapping[str, Any]) -> dict[str, str]:
        now = self.clock.now().astimezone(_CHINA)
        parameters = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        }
        signature = self.private_key.sign(signed_text(parameters).encode(), PKCS1v15(), SHA256())
        return {**parameters, "sign": base64.b64encode(signature).decode()}


def signed_text(parameters: Mapping[str, str]) -> str:
    """What a request's signature covers: `name=value` of all that are not empty, sorted, joined by `&`."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if parameters[name] and name != "sign")


def verified_node(content: bytes, name: str, key: RSAPublicKey) -> dict[str, Any]:
    """The JSON object under `name`, if Alipay signed its bytes. Raises ProviderDown otherwise."""
    try:
        text = content.decode()
        signature = base64.b64decode(json.loads(text)["sign"], validate=True)
        start = text.index(f'"{name}"') + len(name) + 2
        start = text.index("{", start)
        node, end = json.JSONDecoder().raw_decode(text, start)
        key.verify(signature, text[start:end].encode(), PKCS1v15(), SHA256())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        raise ProviderDown from None
    if not isinstance(node, dict):
        raise ProviderDown
    return node


def load_keys(private: bytes, public: bytes) -> tuple[RSAPrivateKey, RSAPublicKey]:
    """Reads both PEM keys. Raises ValueError for anything but RSA of at least 2048 bits."""
    own, theirs = load_pem_private_key(private, None), load_pem_public_key(public)
    if not isinstance(own, RSAPrivateKey) or not isinstance(theirs, RSAPublicKey):
        raise ValueError("must be RSA keys")
    if min(own.key_size, theirs.key_size) < 2048:
        raise ValueError("must have at least 2048 bits")
    return own, theirs
