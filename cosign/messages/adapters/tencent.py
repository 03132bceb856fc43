"""SMS by Tencent Cloud: `SendSms`, version 2021-01-11, signed with TC3-HMAC-SHA256."""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Final

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


class TencentSms:
    """Implements `SmsProvider`."""

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
        body = json.dumps(
            {
                "PhoneNumberSet": [sms.phone_number],
                "SmsSdkAppId": self._app_id,
                "SignName": self._templates.sign_name(sms),
                "TemplateId": self._templates.template(sms),
                "TemplateParamSet": list(sms.parameters.values()),
                "SessionContext": sms.key,
            },
            ensure_ascii=False,
        ).encode()
        time = round(self._clock.now().timestamp())
        signed = {"content-type": _TYPE, "host": self._endpoint.host, "x-tc-action": "SendSms"}
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
        answer = answer if isinstance(answer, dict) else {}
        statuses = answer.get("SendStatusSet")
        if isinstance(statuses, list) and len(statuses) == 1 and isinstance(statuses[0], dict):
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
