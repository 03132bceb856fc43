"""Checks of request fields. Each returns the checked value or raises FieldInvalid naming the field."""

import datetime as dt
import re
from typing import Final

from google.protobuf import timestamp_pb2

from cosign import ids
from cosign.errors import FieldInvalid

ENVELOPE_LIMIT: Final = 32 * 1024
"""Sign and Decrypt, bytes."""
SMALL_ENVELOPE_LIMIT: Final = 4 * 1024
"""All other key operations, bytes."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


def exact_bytes(field: str, value: bytes, length: int) -> bytes:
    """Requires exactly `length` bytes."""
    if len(value) != length:
        raise FieldInvalid(field, f"must be exactly {length} bytes, not {len(value)}")
    return value


def uuid_text(field: str, value: str) -> str:
    """Requires a UUID in its 36-character form; returns it in lower case."""
    if not _UUID.fullmatch(value):
        raise FieldInvalid(field, "must be a UUID in its 36-character form")
    return value.lower()


def identifier(field: str, value: str, prefix: str) -> str:
    """Requires an id of the given kind."""
    if not ids.is_id(value, prefix):
        raise FieldInvalid(field, f"must be `{prefix}_` and a ULID")
    return value


def moment(field: str, value: timestamp_pb2.Timestamp) -> dt.datetime:
    """Requires a time between 1970 and 9999; returns it in UTC, cut to milliseconds."""
    if not (0 < value.seconds <= _LAST_SECOND and 0 <= value.nanos < 1_000_000_000):
        raise FieldInvalid(field, "must be a valid time")
    microseconds = value.nanos // 1_000_000 * 1_000
    return dt.datetime.fromtimestamp(value.seconds, dt.UTC).replace(microsecond=microseconds)


def envelope(value: bytes, limit: int) -> bytes:
    """Requires a non-empty envelope of at most `limit` bytes."""
    if not 0 < len(value) <= limit:
        raise FieldInvalid("envelope", f"must be 1 to {limit} bytes, not {len(value)}")
    return value


def period(since: timestamp_pb2.Timestamp | None, until: timestamp_pb2.Timestamp | None) -> tuple[int, int]:
    """Requires `until` to be after `since`; returns both in ms since the epoch, 0 for None, which is no bound."""
    start = 0 if since is None else round(moment("since", since).timestamp() * 1000)
    end = 0 if until is None else round(moment("until", until).timestamp() * 1000)
    if end and end <= start:
        raise FieldInvalid("until", "must be after since")
    return start, end
