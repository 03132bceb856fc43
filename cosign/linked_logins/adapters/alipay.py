"""Alipay (支付宝开放平台): `alipay.system.oauth.token`, signed with RSA2 both ways (PKCS #1 v1.5, SHA-256).

The signature of an answer covers the text of its first member exactly as it was sent; an answer that Alipay did not
sign is never believed, whatever it says.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from cosign.clock import Clock
from cosign.errors import BrandUnknown
from cosign.linked_logins.adapters.apps import AlipayApp, app_of
from cosign.linked_logins.adapters.asking import TIMEOUT_SECONDS, ask
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from cosign.linked_logins.model import ExternalUser, Provider
from cosign.linked_logins.ports import AuthorisationRequest
from cosign.messages.adapters.http import Endpoint

URL: Final = "https://openapi.alipay.com"
PATH: Final = "/gateway.do"
METHOD: Final = "alipay.system.oauth.token"
SCOPE: Final = "kuaijie"
_NODE: Final = "alipay_system_oauth_token_response"
_ERROR: Final = "error_response"
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_CODES: Final = ("isv.code-invalid", "isv.code-is-old", "isv.invalid-code", "isv.grant-type-invalid")
"""`sub_code` of a code that is wrong, used or too old; every other one says something of us or of Alipay."""


class Alipay:
    """Implements `IdentityProvider`."""

    provider = Provider.ALIPAY

    def __init__(self, apps: Mapping[str, AlipayApp], *, clock: Clock, endpoint: Endpoint | None = None) -> None:
        """`apps` by brand, or `default`."""
        self._apps = apps
        self._clock = clock
        self._endpoint = endpoint or Endpoint(url=URL, timeout=TIMEOUT_SECONDS)

    def serves(self, brand: str) -> bool:
        """See the port."""
        return app_of(self._apps, brand) is not None

    def request(self, *, brand: str, state: str) -> AuthorisationRequest:
        """See the port; the SDK takes the signed text, in which the state stands as `target_id`."""
        app = self._app(brand)
        fields = {
            "apiname": "com.alipay.account.auth",
            "app_id": app.app_id,
            "app_name": "mc",
            "auth_type": "AUTHACCOUNT",
            "biz_type": "openservice",
            "method": "alipay.open.auth.sdk.code.get",
            "pid": app.partner_id,
            "product_id": "APP_FAST_LOGIN",
            "scope": SCOPE,
            "sign_type": "RSA2",
            "target_id": state,
        }
        signed = urlencode({**fields, "sign": sign(app, fields)})
        return AuthorisationRequest(app_id=app.app_id, scope=SCOPE, signed_request=signed)

    def exchange(self, *, brand: str, state: str, code: str) -> ExternalUser:
        """See the port."""
        app = self._app(brand)
        fields = {
            "app_id": app.app_id,
            "charset": "utf-8",
            "code": code,
            "format": "JSON",
            "grant_type": "authorization_code",
            "method": METHOD,
            "sign_type": "RSA2",
            "timestamp": self._clock.now().astimezone(_CHINA).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
        }
        body = urlencode({**fields, "sign": sign(app, fields)}).encode()
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        granted = verified(app, ask(self._endpoint, "POST", PATH, body=body, headers=headers).content)
        subjects = [
            f"{kind}:{app.app_id}:{value}" if kind == "open_id" else f"{kind}:{value}"
            for kind in ("user_id", "open_id")
            if isinstance(value := granted.get(kind), str) and 1 <= len(value) <= 128
        ]
        if not subjects:
            raise ProviderUnavailable("the answer names no user")
        return ExternalUser(provider=Provider.ALIPAY, subjects=tuple(subjects))

    def _app(self, brand: str) -> AlipayApp:
        app = app_of(self._apps, brand)
        if app is None:
            raise BrandUnknown("the brand has no Alipay app")
        return app


def sign(app: AlipayApp, fields: Mapping[str, str]) -> str:
    """RSA2 over `name=value` of all fields sorted by name and joined by `&`, Base64."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
    return base64.b64encode(app.private_key().sign(text.encode(), PKCS1v15(), SHA256())).decode()


def verified(app: AlipayApp, content: bytes) -> dict[str, Any]:
    """The member of an answer that says who the user is, after its signature was verified.

    Raises:
        ProviderRefused: A signed answer that refuses the code.
        ProviderUnavailable: A wrong signature or none, an answer that cannot be read, or any other error.
    """
    node, raw, signature = _parts(content)
    try:
        app.public_key().verify(base64.b64decode(signature, validate=True), raw, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error):
        raise ProviderUnavailable("the answer is not signed by Alipay") from None
    member = json.loads(raw)
    sub_code = str(member.get("sub_code", ""))
    if node == _ERROR or "access_token" not in member:
        if sub_code in _CODES:
            raise ProviderRefused(sub_code)
        raise ProviderUnavailable(sub_code or "error")
    return dict(member)


def _parts(content: bytes) -> tuple[str, bytes, str]:
    """Name of the member that is signed, its text as it was sent, and the signature."""
    try:
        text = content.decode()
        document = json.loads(text)
        node = next(name for name in (_NODE, _ERROR) if isinstance(document.get(name), dict))
        start = text.index("{", text.index(f'"{node}"'))
        _, end = json.JSONDecoder().raw_decode(text, start)
        signature = document["sign"]
    except (ValueError, KeyError, AttributeError, StopIteration):
        raise ProviderUnavailable("an answer that is not signed, or cannot be read") from None
    if not isinstance(signature, str):
        raise ProviderUnavailable("an answer that is not signed")
    return node, text[start:end].encode(), signature
