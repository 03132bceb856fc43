"""Codes of an authenticator (RFC 6238: SHA-1, 30 seconds, 6 digits) and recovery codes."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

DIGITS: Final = 6
STEP_SECONDS: Final = 30
WINDOW: Final = 1
"""So many steps before and after the present one are taken: clocks differ."""
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10


def new_secret() -> bytes:
    """160 random bits, the length of the hash (RFC 4226, 4)."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(now: dt.datetime) -> int:
    """Number of the time step."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    # RFC 6238 authenticators use SHA-1; HMAC does not need its collision resistance.
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303


def matching_step(secret: bytes, code: str, now: dt.datetime) -> int | None:
    """The newest step of the window that has this code; None if none has."""
    present, found = step_of(now), None
    for step in range(present - WINDOW, present + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            found = step
    return found


def provisioning_uri(secret: bytes, *, login_name: str, issuer: str) -> str:
    """What an authenticator reads as a QR code."""
    text = base64.b32encode(secret).decode().rstrip("=")
    name = f"{quote(issuer, safe='')}:{quote(login_name, safe='')}"
    return (
        f"otpauth://totp/{name}?secret={text}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def new_recovery_codes() -> list[str]:
    """Ten codes of 80 random bits, `xxxx-xxxx-xxxx-xxxx`; each replaces one code of the authenticator once."""
    codes = []
    for _ in range(RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        codes.append("-".join(text[start : start + 4] for start in range(0, 16, 4)))
    return codes


def recovery_hash(staff_id: str, code: str) -> bytes:
    """What is stored of a recovery code, 32 bytes; case and dashes do not matter."""
    return hashlib.sha256(f"{staff_id}:{code.replace('-', '').strip().lower()}".encode()).digest()
