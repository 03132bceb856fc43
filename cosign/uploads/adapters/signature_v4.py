"""AWS Signature Version 4, the part that requests for objects need: one chunk, signed headers, no query.

docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; checked with the examples given there.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EMPTY_HASH: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Key of an account at the service; shows nothing of itself."""

    access_key: str
    secret_key: str


def signed_headers(
    credentials: Credentials,
    *,
    region: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    payload_hash: str,
    now: dt.datetime,
) -> dict[str, str]:
    """Headers to send: those given, date, hash of the payload, and `authorization`.

    Args:
        credentials: Whose key.
        region: For example `us-east-1`.
        method: `GET`, `PUT` or `DELETE`.
        path: Path of the URL before it is encoded, without a query.
        headers: Lower-case names, `host` among them.
        payload_hash: SHA-256 of the body in hexadecimal.
        now: Present time, UTC.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{region}/s3/aws4_request"
    sent = {**headers, "x-amz-content-sha256": payload_hash, "x-amz-date": time}
    names = ";".join(sorted(sent))
    canonical = "\n".join(
        [
            method,
            quote(path, safe="/~-._"),
            "",
            *(f"{name}:{' '.join(sent[name].split())}" for name in sorted(sent)),
            "",
            names,
            payload_hash,
        ]
    )
    to_sign = "\n".join([ALGORITHM, time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.new(_key(credentials, time[:8], region), to_sign.encode(), "sha256").hexdigest()
    credential = f"Credential={credentials.access_key}/{scope}"
    sent["authorization"] = f"{ALGORITHM} {credential},SignedHeaders={names},Signature={signature}"
    return sent


def _key(credentials: Credentials, date: str, region: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (date, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
