"""Signatures of requests between this service and a gateway, in both directions.

    signature = HMAC-SHA256(secret, method LF path LF key LF time LF nonce LF SHA-256(body) as hex)

`time` is in ms since the epoch; the peer refuses what is more than five minutes off.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from cosign.clock import Clock
from cosign.identity.faults import CallbackForged

KEY: Final = "x-cosign-key"
TIME: Final = "x-cosign-time"
NONCE: Final = "x-cosign-nonce"
SIGNATURE: Final = "x-cosign-signature"
SKEW_MS: Final = 5 * 60 * 1000


def sign(secret: str, key: str, method: str, path: str, body: bytes, *, clock: Clock) -> dict[str, str]:
    """Headers of a signed request."""
    time, nonce = str(clock.now_ms()), secrets.token_hex(16)
    signature = _mac(secret, method, path, key, time, nonce, body)
    return {KEY: key, TIME: time, NONCE: nonce, SIGNATURE: signature, "content-type": "application/json"}


def verify(
    secret: str, key: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *, clock: Clock
) -> None:
    """Raises CallbackForged unless the headers (names in lower case) sign this request, now and by this key."""
    time, nonce = headers.get(TIME, ""), headers.get(NONCE, "")
    expected = _mac(secret, method, path, key, time, nonce, body)
    if not hmac.compare_digest(headers.get(SIGNATURE, "").encode(), expected.encode()):
        raise CallbackForged("wrong signature")
    if headers.get(KEY, "") != key:
        raise CallbackForged("another key")
    if not time.isascii() or not time.isdigit() or abs(int(time) - clock.now_ms()) > SKEW_MS:
        raise CallbackForged("wrong time")


def _mac(secret: str, *parts: str | bytes) -> str:
    *texts, body = parts
    assert isinstance(body, bytes)  # noqa: S101 - the last part
    lines = [str(text) for text in texts] + [hashlib.sha256(body).hexdigest()]
    return hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256").hex()
