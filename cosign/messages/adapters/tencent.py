"""SMS by Tencent Cloud: `SendSms` and `PullSmsSendStatusByPhoneNumber`, version 2021-01-11.

Requests are signed with TC3-HMAC-SHA256.
"""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from cosign.clock import Clock
from cosign.messages.adapters.http import Endpoint
from cosign.messages.adapters.templates import SmsTemplates
from cosign.messages.ports import Sms
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused

URL: Final = "https://sms.tencentcloudapi.com"
_ALGORITHM: Final = "TC3-HMAC-SHA256"
_TYPE: Final = "application/json; charset=utf-8"
_LATER: Final = ("InternalError", "LimitExceeded", "RequestLimitExceeded", "ResourceUnavailable", "FailedOperation.Tim")
_CREDENTIALS: Final = ("AuthFailure",)
_RECORD_SECONDS: Final = 7 * 86_400 - 60
"""How far back the provider's records go."""


class TencentSms:
    """Implements `SmsProvider`."""

    name: Final = "tencent"

    def __init__(
        self,
        *,
        secret_id: str,
        secret: Callable[[], str],
        app_id: str,
        region: str,
        templates: SmsTemplates,
        clock: Clock,
        endpoint: Endpoint | None = None,
    ) -> None:
        """`secret` reads the SecretKey from its file; `app_id` is the SmsSdkAppId."""
        self._secret_id = secret_id
        self._secret = secret
        self._app_id = app_id
        self._region = region
        self._templates = templates
        self._clock = clock
        self._endpoint = endpoint or Endpoint(url=URL)

    def send(self, sms: Sms) -> str:
        """See the port. Parameters go by position, in their order; the idempotency key goes as `SessionContext`."""
        known = self._find(sms) if sms.tried_since_ms else ""
        if known:
            return known
        answer = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [sms.phone_number],
                "SmsSdkAppId": self._app_id,
                "SignName": self._templates.sign_name(sms),
                "TemplateId": self._templates.template(sms),
                "TemplateParamSet": list(sms.parameters.values()),
                "SessionContext": sms.key,
            },
        )
        statuses = _objects(answer.get("SendStatusSet"))
        if len(statuses) == 1:
            code, serial = str(statuses[0].get("Code", "")), str(statuses[0].get("SerialNo", ""))
        else:
            error = answer.get("Error")
            code, serial = str(error.get("Code", "")) if isinstance(error, dict) else "", ""
        if code == "Ok":
            return serial
        if code.startswith(_CREDENTIALS):
            raise DeliveryDelayed("credentials")
        if not code or code.startswith(_LATER):
            raise DeliveryDelayed(code or "unreadable_answer", retry_after_ms=60_000 if "Limit" in code else 0)
        raise DeliveryRefused(code)

    def _find(self, sms: Sms) -> str:
        """The serial number of an SMS under this key in the provider's records of seven days; empty for none.

        Records give the key back where the provider has turned that on for the application.
        """
        now = round(self._clock.now().timestamp())
        answer = self._call(
            "PullSmsSendStatusByPhoneNumber",
            {
                "BeginTime": max(sms.tried_since_ms // 1000, now - _RECORD_SECONDS),
                "EndTime": now,
                "Offset": 0,
                "Limit": 100,
                "PhoneNumber": sms.phone_number,
                "SmsSdkAppId": self._app_id,
            },
        )
        for one in _objects(answer.get("PullSmsSendStatusSet")):
            if one.get("SessionContext") == sms.key and one.get("ReportStatus") != "FAIL":
                return str(one.get("SerialNo", ""))
        return ""

    def _call(self, action: str, content: Mapping[str, object]) -> Mapping[str, Any]:
        """The member `Response` of the answer."""
        body = json.dumps(content, ensure_ascii=False).encode()
        time = round(self._clock.now().timestamp())
        signed = {"content-type": _TYPE, "host": self._endpoint.host, "x-tc-action": action}
        headers = signed | {
            "x-tc-version": "2021-01-11",
            "x-tc-region": self._region,
            "x-tc-timestamp": str(time),
            "Authorization": authorization(
                self._secret_id, self._secret(), service="sms", time=time, body=body, signed=signed
            ),
        }
        _, document = self._endpoint.post("/", body, headers)
        answer = document.get("Response")
        return answer if isinstance(answer, dict) else {}


def _objects(found: object) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def authorization(
    secret_id: str, secret: str, *, service: str, time: int, body: bytes, signed: Mapping[str, str]
) -> str:
    """Header `Authorization` of a POST to `/` at `time`, seconds since the epoch; `signed` are the signed headers."""
    date = dt.datetime.fromtimestamp(time, dt.UTC).strftime("%Y-%m-%d")
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name].strip().lower()}\n" for name in sorted(signed))
    request = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    scope = f"{date}/{service}/tc3_request"
    to_sign = "\n".join((_ALGORITHM, str(time), scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"TC3{secret}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"
