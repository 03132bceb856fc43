"""WeChat (微信开放平台): `sns/oauth2/access_token` and `sns/userinfo` of a mobile app.

The secret and the code go in the query, as WeChat wants it: no address of a request is ever logged.
"""

from collections.abc import Mapping
from typing import Any, Final

from cosign.errors import BrandUnknown
from cosign.linked_logins.adapters.apps import WeChatApp, app_of
from cosign.linked_logins.adapters.asking import TIMEOUT_SECONDS, ask
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from cosign.linked_logins.model import MAX_NAME, ExternalUser, Provider
from cosign.linked_logins.ports import AuthorisationRequest
from cosign.messages.adapters.aliyun import canonical_query
from cosign.messages.adapters.http import Endpoint

URL: Final = "https://api.weixin.qq.com"
SCOPE: Final = "snsapi_userinfo"
_CODES: Final = frozenset({40029, 40163, 41008, 42003})
"""`errcode` of a code that is wrong, used, missing or too old; every other one says something of us or of WeChat."""


class WeChat:
    """Implements `IdentityProvider`. A user is known by his union id where there is one, else by that of the app."""

    provider = Provider.WECHAT

    def __init__(self, apps: Mapping[str, WeChatApp], *, endpoint: Endpoint | None = None) -> None:
        """`apps` by brand, or `default`."""
        self._apps = apps
        self._endpoint = endpoint or Endpoint(url=URL, timeout=TIMEOUT_SECONDS)

    def serves(self, brand: str) -> bool:
        """See the port."""
        return app_of(self._apps, brand) is not None

    def request(self, *, brand: str, state: str) -> AuthorisationRequest:
        """See the port; the SDK takes `scope` and `state`."""
        return AuthorisationRequest(app_id=self._app(brand).app_id, scope=SCOPE)

    def exchange(self, *, brand: str, state: str, code: str) -> ExternalUser:
        """See the port."""
        app = self._app(brand)
        granted = self._get(
            "access_token",
            safe=False,
            path="/sns/oauth2/access_token",
            appid=app.app_id,
            secret=app.secret(),
            code=code,
            grant_type="authorization_code",
        )
        open_id, token = _text(granted, "openid"), _text(granted, "access_token")
        told = self._get("userinfo", safe=True, path="/sns/userinfo", access_token=token, openid=open_id, lang="zh_CN")
        if _text(told, "openid") != open_id:
            raise ProviderUnavailable("userinfo is of another user")
        subjects = [f"app:{app.app_id}:{open_id}"]
        union_id = told.get("unionid") or granted.get("unionid")
        if isinstance(union_id, str) and union_id:
            subjects.insert(0, f"union:{union_id}")
        name = told.get("nickname")
        return ExternalUser(
            provider=Provider.WECHAT,
            subjects=tuple(subjects),
            name=name[:MAX_NAME] if isinstance(name, str) else "",
        )

    def _app(self, brand: str) -> WeChatApp:
        app = app_of(self._apps, brand)
        if app is None:
            raise BrandUnknown("the brand has no WeChat app")
        return app

    def _get(self, what: str, *, safe: bool, path: str, **parameters: str) -> dict[str, Any]:
        answer = ask(self._endpoint, "GET", f"{path}?{canonical_query(parameters)}", headers={}, safe=safe)
        document = answer.document()
        if document is None:
            raise ProviderUnavailable(f"{what}: unreadable answer")
        code = document.get("errcode", 0)
        if code in _CODES:
            raise ProviderRefused(f"{what}: errcode {code}")
        if code != 0:
            raise ProviderUnavailable(f"{what}: errcode {code}")
        return document


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 512:
        raise ProviderUnavailable(f"the answer has no {name}")
    return value
