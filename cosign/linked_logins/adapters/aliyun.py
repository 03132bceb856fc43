"""One-tap login by Alibaba Cloud (号码认证服务): `GetMobile`, version 2017-05-25, signed as their SMS are."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from typing import Final

from cosign.accounts.model import normal_number
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.linked_logins.adapters.asking import TIMEOUT_SECONDS, ask
from cosign.linked_logins.faults import ProviderRefused, ProviderUnavailable
from cosign.messages.adapters.aliyun import authorization, canonical_query
from cosign.messages.adapters.http import Endpoint

URL: Final = "https://dypnsapi.aliyuncs.com"
_OURS: Final = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "SignatureNonceUsed",
    "InvalidTimeStamp",
    "Forbidden",
    "RamPermissionDeny",
    "isv.PRODUCT_UNSUBSCRIBE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
)
"""Codes that say something of this service, not of the token."""
_LATER: Final = (
    "isp.",
    "Throttling",
    "ServiceUnavailable",
    "InternalError",
    "UnknowError",
    "isv.BUSINESS_LIMIT_CONTROL",
)
"""Codes that ask to come again."""


class AliyunCarrier:
    """Implements `Carrier`."""

    def __init__(
        self, *, access_key_id: str, secret: Callable[[], str], clock: Clock, endpoint: Endpoint | None = None
    ) -> None:
        """`secret` reads the AccessKey secret from its file, for every request: it may be replaced while we run."""
        self._access_key_id = access_key_id
        self._secret = secret
        self._clock = clock
        self._endpoint = endpoint or Endpoint(url=URL, timeout=TIMEOUT_SECONDS)

    def serves(self, brand: str) -> bool:
        """Every brand: the token names the app."""
        return True

    def phone_number(self, *, brand: str, token: str, reference: str) -> str:
        """See the port. The reference goes along as `OutId`."""
        query = canonical_query({"AccessToken": token, "OutId": reference})
        headers = {
            "host": self._endpoint.host,
            "x-acs-action": "GetMobile",
            "x-acs-version": "2017-05-25",
            "x-acs-date": self._clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        headers["Authorization"] = authorization(self._access_key_id, self._secret(), "POST", query, headers)
        answer = ask(self._endpoint, "POST", f"/?{query}", headers=headers).document()
        code = str((answer or {}).get("Code", ""))
        if answer is not None and code == "OK":
            result = answer.get("GetMobileResultDTO")
            return _number(result.get("Mobile") if isinstance(result, dict) else None)
        if not code or code.startswith((*_OURS, *_LATER)):
            raise ProviderUnavailable(code or "unreadable answer")
        raise ProviderRefused(code)


def _number(text: object) -> str:
    try:
        return normal_number("mobile", str(text))
    except FieldInvalid:
        raise ProviderRefused("not a mobile number of mainland China") from None
