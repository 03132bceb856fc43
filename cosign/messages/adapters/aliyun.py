"""SMS by Alibaba Cloud: `SendSms` and `QuerySendDetails`, version 2017-05-25.

Requests are signed with ACS3-HMAC-SHA256 (their "V3" signature).
"""

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from cosign.clock import Clock, from_ms
from cosign.messages.adapters.http import Endpoint
from cosign.messages.adapters.templates import SmsTemplates
from cosign.messages.ports import Sms
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused

URL: Final = "https://dysmsapi.aliyuncs.com"
_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_SIGNED: Final = ("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce",
                  "x-acs-version")  # fmt: skip
_LATER: Final = ("isp.", "Throttling", "ServiceUnavailable", "InternalError", "isv.BUSINESS_LIMIT_CONTROL")
_CREDENTIALS: Final = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "SignatureNonceUsed", "InvalidTimeStamp")

_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_RECORD_DAYS: Final = 30
"""How far back the provider's records go."""
_FAILED: Final = 2
"""`SendStatus` of an SMS that did not arrive; 1 waits for its report, 3 has arrived."""


class AliyunSms:
    """Implements `SmsProvider`."""

    name: Final = "aliyun"

    def __init__(
        self,
        *,
        access_key_id: str,
        secret: Callable[[], str],
        templates: SmsTemplates,
        clock: Clock,
        endpoint: Endpoint | None = None,
    ) -> None:
        """`secret` reads the AccessKey secret from its file, for every message: it may be replaced while we run."""
        self._access_key_id = access_key_id
        self._secret = secret
        self._templates = templates
        self._clock = clock
        self._endpoint = endpoint or Endpoint(url=URL)

    def send(self, sms: Sms) -> str:
        """See the port. The idempotency key goes along as `OutId`, which reports and records give back."""
        if sms.tried_since_ms and self._has(sms):
            return ""  # records do not name the BizId; reports are found by the OutId
        answer = self._call(
            "SendSms",
            {
                "PhoneNumbers": _number(sms),
                "SignName": self._templates.sign_name(sms),
                "TemplateCode": self._templates.template(sms),
                "TemplateParam": json.dumps(dict(sms.parameters), ensure_ascii=False, separators=(",", ":")),
                "OutId": sms.key,
            },
        )
        code = str(answer.get("Code", ""))
        if code == "OK":
            return str(answer.get("BizId", ""))
        if code.startswith(_CREDENTIALS):
            raise DeliveryDelayed("credentials")
        if not code or code.startswith(_LATER):
            raise DeliveryDelayed(code or "unreadable_answer", retry_after_ms=60_000 if "LIMIT" in code else 0)
        raise DeliveryRefused(code)

    def _has(self, sms: Sms) -> bool:
        """Whether the provider's records have an SMS under this key that has not failed; days count as in China."""
        now = self._clock.now().astimezone(_CHINA)
        first = max(from_ms(sms.tried_since_ms).astimezone(_CHINA), now - dt.timedelta(days=_RECORD_DAYS - 1))
        for days in range((now.date() - first.date()).days + 1):
            date = (first + dt.timedelta(days=days)).strftime("%Y%m%d")
            query = {"PhoneNumber": _number(sms), "SendDate": date, "PageSize": "50", "CurrentPage": "1"}
            answer = self._call("QuerySendDetails", query)
            if str(answer.get("Code", "")) != "OK":  # without that permission: at least once
                return False
            if any(one.get("OutId") == sms.key and one.get("SendStatus") != _FAILED for one in _details(answer)):
                return True
        return False

    def _call(self, action: str, parameters: Mapping[str, str]) -> Mapping[str, Any]:
        query = canonical_query(parameters)
        headers = {
            "host": self._endpoint.host,
            "x-acs-action": action,
            "x-acs-version": "2017-05-25",
            "x-acs-date": self._clock.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        headers["Authorization"] = authorization(self._access_key_id, self._secret(), "POST", query, headers)
        _, answer = self._endpoint.post(f"/?{query}", b"", headers)
        return answer


def _number(sms: Sms) -> str:
    return sms.phone_number.removeprefix("+86").removeprefix("+")


def _details(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    outer = answer.get("SmsSendDetailDTOs")
    found = outer.get("SmsSendDetailDTO") if isinstance(outer, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Parameters sorted by name, both parts escaped as RFC 3986 says."""
    return "&".join(f"{quote(name, safe='')}={quote(parameters[name], safe='')}" for name in sorted(parameters))


def authorization(key_id: str, secret: str, method: str, query: str, headers: Mapping[str, str]) -> str:
    """Header `Authorization` for a request to `/`; `headers` hold at least the six that are signed."""
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in _SIGNED)
    request = "\n".join((method, "/", query, lines, ";".join(_SIGNED), headers["x-acs-content-sha256"]))
    to_sign = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={key_id},SignedHeaders={';'.join(_SIGNED)},Signature={signature}"
