"""Push notices by JPush (极光推送): `POST /v3/push`, HTTP basic authentication."""

import base64
import json
import uuid
from collections.abc import Callable
from typing import Final

from cosign.messages.adapters.http import Endpoint
from cosign.messages.ports import Push
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused

URL: Final = "https://api.jpush.cn"
_KEEP_SECONDS: Final = 86_400
"""How long JPush keeps a notice for a phone that is off."""
_LATER: Final = frozenset({1000, 1030, 2002, 2003})
"""Their own errors and limits of rate."""
_CREDENTIALS: Final = frozenset({1004, 1008, 2001})
_NAMESPACE: Final = uuid.UUID("6d5f3c1e-3f0b-5a57-9d0e-0e3a4c1f7b52")
"""Of the names that make our idempotency keys."""


class JPush:
    """Implements `PushProvider`."""

    name: Final = "jpush"

    def __init__(
        self, *, app_key: str, secret: Callable[[], str], apns_production: bool, endpoint: Endpoint | None = None
    ) -> None:
        """`secret` reads the master secret from its file."""
        self._app_key = app_key
        self._secret = secret
        self._apns_production = apns_production
        self._endpoint = endpoint or Endpoint(url=URL)

    def send(self, push: Push) -> str:
        """See the port. `cid` makes JPush take a repeated request for the first one."""
        extras = {"message_id": push.message_id, "link": push.link}
        body = {
            "cid": f"{self._app_key}-{uuid.uuid5(_NAMESPACE, push.key)}",
            "platform": "all",
            "audience": {"registration_id": list(push.tokens)},
            "notification": {
                "android": {"alert": push.title, "extras": extras},
                "ios": {"alert": push.title, "sound": "default", "badge": "+1", "extras": extras},
            },
            "options": {"time_to_live": _KEEP_SECONDS, "apns_production": self._apns_production},
        }
        pair = f"{self._app_key}:{self._secret()}".encode()
        headers = {
            "content-type": "application/json",
            "host": self._endpoint.host,
            "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        }
        _, answer = self._endpoint.post("/v3/push", json.dumps(body, ensure_ascii=False).encode(), headers)
        if "msg_id" in answer:
            return str(answer["msg_id"])
        error = answer.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if code in _CREDENTIALS:
            raise DeliveryDelayed("credentials")
        if not isinstance(code, int) or code in _LATER:
            raise DeliveryDelayed(f"jpush_{code}" if code else "unreadable_answer")
        raise DeliveryRefused(f"jpush_{code}")
