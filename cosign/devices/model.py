"""Devices, enrolment codes, sessions and device proofs: values and rules without I/O."""

import datetime as dt
import enum
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from cosign.errors import ClockSkew, EnrolmentCodeInvalid, FieldInvalid
from cosign.transitions import Transitions
from protocol import _core

CODE_LIFETIME: Final = dt.timedelta(hours=24)
SESSION_LIFETIME: Final = dt.timedelta(minutes=15)
PROOF_WINDOW: Final = dt.timedelta(minutes=5)
MAX_NAME_LENGTH: Final = 64
MAX_USER_ID_LENGTH: Final = 64

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = 12
_CODE_ROUNDS: Final = 2**14
_MISREAD: Final = str.maketrans("OIL", "011", "- ")
_SUITE: Final = "P256"


class DeviceState(enum.StrEnum):
    """Life of a device. LOCKED and FROZEN come from the signing area's row of the device."""

    ACTIVE = "active"
    LOCKED = "locked"
    FROZEN = "frozen"
    BLOCKED = "blocked"
    """Reported lost, or its account was suspended; the keys rest until it is released."""
    UNBOUND = "unbound"


_AT_WORK: Final = (DeviceState.ACTIVE, DeviceState.LOCKED, DeviceState.FROZEN)
DEVICE_TRANSITIONS: Final = Transitions(
    "the device",
    DeviceState,
    {
        **dict.fromkeys(_AT_WORK, (DeviceState.BLOCKED, DeviceState.UNBOUND)),
        DeviceState.BLOCKED: (DeviceState.ACTIVE, DeviceState.UNBOUND),
    },
)
"""Every transition of this area. Between ACTIVE, LOCKED and FROZEN the signing area decides; here they are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A registered device."""

    device_id: str
    user_id: str
    display_name: str
    public_key: bytes
    """Device key, SEC 1 compressed P-256 point, 33 bytes."""
    state: DeviceState
    enrolled_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """The device a session belongs to."""

    device_id: str
    user_id: str
    session_id: str = ""
    """The login it belongs to, `ses_` and a ULID; empty for a device that was enrolled by a code."""
    brand: str = ""
    acting: str = ""
    """The identity the user acts as; empty without a login."""


@dataclass(frozen=True, slots=True)
class DeviceProof:
    """Shows that the caller of a call without envelope holds the device key."""

    method: str
    """Full gRPC method name, for example `/cosign.api.v1.DeviceService/EnrolDevice`."""
    request_hash: bytes
    """H("DEV/rpc-body", fields named in the proto), 32 bytes."""
    time: dt.datetime
    nonce: bytes
    """16 bytes, used once."""
    signature: bytes
    """64 bytes r‖s over H("DEV/rpc", method, request_hash, nonce, u64 time)."""

    def verify(self, public_key: bytes, now: dt.datetime) -> None:
        """Checks time and signature; whether the nonce is new is the caller's matter.

        Raises:
            ClockSkew: `time` is more than five minutes from `now`.
            BadSignature: Not a signature of the device key.
            MalformedPoint: `public_key` is not a point.
        """
        if abs(now - self.time) > PROOF_WINDOW:
            raise ClockSkew("proof_time is more than 5 minutes off")
        time_ms = round(self.time.timestamp() * 1000)
        fields = [self.method.encode(), self.request_hash, self.nonce, time_ms.to_bytes(8)]
        _core.ecdsa_p256_verify(public_key, _core.h(_SUITE, "DEV/rpc", fields), self.signature)


def request_hash(*fields: bytes) -> bytes:
    """H("DEV/rpc-body", fields), 32 bytes."""
    return _core.h(_SUITE, "DEV/rpc-body", list(fields))


def new_code() -> str:
    """A new enrolment code of 60 random bits, in groups of four: `K7QF-3M9T-XW2D`."""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(text[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def code_hash(code: str) -> bytes:
    """What is stored of an enrolment code: 32 bytes of PBKDF2, so that a stolen table does not give codes away.

    A code has 60 random bits and lives for a day, so 2^14 rounds (some milliseconds) are plenty: trying all codes
    costs 2^74 hashes. A memory-hard function would cost the server its memory instead.
    Case, hyphens and spaces do not matter; O is read as 0, I and L as 1.

    Raises:
        EnrolmentCodeInvalid: Not 12 characters of the alphabet.
    """
    text = code.upper().translate(_MISREAD)
    if len(text) != _CODE_LENGTH or not set(text) <= set(_ALPHABET):
        raise EnrolmentCodeInvalid("not an enrolment code")
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"COSIGN-v1/enrolment-code", _CODE_ROUNDS)


def new_session_token() -> str:
    """A new bearer token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a bearer token: SHA-256, 32 bytes. The token is random, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def check_user_id(user_id: str) -> str:
    """Returns `user_id`: 1 to 64 visible ASCII characters, opaque to us. Raises FieldInvalid."""
    if not 1 <= len(user_id) <= MAX_USER_ID_LENGTH or not all("!" <= letter <= "~" for letter in user_id):
        raise FieldInvalid("user_id", "must be 1 to 64 visible ASCII characters")
    return user_id


def check_display_name(name: str) -> str:
    """Returns `name`: 1 to 64 characters, none of them a control character. Raises FieldInvalid."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH or any(unicodedata.category(letter).startswith("C") for letter in name):
        raise FieldInvalid("display_name", "must be 1 to 64 characters without control characters")
    return name
